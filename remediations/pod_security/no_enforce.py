"""Namespaces that enforce no Pod Security Standard, and so admit any pod.

Fields: the labels ``pod-security.kubernetes.io/{enforce,audit,warn}`` and their ``-version``s.
Allowed values: ``privileged``, ``baseline``, ``restricted``; versions ``latest`` or ``v1.N``.
Without the enforce label the API server applies its default, which is privileged unless its
admission configuration file says otherwise; that file cannot be read through the API.
Source: Kubernetes documentation, "Pod Security Admission"; CIS Kubernetes Benchmark 5.2.1.
"""

from collections.abc import Iterator

from k8sharden.analysis.pod_security import Level, highest_level, minor_of
from k8sharden.analysis.pod_security.workloads import namespace_level
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model.change import (
    Change,
    ChangeKind,
    NoChange,
    Patch,
    Path,
    Risk,
    SetField,
    show_path,
)
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NAMESPACES, WORKLOADS, listings
from k8sharden.model.objects import Namespace
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, pods_of, workloads

_LABEL = "pod-security.kubernetes.io/"
_ENFORCE = f"{_LABEL}enforce"
_TERMINATING = "Terminating"
_NAMED = 5


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for namespace in inventory.namespaces:
        unguarded = _ENFORCE not in namespace.metadata.label
        if unguarded and not is_system_namespace(namespace.name) and not _ends(namespace):
            yield Finding(
                ITEM.id,
                ITEM.area,
                ITEM.severity,
                Status.FAIL,
                NAMESPACES.ref("", namespace.name),
                f"Namespace {namespace.name} admits any pod: no Pod Security level is enforced.",
                path=show_path(_label("enforce")),
                evidence={"labels": _present(namespace)},
            )


def _ends(namespace: Namespace) -> bool:
    """Whether the namespace is being deleted, so that nothing can be created in it any more."""
    phase = namespace.status.phase if namespace.status else ""
    return phase == _TERMINATING or bool(namespace.metadata.deletion_timestamp)


def _present(namespace: Namespace) -> dict[str, str]:
    labels = namespace.metadata.label
    return {key: labels[key] for key in sorted(labels) if key.startswith(_LABEL)}


def _label(name: str) -> Path:
    return ("metadata", "labels", f"{_LABEL}{name}")


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    name = found.resource.name
    namespace = next((each for each in inventory.namespaces if each.name == name), None)
    if namespace is None:
        return NoChange("It is no longer among what was read: scan again.")
    minor = minor_of(inventory.source.server_version)
    level = namespace_level(inventory, name, minor)
    if level is Level.PRIVILEGED:
        return NoChange(
            "Any level worth enforcing would refuse pods that it runs today: "
            f"{_below(Level.BASELINE, inventory, name, minor)}. Fix or move them first."
        )
    labels = _labels(level, minor, namespace)
    return Change(
        ChangeKind.PATCH,
        f"Enforce {level} in {found.resource.label}",
        Risk.SAFE,
        (
            Patch(
                found.resource,
                tuple(SetField(_label(key), value) for key, value in labels.items()),
            ),
        ),
        basis={"level": str(level), "version": labels["enforce-version"]},
        rests_on=listings(WORKLOADS, name),
        warnings=tuple(_warnings(level, inventory, name, minor)),
    )


def _labels(level: Level, minor: int | None, namespace: Namespace) -> dict[str, str]:
    """Return the labels to set; audit and warn that somebody has chosen stay as they are."""
    labels = {
        "enforce": str(level),
        # Pinned, so that an upgrade of the cluster does not refuse what ran the day before.
        "enforce-version": "latest" if minor is None else f"v1.{minor}",
    }
    for mode in ("audit", "warn"):
        wanted = {mode: str(Level.RESTRICTED), f"{mode}-version": "latest"}
        if f"{_LABEL}{mode}" not in namespace.metadata.label:
            labels |= wanted
    return labels


def _warnings(level: Level, inventory: Inventory, name: str, minor: int | None) -> Iterator[str]:
    if level is Level.BASELINE:
        held_back = _below(Level.RESTRICTED, inventory, name, minor)
        yield f"Restricted would be stricter, but would refuse pods of {held_back}."
    if not any(each.namespace == name for each in workloads(inventory)):
        yield (
            "Nothing runs in it yet, so nothing can break today: what comes later has to meet "
            "restricted, or its pods are refused."
        )
    if inventory.source.kind is SourceKind.MANIFESTS:
        yield "Only these files were judged: other pods of the namespace may not meet the level."


def _below(level: Level, inventory: Inventory, name: str, minor: int | None) -> str:
    """Name the first workloads whose template or running pods do not reach ``level``."""
    names = [
        workload.ref.label
        for workload in workloads(inventory)
        if workload.namespace == name and _reach(workload, inventory, minor) < level
    ]
    shown, rest = names[:_NAMED], len(names) - _NAMED
    text = one_line(", ".join(shown), 300) or "pods whose owner was not read"
    return f"{text} and {rest} more" if rest > 0 else text


def _reach(workload: Workload, inventory: Inventory, minor: int | None) -> Level:
    levels = [
        highest_level(pod.spec, pod.metadata, minor)
        for pod in pods_of(inventory).get(workload.ref, ())
    ]
    return min([highest_level(workload.spec, workload.template_metadata, minor), *levels])


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "Pod Security admission is built into the API server. A label on a namespace says which "
        "of three standards its pods have to meet: privileged (anything), baseline (no known "
        "ways out of a container) or restricted (current good practice). Pods that fall short of "
        "enforce are refused; audit and warn only write it down or tell the person at the "
        "keyboard. A namespace without the enforce label admits everything."
    ),
    why=(
        "Every other item on this list repairs what is there today. This one decides what can "
        "come tomorrow. Without it, anybody who may create a pod in the namespace, or steals the "
        "token of a robot that may, can ask for a privileged container, the node's process table "
        "or its whole disk, and gets it. RBAC cannot say 'pods, but harmless ones'; this label "
        "can, and it needs no add-on."
    ),
    attack=(
        "Sam looks after Deployment office/wiki and may create pods in its namespace; Mallory has "
        "Sam's laptop for five minutes. She posts a pod with hostPID, a privileged container and "
        "the node's / mounted at /host. The API server has no objection, the scheduler finds it a "
        "node, and `chroot /host` makes her root there: kubelet credentials, every Secret mounted "
        "on that node, all of it. With enforce=baseline the very first request answers 403, and "
        "the audit log has Sam's name."
    ),
    fix=(
        "The namespace gets enforce at the strictest level that every pod template and every "
        "running pod in it meets now, so that nothing is turned away today. Its version is "
        "pinned to the server's, so that an upgrade does not tighten it overnight. Audit and warn "
        "are set to restricted at latest: they refuse nothing, and show what is left to do. Once "
        "the workloads are fixed, raise enforce again."
    ),
    breaks=(
        "Running pods are never evicted. What is refused later is a pod below the level: a debug "
        "pod, a chart installed tomorrow, a sidecar that a webhook adds. A Deployment is still "
        "accepted, with a warning; its pods then fail to appear, and the ReplicaSet says "
        "FailedCreate. Defaults and exemptions from the API server's own configuration file "
        "cannot be seen from outside."
    ),
    verify=(
        "`kubectl label --dry-run=server --overwrite ns office "
        "pod-security.kubernetes.io/enforce=baseline` prints a warning for every running pod that "
        "would fall short: none should appear. Then `kubectl -n office run probe --image=busybox "
        "--privileged --dry-run=server` must answer 'violates PodSecurity'. Watch `kubectl -n "
        "office get events --field-selector reason=FailedCreate`."
    ),
    reading=(
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "Enforce Pod Security Standards with namespace labels",
            f"{_DOCS}/tasks/configure-pod-container/enforce-standards-namespace-labels/",
        ),
        Reference(
            "MITRE ATT&CK T1611, Escape to Host", "https://attack.mitre.org/techniques/T1611/"
        ),
    ),
)

ITEM = Item(
    id="pss-no-enforce",
    title="Namespaces enforce a Pod Security level",
    area=Area.POD_SECURITY,
    severity=Severity.HIGH,
    kind=ChangeKind.PATCH,
    scope=Scope.NAMESPACE,
    needs=(*WORKLOADS, NAMESPACES),
    references=(
        Reference("CIS Kubernetes 5.2.1"),
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference("NSA/CISA Kubernetes Hardening Guide: Kubernetes Pod security"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
