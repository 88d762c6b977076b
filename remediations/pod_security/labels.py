"""What the items about a namespace's Pod Security labels share: its labels, and how they change.

``audit`` and ``warn`` are set to restricted at once, since they refuse nothing; ``enforce`` goes to
the strictest level that every pod template and every running pod of the namespace meets. Each label
has one value that is wanted, whichever item asks, so that all fixes of a namespace are one patch.
Source: Kubernetes documentation, "Pod Security Admission"; k8s.io/pod-security-admission, v0.37.
"""

from collections.abc import Iterable, Iterator, Mapping

from k8sharden.analysis.containers import named_workloads
from k8sharden.analysis.pod_security import MODES, PREFIX, Level, minor_of
from k8sharden.analysis.pod_security.workloads import below, namespace_level, not_read
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
from k8sharden.model.finding import Finding, Severity, Status
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item
from k8sharden.model.kinds import NAMESPACES, WORKLOADS, listings
from k8sharden.model.objects import Namespace
from k8sharden.model.workloads import Workload, workloads_in

_TERMINATING = "Terminating"
_BEFORE_USER_NAMESPACES = 34
"""The last minor version of Kubernetes 1 that asks as much of a user namespace as of none."""


def namespaces_of_people(inventory: Inventory) -> Iterator[Namespace]:
    """Yield the namespaces that hold no parts of the cluster and are not being deleted."""
    for namespace in inventory.namespaces:
        if not is_system_namespace(namespace.name) and not _ends(namespace):
            yield namespace


def _ends(namespace: Namespace) -> bool:
    """Whether the namespace is being deleted, so that nothing can be created in it any more."""
    phase = namespace.status.phase if namespace.status else ""
    return phase == _TERMINATING or bool(namespace.metadata.deletion_timestamp)


def label_finding(
    item: Item, namespace: Namespace, label: str, message: str, severity: Severity | None = None
) -> Finding:
    """Return the finding of ``item`` on a namespace, at one of its Pod Security labels.

    ``label`` is without its prefix: ``enforce-version``.
    """
    return Finding(
        item.id,
        item.area,
        severity or item.severity,
        Status.FAIL,
        NAMESPACES.ref("", namespace.name),
        message,
        path=show_path(_path(label)),
        evidence={"labels": _present(namespace)},
    )


def value_of(namespace: Namespace, label: str) -> str | None:
    """Return the value of a label that is named without its prefix; None where it is unset."""
    return namespace.metadata.label.get(f"{PREFIX}{label}")


def found_namespace(found: Finding, inventory: Inventory) -> Namespace | NoChange:
    """Return the namespace that a finding is about."""
    name = found.resource.name
    known = next((each for each in inventory.namespaces if each.name == name), None)
    return known or NoChange("It is no longer among what was read: scan again.")


def set_labels(
    found: Finding, title: str, labels: Mapping[str, str], warnings: Iterable[str] = ()
) -> Change:
    """Return the patch that sets labels, named without their prefix, and rests on nothing else."""
    edits = tuple(SetField(_path(label), value) for label, value in labels.items())
    return Change(
        ChangeKind.PATCH,
        title,
        Risk.SAFE,
        (Patch(found.resource, edits),),
        warnings=tuple(warnings),
    )


def pinned(inventory: Inventory) -> str:
    """Return the version that ``enforce`` is judged by: the server's, ``latest`` if not known.

    Pinned, so that an upgrade of the cluster does not refuse what ran the day before.
    """
    minor = minor_of(inventory.source.server_version)
    return "latest" if minor is None else f"v1.{minor}"


def visible_modes(namespace: Namespace) -> dict[str, str]:
    """Return what to set for audit and warn; what somebody has chosen stays as it is."""
    wanted: dict[str, str] = {}
    for mode in MODES[1:]:
        if value_of(namespace, mode) is None:
            wanted |= {mode: str(Level.RESTRICTED), f"{mode}-version": "latest"}
    return wanted


def enforce_highest(found: Finding, inventory: Inventory) -> Change | NoChange:
    """Return the patch that enforces the strictest level that everything in a namespace meets."""
    namespace = found_namespace(found, inventory)
    if isinstance(namespace, NoChange):
        return namespace
    name, minor = namespace.name, minor_of(inventory.source.server_version)
    if gap := not_read(name, inventory):
        return NoChange(f"Cannot tell which level it meets: {gap}")
    level = namespace_level(inventory, name, minor)
    if level is Level.PRIVILEGED:
        return NoChange(
            "Any level worth enforcing would refuse pods that it runs today: "
            f"{held_back(Level.BASELINE, inventory, name)}. Fix or move them first."
        )
    version = pinned(inventory)
    change = set_labels(
        found,
        f"Enforce {level} in {found.resource.label}",
        {"enforce": str(level), "enforce-version": version, **visible_modes(namespace)},
        _warnings(level, inventory, name),
    )
    return resting(change, level, version, name)


def resting(change: Change, level: Level, version: str, namespace: str) -> Change:
    """Return a change that rests on the level that a namespace meets at a policy version."""
    return Change(
        change.kind,
        change.title,
        change.risk,
        change.writes,
        basis={"level": str(level), "version": version},
        rests_on=listings(WORKLOADS, namespace),
        warnings=change.warnings,
    )


def held_back(level: Level, inventory: Inventory, namespace: str) -> str:
    """Name the first workloads that keep a namespace below a level."""
    minor = minor_of(inventory.source.server_version)
    return named(below(level, inventory, namespace, minor))


def named(found: Iterable[Workload]) -> str:
    """Name the first few workloads and count the rest."""
    return named_workloads(found) or "pods whose owner was not read"


def _path(label: str) -> Path:
    return ("metadata", "labels", f"{PREFIX}{label}")


def _present(namespace: Namespace) -> dict[str, str]:
    labels = namespace.metadata.label
    return {key: labels[key] for key in sorted(labels) if key.startswith(PREFIX)}


def _warnings(level: Level, inventory: Inventory, name: str) -> Iterator[str]:
    if level is Level.BASELINE:
        held = held_back(Level.RESTRICTED, inventory, name)
        yield f"Restricted would be stricter, but would refuse pods of {held}."
    if not workloads_in(name, inventory):
        yield (
            "Nothing runs in it yet, so nothing can break today: what comes later has to meet "
            "restricted, or its pods are refused."
        )
    if inventory.source.kind is SourceKind.MANIFESTS:
        yield "Only these files were judged: other pods of the namespace may not meet the level."
    if minor_of(inventory.source.server_version) is None:
        held = named_workloads(below(level, inventory, name, _BEFORE_USER_NAMESPACES))
        if held:
            yield (
                f"Needs testing on your cluster's version, which is not known: {level} as "
                f"Kubernetes 1.{_BEFORE_USER_NAMESPACES} judges it would refuse pods of {held}."
            )
