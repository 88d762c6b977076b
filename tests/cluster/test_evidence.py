"""Evidence about the control plane: what is read, from where, and what is missing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sharden.cluster.evidence import parse_flags
from k8sharden.cluster.metrics import samples
from k8sharden.cluster.transport import Request, Response
from k8sharden.errors import ClusterUnavailable, Unauthorized
from k8sharden.model import kinds
from k8sharden.model.inventory import Coverage
from tests.cluster.fakes import Answers, Scripted, page, refusal, scan

FLAGS = {"audit-policy-file": "/etc/audit.yaml", "encryption-provider-config": ""}
FLAGZ = Response(200, json.dumps({"kind": "Flagz", "flags": FLAGS}).encode())
METRICS = b"""\
# HELP apiserver_audit_event_total [ALPHA] Counter of audit events generated.
# TYPE apiserver_audit_event_total counter
apiserver_audit_event_total 12
# TYPE apiserver_request_total counter
apiserver_request_total{verb="GET"} 99
# TYPE apiserver_audit_level_total counter
apiserver_audit_level_total{level="Metadata"} 12
apiserver_storage_transformation_operations_total{resource="secrets",\
transformation_type="to_storage",transformer_prefix="k8s:enc:secretbox:v1:",status="OK"} 3
"""


def api_server(name: str, *command: str, namespace: str = "kube-system") -> dict[str, object]:
    """A static pod of an API server."""
    labels = {"component": "kube-apiserver", "tier": "control-plane"}
    container = {"name": "kube-apiserver", "command": ["kube-apiserver", *command]}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [container]},
    }


def test_flags_of_every_static_pod_are_read() -> None:
    """Each replica of the API server is a source of its own, since they may differ."""
    pods = [
        api_server("kube-apiserver-1", "--audit-policy-file=/a", "--anonymous-auth", "false"),
        api_server("kube-apiserver-2"),
        api_server("kube-apiserver-3", "--audit-policy-file=/forged", namespace="shop"),
    ]
    seen = scan(Scripted({kinds.PODS.path(): page(pods)})).control_plane
    assert seen.values("audit-policy-file") == ("/a", "")
    assert seen.values("anonymous-auth") == ("false", "")
    assert seen.sources()[0] == "static pod kube-system/kube-apiserver-1"


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["--a=b"], {"a": "b"}),
        (["--a", "b"], {"a": "b"}),
        (["--a", "--b"], {"a": "true", "b": "true"}),
        (["--a=b", "--a=c"], {"a": "c"}),
        (["--a_b=c"], {"a-b": "c"}),
        (["--a=b=c"], {"a": "b=c"}),
        (["--a="], {"a": ""}),
        (["kube-apiserver", "-v=2", "stray", "--"], {}),
        (["--a=b", "c"], {"a": "b"}),
    ],
)
def test_flags_are_parsed_as_the_server_does(words: list[str], flags: dict[str, str]) -> None:
    """All spellings of a flag mean the same as they do to the API server."""
    assert parse_flags(words) == flags


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_words_parse(words: list[str]) -> None:
    """A command line is what somebody wrote; it never breaks the scan."""
    assert all(name in "".join(words).replace("_", "-") for name in parse_flags(words))


def test_flagz_and_metrics_are_evidence() -> None:
    """What the running server says of itself stands beside its static pods."""
    answers: Answers = {"/flagz": FLAGZ, "/metrics": Response(200, METRICS)}
    inventory = scan(Scripted(answers))
    seen = inventory.control_plane
    assert seen.values("audit-policy-file") == ("/etc/audit.yaml",)
    assert seen.sources() == ("/flagz",)
    assert [sample.value for sample in seen.family("apiserver_audit_event_total")] == [12.0]
    (write,) = seen.family("apiserver_storage_transformation_operations_total")
    assert write.labels["transformer_prefix"] == "k8s:enc:secretbox:v1:"
    assert inventory.ledger["/flagz"].status is Coverage.READ
    assert inventory.ledger["/metrics"].status is Coverage.READ


def test_flagz_of_an_older_server_is_asked_for_in_its_version() -> None:
    """1.35 knows only the alpha version, and refuses the other with 406."""

    def older(request: Request) -> Response:
        return FLAGZ if "v=v1alpha1" in request.accept else refusal(406, "NotAcceptable")

    assert scan(Scripted({"/flagz": older})).control_plane.sources() == ("/flagz",)


SLICE = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"


def test_hidden_api_servers_are_counted_by_their_endpoints() -> None:
    """Each of them writes its address into the Service kubernetes; pods that are seen suffice."""
    endpoints = [{"addresses": ["192.0.2.1"]}, {"addresses": ["192.0.2.2"]}]
    found = Response(200, json.dumps({"endpoints": endpoints}).encode())
    assert scan(Scripted({SLICE: found})).control_plane.replicas == 2
    assert (
        scan(Scripted({SLICE: Response(200, b'{"endpoints": null}')})).control_plane.replicas
        is None
    )
    seen = Scripted({SLICE: found, kinds.PODS.path(): page([api_server("kube-apiserver-1")])})
    assert scan(seen).control_plane.replicas is None
    assert SLICE not in {request.path for request in seen.requests}


def test_whoever_may_not_count_them_is_told_what_is_missing() -> None:
    """The permission stands in the ledger and with the evidence."""
    seen = scan(Scripted({SLICE: refusal(403, "Forbidden")}))
    entry = seen.ledger["endpointslices.discovery.k8s.io"]
    assert entry.permission == "get endpointslices.discovery.k8s.io in default"
    assert any(entry.permission in sentence for sentence in seen.control_plane.missing)


@pytest.mark.parametrize("path", ["/flagz", "/metrics"])
def test_a_missing_permission_is_named(path: str) -> None:
    """What a viewer may not read leaves the evidence unknown, with the permission for it."""
    inventory = scan(Scripted({path: refusal(403, "Forbidden")}))
    assert inventory.ledger[path].permission == f"get {path}"
    assert f"{path}: missing permission: get {path}." in inventory.control_plane.missing
    assert inventory.control_plane.samples is None


def test_static_pods_that_may_not_be_read_are_named() -> None:
    """Without the pods of kube-system, no claim is made about static pods."""
    answers: Answers = {kinds.PODS.path(): refusal(403, "Forbidden")}
    missing = scan(Scripted(answers)).control_plane.missing
    assert missing[0] == "Static pods: missing permission: list pods in kube-system."


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, b"<html>"),
        Response(200, b'{"flags": []}'),
        Response(200, b'{"flags": {"a": 1}}'),
        Response(200, b'apiserver_audit_event_total{level="x 1'),
        refusal(500, "InternalError"),
        ClusterUnavailable("did not answer"),
    ],
)
@pytest.mark.parametrize("path", ["/flagz", "/metrics"])
def test_an_odd_answer_is_no_evidence(path: str, answer: Response | Exception) -> None:
    """Evidence that cannot be read is unknown; the scan goes on."""
    seen = scan(Scripted({path: answer})).control_plane
    assert seen.servers == ()
    assert not seen.samples


def test_refused_credentials_end_the_scan_here_too() -> None:
    """A token that expires during the scan is not taken for missing evidence."""
    with pytest.raises(Unauthorized):
        scan(Scripted({"/metrics": refusal(401, "Unauthorized")}))


def test_only_wanted_lines_reach_the_parser() -> None:
    """Families that are no evidence are dropped, broken ones included."""
    noise = b"other_metric{broken\n" * 1_000
    assert [sample.name for sample in samples(noise + METRICS)] == [
        "apiserver_audit_event_total",
        "apiserver_audit_level_total",
        "apiserver_storage_transformation_operations_total",
    ]


def test_endless_series_are_refused() -> None:
    """A server that sends series without end costs a bounded time."""
    line = b'apiserver_audit_level_total{level="%d"} 1\n'
    with pytest.raises(ValueError, match="too many"):
        samples(b"".join(line % number for number in range(20_001)))
