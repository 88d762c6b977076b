"""Unknowns about the cluster, or the files, as a whole."""

from collections.abc import Mapping

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
