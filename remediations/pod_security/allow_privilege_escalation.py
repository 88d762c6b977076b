"""Containers whose processes can gain more privileges than they were started with.

Field: ``securityContext.allowPrivilegeEscalation`` of every init, main and ephemeral container.
Allowed value: ``false``. Left out it counts as true. Windows is exempt where ``spec.os`` says so.
The API server's validation refuses ``false`` beside ``privileged: true`` or an added
``CAP_SYS_ADMIN``, and the documentation says that escalation is always allowed to such containers:
the fix takes those away as the items about them do, or gives their reason.
Source: Pod Security Standards, restricted, "Privilege Escalation"; CIS Kubernetes Benchmark 5.2.6.
"""

from collections.abc import Iterator, Sequence

from k8sharden.analysis.capabilities import ALMIGHTY, added, is_almighty, low_port, narrowed
from k8sharden.analysis.capability_fixes import doubts, why_kept
from k8sharden.analysis.container_users import Kind, user_of
from k8sharden.analysis.containers import Defect, Fix, field_of, named, offenders, path_of, verb
from k8sharden.analysis.node_access import privileged_doubt, unprivileged, why_on_node
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import allow_privilege_escalation
from k8sharden.analysis.pod_security.refusals import at_fault, refused
from k8sharden.analysis.windows import lacks_os, os_unsaid, repair_linux
from k8sharden.model.change import Change, ChangeKind, Edit, NoChange, SetField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, Visited
from k8sharden.model.workloads import Workload

_SETUID = (
    "Programs that gain rights by setuid or file capabilities (sudo, su, some pings) "
    "will be refused them."
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (allow_privilege_escalation.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    if lacks_os(workload):
        return os_unsaid(workload, found)
    return Defect(
        f"A process in {named(found)} can gain privileges that it was not started with.",
        field_of(workload, found[0], "securityContext.allowPrivilegeEscalation"),
        found,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, lambda workload: _fix(workload, inventory))


def _fix(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    open_ones = [seen for seen in offenders(workload, _can_escalate) if not seen.is_ephemeral]
    mighty = [seen for seen in open_ones if is_almighty(seen.container)]
    privileged = [seen for seen in mighty if seen.container.security.privileged]
    adding = [seen for seen in mighty if added(seen.container) & ALMIGHTY]
    reason = why_on_node(workload, privileged) or why_kept(workload, adding)
    if reason:
        return NoChange(
            f"Escalation cannot be denied while {named(mighty)} "
            f"{verb(mighty, 'is privileged or adds', 'are privileged or add')} SYS_ADMIN. "
            f"{reason.reason}"
        )
    edits = [edit for seen in privileged for edit in unprivileged(workload, seen)]
    edits += [edit for seen in adding for edit in narrowed(workload, seen)]
    edits += [_denied(workload, seen) for seen in open_ones]
    title = f"Deny privilege escalation in {workload.ref.label}"
    ports = _low_ports(workload, open_ones, inventory)
    return Fix(title, tuple(edits), (*_warnings(privileged, adding), *ports))


def _can_escalate(container: Container) -> bool:
    return container.security.allow_privilege_escalation is not False


def _denied(workload: Workload, seen: Visited) -> Edit:
    path = path_of(workload, seen, "securityContext", "allowPrivilegeEscalation")
    return SetField(path, False)  # noqa: FBT003 - the field's value


def _warnings(privileged: Sequence[Visited], adding: Sequence[Visited]) -> Iterator[str]:
    yield _SETUID
    if privileged or adding:
        yield (
            "What makes a container almighty goes as well (privileged, SYS_ADMIN): beside it the "
            "API server refuses allowPrivilegeEscalation: false."
        )
    if privileged:
        yield privileged_doubt(privileged)
    yield from doubts(adding)


def _low_ports(
    workload: Workload, containers: Sequence[Visited], inventory: Inventory
) -> Iterator[str]:
    """Yield which low ports a process that is not root may have bound by rights that it gained."""
    for seen in containers:
        port = low_port(workload.spec, seen.container)
        if port and user_of(workload.spec, seen.container, inventory).kind is not Kind.ROOT:
            yield (
                f"Needs testing: {named([seen])} binds port {port}. A process that is not root "
                "then needs a runtime that opens low ports to everybody, as containerd does since "
                "2.0, or NET_BIND_SERVICE on the file that the container starts first (setcap)."
            )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "On Linux a process can start a program that has more rights than itself: a setuid binary "
        "such as su, or a file that carries capabilities. allowPrivilegeEscalation: false sets "
        "the kernel's no_new_privs flag on the container's first process. Every child inherits "
        "it, none can clear it, and from then on execve never hands out additional rights. "
        "Kubernetes leaves the door open unless a container says otherwise."
    ),
    why=(
        "A service is meant to run as an ordinary user, so that a flaw in it yields an ordinary "
        "user. One forgotten setuid program in the image undoes that: whoever runs code as "
        "user 1000 becomes root in the container, and root in the container is one kernel bug or "
        "one careless mount from root on the node. Base images carry such programs by habit, "
        "and nobody looks for them."
    ),
    attack=(
        "The attacker reaches a shell in Deployment shop/web through a template injection, and "
        "is user 10001: cannot install tools, cannot read root's files. `find / -perm -4000` lists "
        "a setuid mount and an outdated setuid helper with a public exploit. One call later the "
        "shell is root, reads what the init container migrate left behind, and begins on the "
        "node's kernel. With the flag set, the same call keeps user 10001."
    ),
    fix=(
        "The pod template gets securityContext.allowPrivilegeEscalation: false in each container "
        "that lacks it, init containers too, since one open container is enough. The setting is "
        "per container: there is no pod-wide switch. A rolling update replaces the pods. Beside "
        "privileged or CAP_SYS_ADMIN the flag is refused: where nothing shows a need for those "
        "they go with it, otherwise nothing is changed and the reason names the need."
    ),
    breaks=(
        "Whatever relies on gaining rights: sudo or su in an entrypoint script, a ping that is "
        "setuid, sandboxes that use a setuid helper. Programs that start as root and step down to "
        "a user keep working: giving rights up is always allowed. The failure shows at start-up "
        "as 'operation not permitted'."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/web`, then "
        "`kubectl -n shop exec deploy/web -- grep NoNewPrivs /proc/1/status` prints 1. "
        "`kubectl -n shop get deploy web -o jsonpath="
        "'{..allowPrivilegeEscalation}'` prints one false per container. Watch the restart "
        "counts for some minutes."
    ),
    reading=(
        Reference(
            "Configure a security context for a pod or container",
            f"{_DOCS}/tasks/configure-pod-container/security-context/",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "no_new_privs in the kernel's documentation",
            "https://docs.kernel.org/userspace-api/no_new_privs.html",
        ),
    ),
)

ITEM = Item(
    id="pss-allow-privilege-escalation",
    title="Containers cannot gain privileges",
    area=Area.POD_SECURITY,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.6"),
        Reference(
            "Pod Security Standards: restricted",
            f"{_DOCS}/concepts/security/pod-security-standards/#restricted",
        ),
        Reference("NSA/CISA Kubernetes Hardening Guide: Kubernetes Pod security"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
