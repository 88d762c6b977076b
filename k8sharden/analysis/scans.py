"""What Trivy Operator reports of the images that workloads name now.

A report belongs to one container of one owner, such as a ReplicaSet, which its labels name. One
that is about another image than the template's was made before the last change, and counts no more.
Source: trivy-operator, "VulnerabilityReport" and its labels.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import cast

from k8sharden.analysis.images import Image, parse_image
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container, visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.reports import ScanReport, VulnerabilityReport
from k8sharden.model.workloads import Workload, top_of

FRESH_DAYS = 7
"""Trivy Operator looks again each day; new vulnerabilities are published daily."""

_LABEL = "trivy-operator.resource."
_CONTAINER = "trivy-operator.container.name"
_DAY = 86_400.0

Reports = Mapping[str, ScanReport]
"""The reports of a workload by the name of the container."""


def reports_of(workload: Workload, inventory: Inventory) -> Reports:
    """Return the reports about the images that a workload's template names."""
    found = _by_owner(inventory).get(workload.ref, {})
    return {
        seen.container.name: report
        for seen in visit_containers(workload.spec)
        for report in found.get(seen.container.name, ())
        if _is_about(report, seen.container)
    }


def unreported(workload: Workload, inventory: Inventory) -> tuple[str, ...]:
    """Name the init and main containers about whose image there is no report."""
    reports = reports_of(workload, inventory)
    return tuple(
        seen.container.name
        for seen in visit_containers(workload.spec)
        if not seen.is_ephemeral and seen.container.name not in reports
    )


def is_fresh(report: ScanReport, inventory: Inventory) -> bool:
    """Whether a report was not too old when the cluster was scanned; it is dated in UTC."""
    try:
        made = datetime.fromisoformat(report.update_timestamp).replace(tzinfo=UTC)
    except ValueError:
        return False
    return inventory.scanned_at - made.timestamp() <= FRESH_DAYS * _DAY


def _by_owner(inventory: Inventory) -> Mapping[Ref, Mapping[str, list[ScanReport]]]:
    if "scans" not in inventory.cache:
        found: dict[Ref, dict[str, list[ScanReport]]] = {}
        for owner, container, report in _owned(inventory):
            found.setdefault(owner, {}).setdefault(container, []).append(report)
        inventory.cache["scans"] = found
    return cast("Mapping[Ref, Mapping[str, list[ScanReport]]]", inventory.cache["scans"])


def _owned(inventory: Inventory) -> Iterator[tuple[Ref, str, ScanReport]]:
    """Yield each report with the workload that its owner belongs to."""
    for item in inventory.of(kinds.VULNERABILITY_REPORTS, VulnerabilityReport):
        labels, notes = item.metadata.label, item.metadata.annotation
        # A name that is too long for a label stands in an annotation.
        name = labels.get(f"{_LABEL}name") or notes.get(f"{_LABEL}name", "")
        top = top_of(labels.get(f"{_LABEL}kind", ""), item.namespace, name, inventory)
        if top is not None:
            yield top, labels.get(_CONTAINER, ""), item.report


def _is_about(report: ScanReport, container: Container) -> bool:
    """Whether a report is about the image that a container names."""
    named = parse_image(container.image)
    artifact = report.artifact
    scanned = parse_image(f"{report.registry.server or 'docker.io'}/{artifact.repository}")
    return (
        named is not None
        and scanned is not None
        and named.repository == scanned.repository
        and _is_same_version(artifact.tag, artifact.digest, named)
    )


def _is_same_version(tag: str, digest: str, image: Image) -> bool:
    """Compare digests where both have one, and tags otherwise."""
    if image.digest and digest:
        return image.digest == digest
    return (image.tag or "latest") == (tag or "latest")
