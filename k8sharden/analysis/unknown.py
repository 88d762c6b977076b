"""Unknowns: about the cluster, or the files, as a whole; and many of one cause told as one."""

from collections.abc import Iterable, Mapping

import msgspec

from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref

_KIND = "Cluster"


def cannot_tell(
    item: Item, inventory: Inventory, why: str, locus: str, evidence: Mapping[str, object] = {}
) -> Finding:
    """Return an unknown that no single object stands for.

    Without ``evidence`` it is about everything that the item would have judged.
    """
    return Finding(
        item.id,
        item.area,
        item.severity,
        Status.UNKNOWN,
        Ref("v1", _KIND, "", inventory.source.name or "cluster"),
        why,
        locus=locus,
        evidence=evidence,
    )


def is_about_all(finding: Finding) -> bool:
    """Whether a finding leaves open everything that its item would have judged."""
    unknown = finding.status is Status.UNKNOWN and finding.resource.kind == _KIND
    return unknown and not finding.evidence


def told_once(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """Return findings as people read them, each with how many it stands for, in their order.

    What is unknown of one object for one and the same reason is told by the first, which names
    the checks. Its id is its own.
    """
    groups: dict[object, list[Finding]] = {}
    for number, finding in enumerate(findings):
        cause = (finding.resource, finding.message)
        groups.setdefault(cause if finding.status is Status.UNKNOWN else number, []).append(finding)
    return [(_as_one(group), len(group)) for group in groups.values()]


def _as_one(group: list[Finding]) -> Finding:
    first = group[0]
    checks = dict.fromkeys(finding.check for finding in group)
    if len(checks) == 1:
        return first
    said = f"{first.message} Open in {len(checks)} checks: {', '.join(checks)}."
    return msgspec.structs.replace(first, message=said)
