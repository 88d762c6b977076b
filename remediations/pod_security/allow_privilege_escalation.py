"""Containers whose processes can gain more privileges than they were started with.

Fields: ``securityContext.allowPrivilegeEscalation`` of every init, main and ephemeral container.
Allowed value: ``false``. Left out it counts as true.
Source: Pod Security Standards, restricted, "Privilege Escalation"; the API server's validation
refuses ``false`` beside ``privileged: true`` or an added ``CAP_SYS_ADMIN``, and the documentation
says that escalation is always allowed to such containers.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import (
    Defect,
    Fix,
    field_of,
    judge,
    named,
    offenders,
    path_of,
)
from k8sharden.analysis.windows import held_to_linux, lacks_os, os_unsaid, repair_linux
from k8sharden.model.change import Change, ChangeKind, NoChange, SetField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container
from k8sharden.model.workloads import Workload

_FIELD = "securityContext.allowPrivilegeEscalation"
_SETUID = (
    "Programs that gain rights by setuid or file capabilities (sudo, su, some pings) "
    "will be refused them."
)
_ALMIGHTY = frozenset({"SYS_ADMIN", "CAP_SYS_ADMIN", "ALL"})


def _can_escalate(container: Container) -> bool:
    return container.security.allow_privilege_escalation is not False


def _is_almighty(container: Container) -> bool:
    capabilities = container.security.capabilities
    added = (capabilities.add or ()) if capabilities else ()
    return bool(container.security.privileged) or any(name.upper() in _ALMIGHTY for name in added)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, held_to_linux(inventory), _defect)


def _defect(workload: Workload) -> Defect | None:
    found = offenders(workload, _can_escalate)
    if not found:
        return None
    if lacks_os(workload):
        return os_unsaid(workload, found)
    message = f"A process in {named(found)} can gain privileges that it was not started with."
    return Defect(message, field_of(workload, found[0], _FIELD), found)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    open_ones = [seen for seen in offenders(workload, _can_escalate) if not seen.is_ephemeral]
    almighty = [seen for seen in open_ones if _is_almighty(seen.container)]
    if almighty:
        return NoChange(
            f"Escalation cannot be denied while {named(almighty)} runs privileged or with "
            "CAP_SYS_ADMIN: take that away first."
        )
    edits = tuple(
        SetField(path_of(workload, seen, "securityContext", "allowPrivilegeEscalation"), False)  # noqa: FBT003 - the field's value
        for seen in open_ones
    )
    return Fix(f"Deny privilege escalation in {workload.ref.label}", edits, (_SETUID,))


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
        "per container: there is no pod-wide switch. A rolling update replaces the pods. "
        "Containers that are privileged or add CAP_SYS_ADMIN are left alone with the reason: for "
        "them the flag would be refused or mean nothing."
    ),
    breaks=(
        "Whatever relies on gaining rights: sudo or su in an entrypoint script, ping by file "
        "capability, a non-root server that binds port 80 through setcap on its binary, "
        "sandboxes that use a setuid helper. Programs that start as root and step down to a "
        "user keep working: giving rights up is always allowed. The failure shows at start-up "
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
