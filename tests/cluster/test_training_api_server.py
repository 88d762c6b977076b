"""The training cluster's API server: its static pod's flags decide what it does."""

from typing import Any

import pytest

from k8sharden.cluster.api import Api
from k8sharden.cluster.training import training_cluster
from k8sharden.cluster.training.control_plane import OPERATOR, SEALED, TrainingCluster
from k8sharden.errors import Forbidden
from k8sharden.model import kinds

LEDGER = kinds.SECRETS.ref("payments", "ledger")
COMMAND = "/spec/containers/0/command/-"
VALUE = b"not-a-real-password"


def restarted(*flags: str) -> TrainingCluster:
    """A training cluster whose API server was given these flags."""
    cluster = training_cluster()
    cluster.restart_api_server([{"op": "add", "path": COMMAND, "value": flag} for flag in flags])
    return cluster


def test_etcd_holds_secrets_as_the_flags_say() -> None:
    """Without an encryption configuration the value stands there; with one it does not."""
    assert VALUE in training_cluster().etcd(LEDGER)
    sealed = restarted("--encryption-provider-config=/etc/kubernetes/enc/enc.yaml")
    record = sealed.etcd(LEDGER)
    assert record.startswith(SEALED)
    assert VALUE not in record
    assert f'transformer_prefix="{SEALED.decode()}"' in sealed.metrics()
    assert sealed.flags()["encryption-provider-config"] == "/etc/kubernetes/enc/enc.yaml"


@pytest.mark.parametrize(
    "flags", [(), ("--audit-policy-file=/p",), ("--audit-log-path=/log",)], ids=str
)
def test_a_policy_or_a_file_alone_records_nothing(flags: tuple[str, ...]) -> None:
    """Both are needed, as the check says."""
    cluster = restarted(*flags)
    Api(cluster.transport()).get(LEDGER)
    assert not cluster.audit_events()
    assert "apiserver_audit_event_total 0" in cluster.metrics()


def test_the_log_names_who_did_what() -> None:
    """Each request is one event, refused ones too, and the counter counts them."""
    cluster = restarted("--audit-policy-file=/p", "--audit-log-path=/log")
    account = "system:serviceaccount:shop:web"
    with pytest.raises(Forbidden):
        Api(cluster.transport(account)).get(LEDGER)
    (event,) = cluster.audit_events()
    line = event.line()
    assert line["user"]["username"] == account
    assert line["objectRef"] == {
        "resource": "secrets", "namespace": "payments", "name": "ledger", "apiVersion": "v1"
    }  # fmt: skip
    assert line["responseStatus"] == {"code": 403}
    assert line["annotations"] == {"authorization.k8s.io/decision": "forbid"}
    assert "apiserver_audit_event_total 1" in cluster.metrics()


def test_a_path_is_recorded_without_an_object() -> None:
    """What is about no object says which path it was."""
    cluster = restarted("--audit-policy-file=/p", "--audit-log-path=/log")
    Api(cluster.transport()).raw("/metrics")
    line: dict[str, Any] = cluster.audit_events()[0].line()
    assert line["requestURI"] == "/metrics"
    assert "objectRef" not in line


def test_service_accounts_come_with_their_groups() -> None:
    """Any account's name can be used; who is no account and not known cannot."""
    cluster = training_cluster()
    sent = cluster.transport("system:serviceaccount:ci:pipeline")
    assert "system:serviceaccounts:ci" in sent._user.groups  # type: ignore[attr-defined]
    for stranger in ("bob", "system:serviceaccount:", "system:serviceaccount:ci:"):
        with pytest.raises(KeyError):
            cluster.transport(stranger)


def test_the_operator_may_start_pods_in_office_only() -> None:
    """The small Role of those who look after the office tools ends at their namespace."""
    api = Api(training_cluster().transport(OPERATOR))
    assert api.can_i("create", kinds.PODS, "office").allowed
    assert not api.can_i("create", kinds.PODS, "shop").allowed
    assert not api.can_i("get", kinds.SECRETS, "office").allowed
