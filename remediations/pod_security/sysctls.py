"""Pods that set kernel parameters which reach beyond themselves.

Field: ``securityContext.sysctls[*].name`` of the pod.
Allowed values: the names that `k8sharden.analysis.pod_security.controls.sysctls` lists by version.
A kubelet starts a pod with any other one only where ``--allowed-unsafe-sysctls`` names it; else the
pod fails with SysctlForbidden. What only an older version refuses is no matter of the workload.
Source: Pod Security Standards, baseline, "Sysctls"; Kubernetes documentation, "Using sysctls in a
Kubernetes Cluster".
"""

from collections.abc import Iterator
from functools import partial

from k8sharden.analysis.containers import Defect, Fix, pod_field
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import sysctls
from k8sharden.analysis.pod_security.evaluate import LATEST
from k8sharden.analysis.pod_security.policy import minor_of
from k8sharden.analysis.pod_security.refusals import refused
from k8sharden.analysis.windows import repair_linux
from k8sharden.model.change import Change, ChangeKind, Edit, Named, NoChange, RemoveField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload

_PATH = ("securityContext", "sysctls")


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (sysctls.CONTROL,), partial(_defect, _minor(inventory)))


def _minor(inventory: Inventory) -> int:
    minor = minor_of(inventory.source.server_version)
    return LATEST if minor is None else minor


def _defect(minor: int, workload: Workload, _refusal: Refusal) -> Defect:
    names = _unsafe(workload, minor)
    are = "kernel parameters" if names[1:] else "a kernel parameter"
    return Defect(
        f"Its pods set {_listed(names)}, {are} that can disturb other pods.",
        pod_field(workload, ".".join(_PATH)),
        evidence={"sysctls": names},
    )


def _names(workload: Workload) -> list[str]:
    return [each.name for each in workload.spec.security.sysctls or ()]


def _unsafe(workload: Workload, minor: int) -> list[str]:
    return [name for name in _names(workload) if name not in sysctls.allowed(minor)]


def _listed(names: list[str]) -> str:
    return one_line(", ".join(names), 120)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, partial(_fix, _minor(inventory)))


def _fix(minor: int, workload: Workload) -> Fix | NoChange:
    newer = range(minor + 1, LATEST + 1)
    safe = next((each for each in newer if not _unsafe(workload, each)), None)
    if safe is not None:
        return NoChange(
            f"Kubernetes 1.{safe} and newer allow what it sets: upgrade, or leave the parameter "
            "out until then if the program can do without it."
        )
    names = _unsafe(workload, minor)
    test = (
        f"Needs testing: without {_listed(names)} the kernel's defaults hold. Compare speed and "
        "errors under a real load."
    )
    title = f"Let {workload.ref.label} set only kernel parameters of its own"
    return Fix(title, tuple(_edits(workload, names)), (test,))


def _edits(workload: Workload, names: list[str]) -> Iterator[Edit]:
    path = (*workload.path, *_PATH)
    if names == _names(workload):
        yield RemoveField(path)
        return
    for name in names:
        yield RemoveField((*path, Named("name", name)))


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A pod can set parameters of the Linux kernel, such as how long a queue of connections "
        "may grow. Kubernetes calls a parameter safe when it holds for that pod alone and cannot "
        "take memory or time from others; the list grows with each release. The others are "
        "refused by the baseline level, and a node runs them only if its kubelet was started "
        "with --allowed-unsafe-sysctls."
    ),
    why=(
        "There is one kernel per node. A parameter that is not kept apart changes the node for "
        "every pod on it, and one that is may still use up the memory that all share: large "
        "buffers and queues are memory of the kernel, taken on behalf of a pod that may have no "
        "limit. To run such a pod, somebody has opened the kubelet, and then every pod that "
        "lands there may ask for the same."
    ),
    attack=(
        "StatefulSet shop/session-cache needed a longer queue of connections, so the nodes were "
        "allowed every net.* parameter. Somebody who may create pods in ci sees that, and starts "
        "one without a memory limit that raises every queue and buffer and opens connections to "
        "itself. The kernel of worker-1 runs short of memory: the cache and the shop beside it "
        "drop connections, though none of them has reached its own limit."
    ),
    fix=(
        "The parameters that this cluster's version refuses are taken out of the pod's security "
        "context; safe ones stay. Where a newer Kubernetes counts a parameter as safe, nothing is "
        "changed: you are told which version that is. What has to hold for a whole node belongs "
        "in the node's own configuration, on nodes of their own if only one program needs it."
    ),
    breaks=(
        "Speed, mostly, and under load only: with a shorter queue a burst of new connections is "
        "refused, with smaller buffers a fast line is used badly. A database that sizes its "
        "shared memory by kernel.shm* refuses to start, and says so. Some programs merely warn at "
        "start that a parameter is low. Pods restart once."
    ),
    verify=(
        "`kubectl -n shop rollout status statefulset/session-cache`, then `kubectl -n shop get "
        "sts session-cache -o jsonpath='{..sysctls}'` shows only safe names. `kubectl -n shop "
        "exec session-cache-0 -- cat /proc/sys/net/core/somaxconn` prints the default, 4096. "
        "Watch refused connections and response times through one busy hour."
    ),
    reading=(
        Reference(
            "Using sysctls in a Kubernetes cluster",
            f"{_DOCS}/tasks/administer-cluster/sysctl-cluster/",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
)

ITEM = Item(
    id="pss-sysctls",
    title="Pods set only kernel parameters of their own",
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
        Reference(
            "Kubernetes documentation: sysctls",
            f"{_DOCS}/tasks/administer-cluster/sysctl-cluster/",
        ),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
