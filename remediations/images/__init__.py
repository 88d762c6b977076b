"""Images: that what runs is what was meant to run."""

from remediations.images import (
    adm_audit_only,
    adm_fail_open,
    ci_scan,
    cve_critical,
    dead_registry,
    docker_hub,
    drift,
    kyverno_legacy,
    latest,
    no_admission,
    no_digest,
    pull_reverify,
    registry,
    scan_gap,
)

ITEMS = (
    latest.ITEM,
    no_digest.ITEM,
    drift.ITEM,
    registry.ITEM,
    docker_hub.ITEM,
    dead_registry.ITEM,
    cve_critical.ITEM,
    scan_gap.ITEM,
    no_admission.ITEM,
    adm_fail_open.ITEM,
    adm_audit_only.ITEM,
    kyverno_legacy.ITEM,
    pull_reverify.ITEM,
    ci_scan.ITEM,
)
