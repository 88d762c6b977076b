"""Containers that add capabilities beyond those that container runtimes give to everybody.

Field: ``securityContext.capabilities.add`` of every init, main and ephemeral container.
Allowed values: undefined, empty, and the runtimes' usual set without NET_RAW.
The fix leaves NET_BIND_SERVICE where it is needed and nothing else, as that of
``pss-capabilities-restricted`` does: the rest of the allowed names are in the runtimes' usual set
anyway, and one list cannot be set to two values.
Source: Pod Security Standards, baseline, "Capabilities"; CIS Kubernetes Benchmark 5.2.9.
"""

from collections.abc import Iterator

from k8sharden.analysis.capabilities import NODE, added
from k8sharden.analysis.capability_fixes import forbidden, narrow
from k8sharden.analysis.containers import Defect, Fix, field_of, named
from k8sharden.analysis.node_agents import excuse, one_step_down
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import capabilities_baseline
from k8sharden.analysis.pod_security.refusals import at_fault, refused
from k8sharden.analysis.windows import repair_linux
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (capabilities_baseline.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    names = sorted({name for seen in found for name in forbidden(seen.container)})
    worst = sorted({name for seen in found for name in added(seen.container) & NODE})
    severity = Severity.CRITICAL if worst else ITEM.severity
    leads = f" {one_line(', '.join(worst), 100)} leads to the node by itself." if worst else ""
    milder = excuse(workload, found)
    return Defect(
        f"More than the usual capabilities for {named(found)}: {one_line(', '.join(names), 150)}."
        f"{leads}{milder}",
        field_of(workload, found[0], "securityContext.capabilities.add"),
        found,
        one_step_down(severity) if milder else severity,
        {"capabilities": names},
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    return narrow(workload, f"Take unusual capabilities from {workload.ref.label}")


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "Linux cuts the power of root into some forty capabilities. Container runtimes give a "
        "container about a dozen harmless ones, such as changing a file's owner. A manifest can "
        "add more: SYS_ADMIN mounts file systems, SYS_PTRACE reads other processes' memory, "
        "NET_ADMIN rewrites the network, SYS_MODULE loads code into the kernel. The baseline "
        "standard allows nothing beyond the usual set, and of that not NET_RAW."
    ),
    why=(
        "Several capabilities are the whole node under another name. SYS_ADMIN is close to being "
        "privileged; with DAC_READ_SEARCH one opens any file of the node by its number; a kernel "
        "module ends the discussion. Others reach the neighbours: with NET_ADMIN and NET_RAW a "
        "container poisons address tables and listens in. They are rarely asked for with care: "
        "most were added until some error went away."
    ),
    attack=(
        "DaemonSet monitoring/log-collector reads every container's log, and adds "
        "DAC_READ_SEARCH so that file modes do not stop it. An attacker who takes over its parser "
        "by a crafted log line needs no mount for more: the system call open_by_handle_at takes "
        "the number of a file instead of a path, the capability waves it through, and number 2 "
        "is the root folder of the node's disk. A shadow file is minutes away."
    ),
    fix=(
        "Each container's capabilities.add is cut down to NET_BIND_SERVICE, where that was added "
        "or a port below 1024 needs it; otherwise the list goes. The other names that the "
        "standard allows are in the runtime's usual set already. Nothing is changed where a known "
        "program needs the capability, such as chrony to set the clock: the reason names both, "
        "and such a workload belongs in a namespace of its own."
    ),
    breaks=(
        "The one function for which the capability was added, if it was used at all: traces, "
        "clock changes, tunnels, mounts, locked memory. The program may start and fail only when "
        "it gets there, with 'operation not permitted', so exercise that function. Pings work "
        "without NET_RAW on current runtimes, which allow everybody's echo requests; older ones "
        "need a sysctl."
    ),
    verify=(
        "`kubectl -n monitoring rollout status daemonset/log-collector`, then "
        "`kubectl -n monitoring exec ds/log-collector -- grep Cap /proc/1/status`: feed "
        "CapBnd to `capsh --decode=…` and nothing but what you kept is listed. `kubectl get pods "
        "-A -o jsonpath='{..capabilities.add}'` shows what is still added. Then use the function "
        "that the capability was for."
    ),
    reading=(
        Reference("capabilities(7)", "https://man7.org/linux/man-pages/man7/capabilities.7.html"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "Set capabilities for a container",
            f"{_DOCS}/tasks/configure-pod-container/security-context/#set-capabilities-for-a-container",
        ),
    ),
)

ITEM = Item(
    id="pss-capabilities-baseline",
    title="No capabilities beyond the usual ones",
    area=Area.POD_SECURITY,
    severity=Severity.HIGH,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.9"),
        Reference("ATT&CK T1611"),
        Reference(
            "Pod Security Standards: baseline",
            f"{_DOCS}/concepts/security/pod-security-standards/#baseline",
        ),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
