"""Pods that run as root, and whose root is the node's root as well.

Field: ``spec.hostUsers`` of the pod. Allowed value: ``false``, which gives the pod a user namespace
of its own; left out it counts as true.
Judged are pods of which a container starts as root, or may: neither ``runAsUser``,
``runAsNonRoot`` nor what is known of the image says otherwise. Left alone are clusters before 1.36,
where the field became stable, Windows, and pods to which the API server refuses it: those that
share the node's network, processes or IPC, or have a raw block device.
An advisory: with it root in the container is nobody on the node. Not to be root is better still.
Source: KEP-127; Kubernetes documentation, "User Namespaces".
"""

from collections.abc import Iterator

from k8sharden.analysis.container_users import Kind, user_of
from k8sharden.analysis.containers import (
    Defect,
    Fix,
    judge,
    linux_workloads,
    named,
    pod_field,
    repair,
    verb,
)
from k8sharden.analysis.pod_security import minor_of
from k8sharden.analysis.user_fixes import forbid_root
from k8sharden.analysis.user_namespaces import (
    FIRST_STABLE,
    is_refused,
    obstacles,
    unfit,
    unsure_volumes,
)
from k8sharden.model.change import Change, ChangeKind, NoChange, SetField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NODES, WORKLOADS, listings
from k8sharden.model.objects import Node
from k8sharden.model.pods import visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload

_FIELD = "hostUsers"
_NAMED = 5


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    minor = minor_of(inventory.source.server_version)
    if minor is not None and minor < FIRST_STABLE:
        return iter(())
    return judge(ITEM, linux_workloads(inventory), lambda each: _defect(each, inventory))


def _defect(workload: Workload, inventory: Inventory) -> Defect | None:
    spec = workload.spec
    if spec.host_users is False or is_refused(spec):
        return None
    kinds = [
        (seen, user_of(spec, seen.container, inventory).kind) for seen in visit_containers(spec)
    ]
    sure = tuple(seen for seen, kind in kinds if kind is Kind.ROOT)
    found = tuple(seen for seen, kind in kinds if kind in {Kind.ROOT, Kind.UNKNOWN})
    if not found:
        return None
    message = f"Root in {named(sure)} is the node's root too."
    if not sure:
        runs = verb(found, "runs", "run")
        message = f"Nothing rules out that {named(found)} {runs} as root, which is the node's too."
    return Defect(
        message,
        pod_field(workload, _FIELD),
        found,
        evidence={"root": [seen.container.name for seen in sure]},
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, lambda workload: _fix(workload, inventory))


def _fix(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    without = forbid_root(workload, inventory)
    if isinstance(without, Fix) and without.edits:
        return NoChange(
            "Not to be root is better still, and nothing shows that it has to be: the fix of "
            "pss-run-as-non-root answers this as well."
        )
    against = list(obstacles(workload.spec))
    if against:
        return NoChange(
            f"A user namespace would get in its way: {one_line('; '.join(against), 300)}. "
            "Take that away first, or run it without root."
        )
    nodes = {node.name: unfit(node) for node in inventory.of(NODES, Node)}
    unfits = {name: why for name, why in nodes.items() if why}
    if unfits:
        return NoChange(
            f"Pods would not start on {_few(unfits)}: Linux 6.3, containerd 2.0 or CRI-O 1.25 and "
            "kubelet 1.33 are needed. Upgrade these nodes first."
        )
    return Fix(
        f"Give {workload.ref.label} a user namespace of its own",
        (SetField((*workload.path, _FIELD), False),),  # noqa: FBT003 - the field's value
        tuple(_warnings(workload, known=bool(nodes))),
        rests_on=listings([NODES]),
    )


def _few(unfits: dict[str, str]) -> str:
    shown = [f"{name} ({why})" for name, why in sorted(unfits.items())[:_NAMED]]
    rest = len(unfits) - len(shown)
    return one_line(", ".join(shown), 300) + (f" and {rest} more" if rest else "")


def _warnings(workload: Workload, *, known: bool) -> Iterator[str]:
    if not known:
        yield (
            "Needs testing: the nodes were not read. Each needs Linux 6.3, containerd 2.0 or "
            "CRI-O 1.25, and runc 1.2 or crun 1.9, or the pod does not start there."
        )
    if unsure := unsure_volumes(workload.spec):
        yield (
            f"Needs testing: the file system of {one_line(', '.join(unsure), 200)} must be able to "
            "map ids (ext4, XFS and Btrfs can, NFS cannot), or the pod does not start."
        )
    yield (
        "Needs testing where a program uses what root may do on a node, such as mounts, raw "
        "devices or the time: in a user namespace the kernel refuses that."
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "Linux knows users by number, and without further ado user 0 in a container is user 0 on "
        "the node: root. A user namespace gives a pod numbers of its own: its root is, outside, "
        "one of many thousand users that may do nothing. The program sees no difference. In "
        "Kubernetes one field of the pod asks for it, hostUsers: false, for good since 1.36."
    ),
    why=(
        "Container walls have had holes, and will have. What matters then is who comes out. "
        "Several of the worst escapes, those that overwrote the runtime's own program among "
        "them, end at once when the one who comes out is nobody. It also shuts in capabilities: "
        "they count for what belongs to the pod and not for the node. For images that insist on "
        "root it is the next best thing to not being root."
    ),
    attack=(
        "A flaw in the runtime lets a process of Deployment shop/web write to a file of the node "
        "at container start. Its init container migrate runs as root, so the write is root's: it "
        "replaces the runtime's program, and the next container that starts on worker-1 starts "
        "Mallory's. With hostUsers: false the same write comes from user 196608, to whom that "
        "file does not belong, and is refused."
    ),
    fix=(
        "Where nothing needs root, the fix of pss-run-as-non-root answers this as well. Otherwise "
        "the pod gets hostUsers: false; the node picks the numbers, different ones for each pod. "
        "Volumes are mapped as they are mounted, so files keep the owners that the program "
        "expects. There is no patch where it cannot work: folders of the node, NFS, privileged "
        "containers, nodes whose kernel or runtime is too old. Where the program can run as an "
        "ordinary user, do that as well."
    ),
    breaks=(
        "Pods do not start where the node's kernel, its runtime or the file system of a volume "
        "cannot map ids; the pod's events say so. Programs that mount, load modules or open raw "
        "devices are refused. User numbers above 65535 do not exist inside. Tools on the node "
        "show the pod's processes under unfamiliar numbers."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/web`, then `kubectl -n shop exec deploy/web "
        "-c web -- cat /proc/self/uid_map`: the second number is not 0, and the third is 65536. "
        "Without a user namespace it prints 0 0 4294967295. Look at "
        "`kubectl -n shop get events` for pods that could not be made."
    ),
    reading=(
        Reference("User namespaces", f"{_DOCS}/concepts/workloads/pods/user-namespaces/"),
        Reference(
            "Use a user namespace with a pod",
            f"{_DOCS}/tasks/configure-pod-container/user-namespaces/",
        ),
        Reference(
            "KEP-127: user namespaces",
            "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/127-user-namespaces",
        ),
    ),
)

ITEM = Item(
    id="rt-userns",
    title="Root in a pod is not root on its node",
    area=Area.RUNTIME,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("KEP-127: user namespaces"),
        Reference(
            "Kubernetes: user namespaces", f"{_DOCS}/concepts/workloads/pods/user-namespaces/"
        ),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
