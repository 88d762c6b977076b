"""Verdicts on the API servers: what proves a pass, what proves a failure, and all that does not."""

from collections.abc import Mapping

import pytest

from k8sharden.analysis.control_plane import auditing, encryption
from k8sharden.model.evidence import ApiServerFlags, ControlPlane, Sample
from k8sharden.model.finding import Status
from k8sharden.model.inventory import Inventory, Source, SourceKind

OPERATIONS = "apiserver_storage_transformation_operations_total"
SECRETBOX = "k8s:enc:secretbox:v1:"
WITH = {"encryption-provider-config": "/enc.yaml"}
WITHOUT = {"secure-port": "6443"}
AUDITED = {"audit-policy-file": "/p.yaml", "audit-log-path": "-"}

Flags = Mapping[str, str]


def written(prefix: str, value: float = 3, **labels: str) -> Sample:
    """Return the count of writes of Secrets with a prefix."""
    common = {"resource": "secrets", "transformation_type": "to_storage", "status": "OK"}
    return Sample(OPERATIONS, {**common, "transformer_prefix": prefix, **labels}, value)


def inventory(
    *servers: Flags,
    samples: tuple[Sample, ...] | None = None,
    distribution: str = "kubeadm",
    version: str = "v1.36.2",
    replicas: int | None = 1,
) -> Inventory:
    """Return an inventory with this evidence and nothing else."""
    plane = ControlPlane(
        distribution,
        distribution in ("EKS", "GKE", "AKS"),
        tuple(ApiServerFlags(f"static pod {n}", flags) for n, flags in enumerate(servers)),
        samples,
        replicas=replicas,
    )
    return Inventory(Source(SourceKind.CLUSTER, "t", "", version), {}, {}, plane)


@pytest.mark.parametrize(
    ("servers", "samples", "status"),
    [
        ([WITHOUT], None, Status.FAIL),
        ([{"encryption-provider-config": ""}], None, Status.FAIL),
        ([WITHOUT], (written(SECRETBOX),), Status.FAIL),
        ([WITH, WITHOUT], (written(SECRETBOX),), Status.FAIL),
        ([WITH], (written(""),), Status.FAIL),
        ([WITH], (written("identity"),), Status.FAIL),
        ([WITH], (written("k8s:enc:identity:v1:"),), Status.FAIL),
        ([WITH], (written(SECRETBOX),), Status.PASS),
        ([WITH], (written("k8s:enc:kms:v2:"), written("key1:")), Status.PASS),
        ([], (written(SECRETBOX),), Status.PASS),
        ([WITH], None, Status.UNKNOWN),
        ([WITH], (), Status.UNKNOWN),
        ([WITH], (written(SECRETBOX), written("")), Status.UNKNOWN),
        ([WITH], (written(SECRETBOX, 0),), Status.UNKNOWN),
        ([WITH], (written(SECRETBOX, resource="configmaps"),), Status.UNKNOWN),
        ([WITH], (written(SECRETBOX, resource=""),), Status.UNKNOWN),
        ([WITH], (written(SECRETBOX, status="Error"),), Status.UNKNOWN),
        ([WITH], (written(SECRETBOX, transformation_type="from_storage"),), Status.UNKNOWN),
        ([], None, Status.UNKNOWN),
        ([], (), Status.UNKNOWN),
        ([{}], (), Status.UNKNOWN),
    ],
)
def test_encryption_is_judged_by_flags_and_by_what_was_written(
    servers: list[Flags], samples: tuple[Sample, ...] | None, status: Status
) -> None:
    """A missing flag fails, encrypted writes pass, and a path or silence proves nothing."""
    assert encryption(inventory(*servers, samples=samples)).status is status


@pytest.mark.parametrize(
    ("distribution", "version", "status"),
    [
        ("EKS", "v1.28.0-eks-1", Status.PASS),
        ("EKS", "v1.36.1-eks-1", Status.PASS),
        ("EKS", "v1.27.9-eks-1", Status.UNKNOWN),
        ("EKS", "", Status.UNKNOWN),
        ("GKE", "v1.34.1-gke.1", Status.UNKNOWN),
        ("AKS", "v1.34.1", Status.UNKNOWN),
    ],
)
def test_managed_planes_are_judged_by_what_the_provider_promises(
    distribution: str, version: str, status: Status
) -> None:
    """EKS encrypts since 1.28; for the others nothing that can be seen proves anything."""
    assert encryption(inventory(distribution=distribution, version=version)).status is status


def test_the_forgotten_replica_is_named() -> None:
    """Who has three API servers wants to know which one to change."""
    reason = encryption(inventory(WITH, WITHOUT, WITH)).reason
    assert reason.startswith("Static pod 1, unlike the other API servers, runs without")


def test_what_answers_flagz_is_not_counted_as_one_more_server() -> None:
    """It is one of the static pods; naming it beside them would tell of two."""
    plane = ControlPlane(
        servers=(ApiServerFlags("static pod a", WITHOUT), ApiServerFlags("/flagz", WITHOUT))
    )
    seen = Inventory(Source(SourceKind.CLUSTER, "t"), {}, {}, plane)
    assert encryption(seen).reason.startswith("Static pod a runs without")


def test_where_only_flagz_answers_it_is_named() -> None:
    """An embedded API server has no static pod, and is found out all the same."""
    plane = ControlPlane(servers=(ApiServerFlags("/flagz", WITHOUT),))
    seen = Inventory(Source(SourceKind.CLUSTER, "t"), {}, {}, plane)
    assert encryption(seen).reason.startswith("/flagz runs without")


@pytest.mark.parametrize(
    ("servers", "replicas", "status"),
    [
        ([], 1, Status.PASS),
        ([], 3, Status.UNKNOWN),
        ([], None, Status.UNKNOWN),
        ([WITH], None, Status.PASS),
        ([WITH], 3, Status.UNKNOWN),
        ([WITH, WITH, WITH], 3, Status.PASS),
    ],
)
def test_one_api_server_does_not_speak_for_the_others(
    servers: list[Flags], replicas: int | None, status: Status
) -> None:
    """Counters and /flagz are those of whoever answered; static pods show their own flags."""
    found = encryption(inventory(*servers, samples=(written(SECRETBOX),), replicas=replicas))
    assert found.status is status
    audited = [server | AUDITED for server in map(dict, servers)]
    found = auditing(inventory(*audited, samples=(events(9),), replicas=replicas))
    assert found.status is status


def test_many_forgotten_replicas_are_not_all_named() -> None:
    """One line stays one line."""
    assert " and others run without" in encryption(inventory(*[WITHOUT] * 6)).reason


def events(value: float) -> Sample:
    """Return the count of audit events."""
    return Sample("apiserver_audit_event_total", {}, value)


LEVEL = Sample("apiserver_audit_level_total", {"level": "None"}, 1)


@pytest.mark.parametrize(
    ("servers", "samples", "status"),
    [
        ([WITHOUT], None, Status.FAIL),
        ([{"audit-policy-file": "/p.yaml"}], None, Status.FAIL),
        ([{"audit-log-path": "-"}], None, Status.FAIL),
        ([AUDITED, WITHOUT], (events(9),), Status.FAIL),
        ([], (events(0),), Status.FAIL),
        ([AUDITED], None, Status.PASS),
        ([{"audit-policy-file": "/p", "audit-webhook-config-file": "/w"}], None, Status.PASS),
        ([], (events(9),), Status.PASS),
        ([], (events(0), LEVEL), Status.PASS),
        ([], None, Status.UNKNOWN),
        ([], (), Status.UNKNOWN),
        ([{}], None, Status.UNKNOWN),
    ],
)
def test_auditing_is_judged_by_flags_then_by_events(
    servers: list[Flags], samples: tuple[Sample, ...] | None, status: Status
) -> None:
    """A policy needs somewhere to send events to; a server that counts none has no policy."""
    assert auditing(inventory(*servers, samples=samples)).status is status


@pytest.mark.parametrize("distribution", ["EKS", "GKE", "AKS"])
def test_a_providers_events_do_not_prove_that_you_get_them(distribution: str) -> None:
    """Managed control planes stay unknown, whatever their metrics count."""
    seen = inventory(samples=(events(9), LEVEL), distribution=distribution)
    assert auditing(seen).status is Status.UNKNOWN
