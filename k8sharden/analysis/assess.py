"""Run items over an inventory: verdicts for what was read, *unknown* for what was not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from k8sharden.analysis.unknown import cannot_tell
from k8sharden.model.decoding import uncollected
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Coverage, Entry, Inventory, SourceKind
from k8sharden.model.item import Item, Scope
from k8sharden.model.kinds import NAMESPACES, ResourceType
from k8sharden.model.text import one_line


class Tally(msgspec.Struct, frozen=True):
    """The state of one area: failing findings, and checks that passed or stayed unknown."""

    fail: int = 0
    passed: int = 0
    unknown: int = 0


class Assessment(msgspec.Struct, frozen=True):
    """What the items say of one inventory: findings worst first, and the count of each area."""

    findings: tuple[Finding, ...]
    areas: dict[Area, Tally]

    @property
    def severities(self) -> dict[Severity, int]:
        """The failing findings that count, by severity."""
        counted = [finding.severity for finding in self.findings if finding.counts]
        return {severity: counted.count(severity) for severity in Severity}


def assess(
    items: Sequence[Item],
    inventory: Inventory,
    *,
    step: Callable[[Item], None] = lambda _: None,
) -> Assessment:
    """Evaluate ``items``, calling ``step`` before each, so that a caller can show or stop it."""
    findings: list[Finding] = []
    verdicts: dict[str, Status] = {}
    with uncollected():
        for item in _applicable(items, inventory):
            step(item)
            found = [_shown(finding) for finding in _judge(item, inventory)]
            verdicts[item.id] = _verdict(found)
            findings += found
        findings.sort(key=_order)
    return Assessment(tuple(findings), _tallies(items, verdicts, findings))


def permissions_missing(item: Item, inventory: Inventory) -> tuple[str, ...]:
    """Name what has to be granted before ``item`` can be judged everywhere."""
    entries = (inventory.entry(kind) for kind in item.needs)
    return tuple(entry.permission for entry in entries if entry.permission and not entry.complete)


def _applicable(items: Sequence[Item], inventory: Inventory) -> Iterator[Item]:
    live = inventory.source.kind is not SourceKind.MANIFESTS
    for item in items:
        if item.live_only and not live:
            continue
        if item.repository_only and inventory.pipelines is None:
            continue
        yield item


def _judge(item: Item, inventory: Inventory) -> Iterator[Finding]:
    """Yield the item's own findings for what was read, then one unknown for each gap."""
    gaps = [kind for kind in item.needs if not inventory.entry(kind).complete]
    match item.scope:
        case Scope.CLUSTER if gaps:
            pass
        case Scope.NAMESPACE if gaps:
            yield from _evaluated(item, inventory.limited_to(_covered(item, inventory)))
        case _:
            yield from _evaluated(item, inventory)
    if item.scope is not Scope.CONTROL_PLANE:
        yield from (_gap(item, kind, inventory) for kind in gaps)
    yield from _odd(item, inventory)


def _evaluated(item: Item, inventory: Inventory) -> list[Finding]:
    """Return an item's findings; one that fails, as a foreign one may, is unknown and no other."""
    try:
        return list(item.evaluate(inventory))
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything
        why = f"Cannot tell: the check itself failed ({type(error).__name__}). Report it."
        return [cannot_tell(item, inventory, why, "check")]


def _covered(item: Item, inventory: Inventory) -> Iterator[str]:
    """Yield the namespaces where everything the item needs was read."""
    # A namespace that was named by its user is known without the right to list namespaces.
    entries = [inventory.entry(kind) for kind in item.needs if kind is not NAMESPACES]
    for name in inventory.namespace_names:
        if all(entry.covers(name) for entry in entries):
            yield name


def _gap(item: Item, kind: ResourceType, inventory: Inventory) -> Finding:
    entry = inventory.entry(kind)
    why = f"Cannot tell{_where(entry)}: {kind.key} {_WHY[entry.status]}. {_what_helps(entry)}"
    evidence = {"resource": kind.key, "status": entry.status, "permission": entry.permission}
    return cannot_tell(item, inventory, why, kind.key, evidence)


def _where(entry: Entry) -> str:
    """Say where the answer is missing."""
    if entry.namespaces is None:
        return ""
    read = ", ".join(sorted(entry.namespaces)[:5]) or "none"
    return f" outside the namespaces that were read ({read})"


_WHY = {
    Coverage.READ: "were read only in part",
    Coverage.FORBIDDEN: "may not be listed",
    Coverage.ABSENT: "are not served here",
    Coverage.ERROR: "could not be read",
}


def _what_helps(entry: Entry) -> str:
    return f"Missing permission: {entry.permission}." if entry.permission else entry.detail


def _odd(item: Item, inventory: Inventory) -> Iterator[Finding]:
    """Yield an unknown for each object that did not decode and that the item would have judged."""
    wanted = {(kind.api_version, kind.kind) for kind in item.needs}
    for odd in inventory.odd:
        if (odd.ref.api_version, odd.ref.kind) in wanted:
            yield Finding(
                item.id,
                item.area,
                item.severity,
                Status.UNKNOWN,
                odd.ref,
                f"Cannot tell for this object: it could not be read ({odd.reason}).",
                evidence={"reason": odd.reason},
            )


def _shown(finding: Finding) -> Finding:
    """Make what a finding says safe to show; its reference stays exact."""
    return msgspec.structs.replace(
        finding,
        message=one_line(finding.message, 600),
        path=one_line(finding.path, 300),
        evidence={one_line(str(key), 100): _safe(value) for key, value in finding.evidence.items()},
    )


def _safe(value: object) -> object:
    match value:
        case str():
            return one_line(str(value), 600)
        case dict():
            return {one_line(str(key), 100): _safe(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_safe(inner) for inner in value[:200]]
        case _:
            return value


def _verdict(found: Iterable[Finding]) -> Status:
    """Fail beats unknown, and unknown beats pass."""
    found = list(found)
    if any(finding.counts for finding in found):
        return Status.FAIL
    unknown = any(finding.status is Status.UNKNOWN for finding in found)
    return Status.UNKNOWN if unknown else Status.PASS


_PLACES = {area: place for place, area in enumerate(Area)}


def _order(finding: Finding) -> tuple[object, ...]:
    return (
        finding.system or finding.waived,
        finding.status is Status.UNKNOWN,
        finding.severity.rank,
        _PLACES[finding.area],
        finding.check,
        finding.resource,
        finding.locus,
    )


def _tallies(
    items: Sequence[Item], verdicts: dict[str, Status], findings: Sequence[Finding]
) -> dict[Area, Tally]:
    tallies = {}
    failing = Counter(finding.area for finding in findings if finding.counts)
    for area in Area:
        mine = [verdicts[item.id] for item in items if item.area is area and item.id in verdicts]
        tallies[area] = Tally(
            failing[area],
            mine.count(Status.PASS),
            mine.count(Status.UNKNOWN),
        )
    return tallies
