"""What a scan or a plan says, as the JSON that scripts rely on (schemas beside this file)."""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from k8sharden.analysis.assess import Assessment
from k8sharden.analysis.ownership import Owner, owner_of_ref
from k8sharden.analysis.pod_security.workloads import level_of
from k8sharden.analysis.recheck import Rechecked
from k8sharden.changes.apply import Outcome
from k8sharden.changes.diff import FileDiff
from k8sharden.changes.elsewhere import elsewhere
from k8sharden.changes.make import remediation
from k8sharden.changes.plan import Plan, Planned
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.decoding import decode
from k8sharden.model.finding import Area, Finding
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import workloads

SCAN = "k8sharden.scan/v1"
PLAN = "k8sharden.plan/v1"


def schema(name: str) -> dict[str, Any]:
    """Return the JSON schema of a document, by the name of its command."""
    text = resources.files(__package__).joinpath("schemas", f"{name}.json").read_bytes()
    return decode(text, dict[str, Any])


def scan_document(
    assessment: Assessment,
    findings: Sequence[Finding],
    inventory: Inventory,
    items: Sequence[Item],
    *,
    minor: int | None = None,
) -> dict[str, Any]:
    """Return the document of a scan, with the findings that were selected.

    ``minor`` is the Kubernetes version whose Pod Security policy judges; None is the newest known.
    """
    by_id = {item.id: item for item in items}
    return {
        "schema": SCAN,
        "source": _source(inventory.source),
        "summary": _summary(assessment),
        "findings": [_finding(finding, inventory, by_id[finding.check]) for finding in findings],
        "workloads": [
            {"resource": _ref(workload.ref), "pod_security_level": level_of(workload, minor)}
            for workload in workloads(inventory)
        ],
        "coverage": _coverage(inventory, items),
    }


def _summary(assessment: Assessment) -> dict[str, Any]:
    tallies = assessment.areas
    return {
        "areas": {
            area.value: {
                "fail": tallies[area].fail,
                "pass": tallies[area].passed,
                "unknown": tallies[area].unknown,
            }
            for area in Area
        },
        "severities": {word.value: count for word, count in assessment.severities.items()},
    }


def _finding(finding: Finding, inventory: Inventory, item: Item) -> dict[str, Any]:
    answer = remediation(finding, inventory, item)
    kind = answer.kind if isinstance(answer, Change) else ChangeKind.ADVICE
    reason = answer.reason if isinstance(answer, NoChange) else ""
    return {
        "id": finding.id,
        "check": finding.check,
        "area": finding.area,
        "severity": finding.severity,
        "status": finding.status,
        "resource": _ref(finding.resource),
        "path": finding.path,
        "message": finding.message,
        "evidence": dict(finding.evidence),
        "system": finding.system,
        "waived": finding.waived,
        "remediation": {"kind": kind, "reason": reason},
        "owner": _owner(owner_of_ref(finding.resource, inventory)),
    }


def _coverage(inventory: Inventory, items: Sequence[Item]) -> list[dict[str, Any]]:
    return [
        {
            "resource": entry.resource,
            "status": entry.status,
            "detail": entry.detail,
            "checks": [item.id for item in items if key in {kind.key for kind in item.needs}],
        }
        for key, entry in sorted(inventory.ledger.items())
    ]


def plan_document(
    plan: Plan,
    diffs: Mapping[str, Sequence[FileDiff]],
    outcomes: Sequence[Outcome] = (),
    again: Mapping[str, Rechecked] | None = None,
) -> dict[str, Any]:
    """Return the document of a plan; ``diffs`` holds each change's, under the change's digest.

    ``again`` says what a second look made of the findings, where there was one.
    """
    results = {outcome.planned.digest: outcome for outcome in outcomes}
    return {
        "schema": PLAN,
        "digest": plan.digest,
        "source": _source(plan.source),
        "changes": [
            _change(planned, diffs[planned.digest], plan.source, results.get(planned.digest))
            for planned in plan.changes
        ],
        "unfixed": [
            {"finding": unfixed.finding, "reason": unfixed.reason} for unfixed in plan.unfixed
        ],
        "rechecked": dict(again or {}),
    }


def _change(
    planned: Planned,
    diffs: Sequence[FileDiff],
    source: Source,
    outcome: Outcome | None,
) -> dict[str, Any]:
    rejected = [f"The server would refuse it: {planned.rejected}"] if planned.rejected else []
    detail = [outcome.detail] if outcome and outcome.detail else []
    return {
        "kind": planned.change.kind,
        "title": planned.change.title,
        "resource": _ref(planned.ref),
        "findings": list(planned.findings),
        "risk": planned.change.risk,
        "owner": _owner(planned.owner),
        "warnings": [
            *owner_notes(planned, source),
            *planned.change.warnings,
            *planned.checked,
            *rejected,
            *detail,
        ],
        "impact": [
            {
                "kind": effect.kind,
                "count": effect.count,
                "downtime": effect.downtime,
                "sentence": effect.said,
            }
            for effect in planned.impact
        ],
        "diff": "".join(diff.text for diff in diffs),
        "path": diffs[-1].path if diffs else "",
        "result": outcome.result if outcome else "",
        "journal": outcome.entry if outcome else "",
    }


def owner_notes(planned: Planned, source: Source) -> list[str]:
    """Return what is to be said of who owns a change's objects; files are their own source.

    Where no tool does, a manifest that somebody applies by hand may still undo the change.
    """
    owner = planned.owner
    if source.kind is SourceKind.MANIFESTS or planned.undoes:
        return []
    if not owner.reverts:
        return [said for said in map(elsewhere, planned.bound) if said]
    what = "Exported by default, not applied: " if planned.held else "Applied all the same. "
    return [what + owner.warning]


def _source(source: Source) -> dict[str, str]:
    return {
        "kind": source.kind,
        "name": source.name,
        "cluster_uid": source.cluster_uid,
        "server_version": source.server_version,
        "distribution": source.distribution,
    }


def _ref(ref: Ref | None) -> dict[str, str]:
    ref = ref or Ref("", "", "", "")
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
    }


def _owner(owner: Owner) -> dict[str, str]:
    return {"kind": owner.kind, "name": owner.name}
