"""Containers that run under an SELinux type that was not made for containers.

Fields: ``securityContext.seLinuxOptions.type``, ``.user`` and ``.role`` of the pod and of every
init, main and ephemeral container.
Allowed types: undefined, empty, ``container_t``, ``container_init_t``, ``container_kvm_t``, and
from Kubernetes 1.31 on ``container_engine_t``. User and role: undefined, empty.
The fix takes away what is not allowed; a level, which separates pods from each other, stays.
Source: Pod Security Standards, baseline, "SELinux".
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, named, offenders, path_of
from k8sharden.analysis.node_access import why_on_node
from k8sharden.analysis.pod_security import minor_of
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import selinux_options
from k8sharden.analysis.pod_security.refusals import at_fault, field_at_fault, refused
from k8sharden.analysis.windows import repair_linux
from k8sharden.model.change import Change, ChangeKind, Edit, NoChange, Path, RemoveField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, SELinuxOptions, visit_containers
from k8sharden.model.workloads import Workload


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (selinux_options.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    who = named(found) if found else "the pod"
    return Defect(
        f"SELinux does not keep {who} from the node: the label is none of a container's.",
        field_at_fault(workload, refusal, "securityContext.seLinuxOptions"),
        found,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    minor = minor_of(inventory.source.server_version)
    allowed = selinux_options.allowed_at(minor)
    return repair_linux(found, inventory, lambda workload: _fix(workload, allowed))


def _fix(workload: Workload, allowed: frozenset[str]) -> Fix | NoChange:
    pod = workload.spec.security.se_linux_options

    def bad(container: Container) -> bool:
        options = container.security.se_linux_options or pod
        return selinux_options.forbidden(options, allowed)

    reason = why_on_node(workload, (seen for seen in offenders(workload, bad)))
    doubt = (
        "Needs testing: somebody chose that label. On nodes with SELinux look for 'permission "
        "denied' in the logs and for 'avc: denied' in the node's audit log."
    )
    title = f"Give {workload.ref.label} a container's SELinux label"
    return reason or Fix(title, tuple(_edits(workload, allowed)), (doubt,))


def _edits(workload: Workload, allowed: frozenset[str]) -> Iterator[Edit]:
    pod = (*workload.path, "securityContext", "seLinuxOptions")
    yield from _without(workload.spec.security.se_linux_options, pod, allowed)
    for seen in visit_containers(workload.spec):
        if not seen.is_ephemeral:
            path = path_of(workload, seen, "securityContext", "seLinuxOptions")
            yield from _without(seen.container.security.se_linux_options, path, allowed)


def _without(options: SELinuxOptions | None, path: Path, allowed: frozenset[str]) -> Iterator[Edit]:
    if options is None or not selinux_options.forbidden(options, allowed):
        return
    kept = options.level or (options.type if options.type in allowed else "")
    if not kept:
        yield RemoveField(path)
        return
    if (options.type or "") not in allowed:
        yield RemoveField((*path, "type"))
    for name, value in (("user", options.user), ("role", options.role)):
        if value:
            yield RemoveField((*path, name))


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "SELinux labels every process and every file, and the kernel refuses what no rule allows, "
        "to root too. On nodes that use it the runtime starts containers as container_t, each with "
        "a pair of categories of its own, so that they reach neither the node's files nor each "
        "other's. A manifest may choose another type, user or role; spc_t, for one, is made for "
        "containers that manage the node."
    ),
    why=(
        "On such nodes SELinux has stopped escapes that everything else let through: a process "
        "that got out of its container still carried its label, and could open nothing. A type "
        "such as spc_t or unconfined_t gives that up. It is usually set because a volume "
        "could not be read, and a wrong label on the volume would have been the thing to mend."
    ),
    attack=(
        "Deployment monitoring/grafana runs as spc_t, since its first volume carried a label that "
        "it could not read. An outdated plug-in gives the attacker a shell as user 472, and a "
        "published bug in the container runtime leaves a folder of the node open to it: from "
        "there /var/lib/kubelet is a relative path away. As container_t the very first open of a "
        "file of the node is denied and written to the audit log; as spc_t nobody asks."
    ),
    fix=(
        "Type, user and role that the standard does not allow are taken away, on the pod and on "
        "each container, and with them an empty seLinuxOptions. The runtime then "
        "chooses container_t and the pod's own categories. A level that somebody set stays, "
        "because volumes may depend on it. On nodes without SELinux nothing changes at all, "
        "whatever the manifest says."
    ),
    breaks=(
        "Access to what carries another label: folders of the node, sockets, volumes that were "
        "labelled for something else. The program gets 'permission denied' although modes and "
        "owners are right, and the node's audit log says avc: denied with both labels. Let "
        "Kubernetes relabel the volume, which it does for most kinds, or label the folder as "
        "container_file_t."
    ),
    verify=(
        "`kubectl -n monitoring rollout status deployment/grafana`, then `kubectl -n monitoring "
        "exec deploy/grafana -- cat /proc/1/attr/current` prints container_t with two categories "
        "on a node with SELinux. `kubectl get pods -A -o jsonpath='{..seLinuxOptions}'` prints at "
        "most levels. On the node `ausearch -m avc -ts recent` lists what was denied."
    ),
    reading=(
        Reference(
            "Assign SELinux labels to a container",
            f"{_DOCS}/tasks/configure-pod-container/security-context/#assign-selinux-labels-to-a-container",
        ),
        Reference(
            "Linux kernel security constraints",
            f"{_DOCS}/concepts/security/linux-kernel-security-constraints/",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
)

ITEM = Item(
    id="pss-selinux",
    title="SELinux labels are those of containers",
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
        Reference("NSA/CISA Kubernetes Hardening Guide: Kubernetes Pod security"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
