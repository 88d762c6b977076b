"""Containers that run without a seccomp profile: every system call of the kernel is open to them.

Fields: ``securityContext.seccompProfile.type`` of the pod and of every init, main and ephemeral
container; a container's own profile replaces the pod's.
Allowed values: ``RuntimeDefault``, ``Localhost``. Unset means Unconfined unless the kubelet runs
with ``seccompDefault``, which the API does not show. The annotations of old
(``seccomp.security.alpha.kubernetes.io/…``) have had no effect since Kubernetes 1.27, but the API
server refuses a Pod where one contradicts the field beside it.
Source: Pod Security Standards, baseline and restricted, "Seccomp"; CIS Kubernetes Benchmark 5.6.2.
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
    pod_field,
)
from k8sharden.analysis.windows import held_to_linux, lacks_os, os_unsaid, repair_linux
from k8sharden.model.change import Change, ChangeKind, Edit, NoChange, Path, RemoveField, SetField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, Visited, visit_containers
from k8sharden.model.workloads import Workload

_FIELD = "securityContext.seccompProfile.type"
_UNCONFINED = "Unconfined"
_OPEN = frozenset({"", _UNCONFINED})
_LEGACY = "seccomp.security.alpha.kubernetes.io/"
_SAME = ("runtime/default", "docker/default")


def _own(container: Container) -> str:
    profile = container.security.seccomp_profile
    return profile.type if profile else ""


def _pod(workload: Workload) -> str:
    profile = workload.spec.security.seccomp_profile
    return profile.type if profile else ""


def _legacy(workload: Workload) -> list[str]:
    return sorted(key for key in workload.template_metadata.annotation if _LEGACY in key)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, held_to_linux(inventory), _defect)


def _defect(workload: Workload) -> Defect | None:
    pod = _pod(workload)
    found = tuple(
        seen for seen in visit_containers(workload.spec) if (_own(seen.container) or pod) in _OPEN
    )
    # Admission refuses an Unconfined pod even where every container overrides it.
    if not found and pod != _UNCONFINED:
        return None
    return os_unsaid(workload, found) if lacks_os(workload) else _open(workload, pod, found)


def _open(workload: Workload, pod: str, found: tuple[Visited, ...]) -> Defect:
    chosen = [seen for seen in found if _own(seen.container) == _UNCONFINED]
    unconfined = bool(chosen) or pod == _UNCONFINED
    who = named(found) if found else "the pod"
    return Defect(
        f"Every system call is open to {who}: seccomp is "
        + ("switched off (Unconfined)." if unconfined else "not asked for."),
        field_of(workload, chosen[0], _FIELD) if chosen else pod_field(workload, _FIELD),
        found,
        Severity.HIGH if unconfined else Severity.MEDIUM,
        {"pod": pod or "unset", "legacyAnnotations": _legacy(workload)},
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, _fix)


def _fix(workload: Workload) -> Fix:
    return Fix(
        f"Give {workload.ref.label} the runtime's seccomp profile",
        tuple(_edits(workload)),
        tuple(_warnings(workload)),
    )


def _edits(workload: Workload) -> Iterator[Edit]:
    """Yield the profile of the pod where it is needed, and of each container that opted out."""
    mine = [seen for seen in visit_containers(workload.spec) if not seen.is_ephemeral]
    pod = _pod(workload)
    inherited = any(not _own(seen.container) for seen in mine)
    if pod == _UNCONFINED or (not pod and inherited):
        yield _default((*workload.path, "securityContext", "seccompProfile"))
    for seen in mine:
        if _own(seen.container) == _UNCONFINED:
            yield _default(path_of(workload, seen, "securityContext", "seccompProfile"))
    for key in _contradicting(workload):
        yield RemoveField((*workload.path[:-1], "metadata", "annotations", key))


def _contradicting(workload: Workload) -> list[str]:
    """Return the annotations that say otherwise than the profile that will be in force."""
    pod = _pod(workload)
    profiles = {_LEGACY + "pod": pod}
    for seen in visit_containers(workload.spec):
        profiles["container." + _LEGACY + seen.container.name] = _own(seen.container) or pod
    notes = workload.template_metadata.annotation
    return sorted(
        key
        for key, profile in profiles.items()
        if notes.get(key, _SAME[0]) not in _SAME and profile in _OPEN
    )


def _default(path: Path) -> Edit:
    # The whole profile, since one without a type, which an undo would leave, is refused.
    return SetField(path, {"type": "RuntimeDefault"})


def _warnings(workload: Workload) -> Iterator[str]:
    if _contradicting(workload):
        yield "Annotations of old that say otherwise go: the API server would refuse its pods."
    elif _legacy(workload):
        yield "Its seccomp annotations have had no effect since Kubernetes 1.27: remove them."
    privileged = offenders(workload, lambda container: bool(container.security.privileged))
    if privileged:
        yield f"A privileged container runs unconfined all the same: {named(privileged)}."
    yield (
        "Needs testing where a program uses rare system calls: profilers, sandboxes, eBPF, "
        "nested containers, mounts."
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "seccomp is the kernel's filter for system calls. With the profile RuntimeDefault the "
        "container runtime lets through the few hundred calls that ordinary programs use, and "
        "refuses dozens that they never need: loading kernel modules, mounting, creating "
        "namespaces, changing the clock. A pod that sets no profile runs without any "
        "filter, unless its node's kubelet was told to supply one (seccompDefault)."
    ),
    why=(
        "All containers of a node share one kernel, and the kernel is reached through system "
        "calls. Most bugs that let a process out of its container sit in corners that no web "
        "shop ever calls: io_uring, keyrings, user namespaces, exotic sockets. A filter closes "
        "those corners before the next bug in them has a name. It costs nothing to speak of, and "
        "it is the one wall that still stands once an attacker is root in the container."
    ),
    attack=(
        "An attacker runs code in Deployment shop/cart and wants the node. They create a user "
        "namespace with unshare, become root inside it, and reach kernel code that was written "
        "for administrators: a published bug in a packet-filter module ends on worker-1, with "
        "every pod's tokens in reach. Under RuntimeDefault the first step, unshare, answers "
        "'operation not permitted', and the exploit has nowhere to begin."
    ),
    fix=(
        "The pod's securityContext gets seccompProfile: {type: RuntimeDefault}, which every "
        "container without a profile of its own inherits. A container that said Unconfined is "
        "set to RuntimeDefault itself, because its own word would win. Localhost profiles are "
        "left as they are: somebody wrote those on purpose. A rolling update replaces the pods; "
        "nothing has to be installed on the nodes."
    ),
    breaks=(
        "Ordinary services, rarely anything. What needs testing: profilers "
        "(perf), eBPF tools, builds that nest containers, browsers with their own "
        "sandbox, and very old images on very new C libraries. A refused call looks like "
        "'operation not permitted' in the program's log. Privileged containers ignore the "
        "profile altogether."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/cart`, then "
        "`kubectl -n shop exec deploy/cart -- grep Seccomp: /proc/1/status` prints 2 (filtering) "
        "instead of 0. `kubectl -n shop get deploy cart -o "
        "jsonpath='{.spec.template.spec.securityContext.seccompProfile}'` shows the profile. "
        "Watch logs and restarts for some minutes under real traffic."
    ),
    reading=(
        Reference("Seccomp and Kubernetes", f"{_DOCS}/reference/node/seccomp/"),
        Reference(
            "Restrict a container's syscalls with seccomp", f"{_DOCS}/tutorials/security/seccomp/"
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
)

ITEM = Item(
    id="rt-seccomp",
    title="Containers have a seccomp profile",
    area=Area.RUNTIME,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.6.2"),
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
