"""Containers that see all of /proc, also what runtimes hide and make read-only there.

Field: ``securityContext.procMount`` of every init, main and ephemeral container.
Allowed values: undefined, ``Default``. At baseline any value from Kubernetes 1.35 on where
``spec.hostUsers`` is false; without that the API server refuses ``Unmasked`` by now.
Source: Pod Security Standards, "/proc Mount Type"; KEP-4265.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, field_of, named, offenders, path_of
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import proc_mount, proc_mount_restricted
from k8sharden.analysis.pod_security.refusals import at_fault, refused
from k8sharden.analysis.windows import repair_linux
from k8sharden.model.change import Change, ChangeKind, NoChange, RemoveField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container
from k8sharden.model.workloads import Workload


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    controls = (proc_mount.CONTROL, proc_mount_restricted.CONTROL)
    return refused(ITEM, inventory, controls, _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    inside = workload.spec.host_users is False
    milder = " Its user namespace keeps the node out of reach: one step milder." if inside else ""
    return Defect(
        f"The kernel's settings and keys in /proc are open to {named(found)}.{milder}",
        field_of(workload, found[0], "securityContext.procMount"),
        found,
        Severity.LOW if inside else None,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, _fix)


def _fix(workload: Workload) -> Fix:
    bad = [seen for seen in offenders(workload, _is_unmasked) if not seen.is_ephemeral]
    path = ("securityContext", "procMount")
    doubt = (
        "Needs testing: an unmasked /proc is asked for where containers, or a browser's sandbox, "
        "are started inside the container. They may be refused their own /proc."
    )
    edits = tuple(RemoveField(path_of(workload, seen, *path)) for seen in bad)
    return Fix(f"Mask /proc in {workload.ref.label}", edits, (doubt,))


def _is_unmasked(container: Container) -> bool:
    return container.security.proc_mount not in {None, "Default"}


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "/proc shows a process what the kernel knows, and lets it turn some of the kernel's "
        "knobs. Container runtimes cover what belongs to the whole node: keys, memory, timers "
        "and the like are masked, settings are read-only. procMount: Unmasked takes the covers "
        "away for one container. It exists so that containers can be started inside containers, "
        "which need a /proc of their own."
    ),
    why=(
        "The covers hide things that were never meant for one tenant of many: the list of the "
        "kernel's keys, its memory as a file, the switch that reboots the machine, the program "
        "that the kernel calls when another one crashes. The last alone is enough to run "
        "commands on the node. In a user namespace most of that is refused by other means, and "
        "then the cover is the second lock."
    ),
    attack=(
        "Job ci/end-to-end-1187 drives a browser with a sandbox of its own, and was given an "
        "unmasked /proc for it. A page under test is the attacker's. They break out of the tab, "
        "and read /proc/keys and /proc/timer_list, which tell them what else runs on worker-3; "
        "the next kernel bug that needs an address from there is theirs to use. With /proc masked "
        "those files are empty."
    ),
    fix=(
        "procMount is taken away from each container that asks for something else than Default, "
        "so that the runtime covers /proc as usual. Nothing else is touched: hostUsers: false, "
        "which has to stand beside it, is a good thing to keep. A Job's template cannot be "
        "changed once it exists, so that one is created anew from its source."
    ),
    breaks=(
        "Containers in containers: rootless BuildKit, Podman or Docker inside a pod, and browsers "
        "whose sandbox mounts a /proc of its own. They stop with 'operation not permitted' when "
        "they mount proc. Some can do without: BuildKit has a switch for it, and a browser in a "
        "container of its own may leave its inner sandbox off. Ordinary programs notice nothing."
    ),
    verify=(
        "`kubectl -n ci exec job/end-to-end-1187 -- wc -c /proc/keys` prints 0 or is refused, and "
        "`kubectl -n ci exec job/end-to-end-1187 -- grep -c ' /proc/' /proc/self/mounts` prints "
        "several covers instead of none. `kubectl get pods -A -o jsonpath='{..procMount}'` prints "
        "nothing but Default. Then run the builds or tests that asked for it."
    ),
    reading=(
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "Configure a security context: procMount",
            f"{_DOCS}/tasks/configure-pod-container/security-context/",
        ),
        Reference("User namespaces", f"{_DOCS}/concepts/workloads/pods/user-namespaces/"),
    ),
)

ITEM = Item(
    id="pss-proc-mount",
    title="/proc is masked",
    area=Area.POD_SECURITY,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference(
            "Pod Security Standards: baseline",
            f"{_DOCS}/concepts/security/pod-security-standards/#baseline",
        ),
        Reference("ATT&CK T1611"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
