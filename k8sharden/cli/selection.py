"""Which findings a command was asked for."""

from collections.abc import Iterable, Sequence

import msgspec

from k8sharden.analysis.unknown import is_about_all
from k8sharden.errors import InputError
from k8sharden.model import kinds
from k8sharden.model.admission import Constraint
from k8sharden.model.finding import Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.session import Scan


class Selection(msgspec.Struct, frozen=True):
    """Which findings, as they were asked for; what is empty does not limit."""

    areas: tuple[str, ...]
    checks: tuple[str, ...]
    namespaces: tuple[str, ...]
    resources: tuple[str, ...]
    findings: tuple[str, ...]
    severity: str | None
    without: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The options that select the same; empty where nothing is left out."""
        named = {
            "--area": self.areas,
            "--check": self.checks,
            "--namespace": self.namespaces,
            "--resource": self.resources,
            "--finding": self.findings,
            "--severity": (self.severity,) if self.severity else (),
            "--without": self.without,
        }
        return tuple(
            word for option, values in named.items() for value in values for word in (option, value)
        )


def select(scan: Scan, selection: Selection, items: Iterable[Item]) -> list[Finding]:
    """Return the findings that were asked for.

    With namespaces these are the findings in them, and what could not be told of them.

    Raises `InputError` for a check, finding, namespace or object that does not exist: a gate that
    looks at nothing must not be passed.
    """
    known = {item.id: item for item in items}
    for check in selection.checks:
        if check not in known:
            raise InputError(f"There is no check {check!r}. `k8sharden checks` lists them.")
    for namespace in selection.namespaces:
        check_namespace(scan.inventory, namespace)
    for resource in selection.resources:
        _check_resource(scan, resource)
    wanted = {scan.finding(name).id for name in selection.findings}
    left_out = {scan.finding(name).id for name in selection.without}
    return [
        finding
        for finding in scan.findings
        if _matches(finding, selection)
        and (
            _is_within(finding, selection)
            or _hides(finding, known.get(finding.check), selection, scan.inventory)
        )
        and (not wanted or finding.id in wanted)
        and finding.id not in left_out
    ]


def check_namespace(inventory: Inventory, name: str) -> None:
    """Refuse a namespace that is not there; where they could not be listed nobody can say."""
    if inventory.entry(kinds.NAMESPACES).complete and name not in inventory.namespace_names:
        raise InputError(
            f"There is no namespace {name!r} in {inventory.source.name}: check how it is spelled."
        )


def _check_resource(scan: Scan, text: str) -> None:
    """Refuse what names no object, and an object that is not there though all were listed."""
    match text.split("/"):
        case [kind, namespace, name]:
            pass
        case _:
            kind = namespace = name = ""
    constraints = scan.inventory.of(kinds.CONSTRAINTS, Constraint)
    known = {each.kind: each for each in kinds.SCANNED}
    known |= dict.fromkeys((each.kind for each in constraints), kinds.CONSTRAINTS)
    types = [known[kind]] if kind in known and name else []
    if not types:
        raise InputError(
            f"--resource {text!r} names no object that is scanned: write KIND/NAMESPACE/NAME with "
            "the kind as in a manifest, or KIND//NAME where it has no namespace."
        )
    inventory = scan.inventory
    objects = inventory.objects.get(types[0].key, ())
    there = any((item.namespace, item.name) == (namespace, name) for item in objects)
    found = there or any(_is_about(finding, (text,)) for finding in scan.findings)
    if not found and inventory.entry(types[0]).complete:
        raise InputError(
            f"There is no {text!r} in {inventory.source.name}: check how it is spelled."
        )


def _matches(finding: Finding, selection: Selection) -> bool:
    return (
        (not selection.areas or finding.area in selection.areas)
        and (not selection.checks or finding.check in selection.checks)
        and (selection.severity is None or finding.severity.reaches(Severity(selection.severity)))
    )


def _is_within(finding: Finding, selection: Selection) -> bool:
    ref = finding.resource
    inside = ref.name if ref.kind == "Namespace" else ref.namespace
    return (not selection.namespaces or inside in selection.namespaces) and (
        not selection.resources or _is_about(finding, selection.resources)
    )


def _hides(finding: Finding, item: Item | None, selection: Selection, inventory: Inventory) -> bool:
    """Whether an unknown of the whole cluster may stand for something that was selected."""
    if finding.status is not Status.UNKNOWN:
        return False
    needs = {need.key: need for need in item.needs} if item else {}
    parts = [text.split("/") for text in selection.resources]
    judged = {need.kind for need in needs.values()}
    places = [space for kind, space, _ in parts if kind in judged]
    if not parts and any(need.namespaced for need in needs.values()):
        places = list(selection.namespaces)
    if is_about_all(finding):
        return bool(places)
    gap = needs.get(str(finding.evidence.get("resource", "")))
    if gap is None or gap is kinds.NAMESPACES:
        return False
    entry = inventory.entry(gap)
    return any(not (entry.covers(place) if place else entry.complete) for place in places)


def _is_about(finding: Finding, resources: Sequence[str]) -> bool:
    ref = finding.resource
    return f"{ref.kind}/{ref.namespace}/{ref.name}" in resources
