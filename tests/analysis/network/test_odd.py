"""Objects that no API server takes, as files hold them: only they themselves become unknown."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.defaults import default_of
from k8sharden.analysis.network.policies import Direction
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from k8sharden.model.objects import TemplateOwner
from tests.analysis.network.small import Json, asked, other

CNP, TIERS, CALICO = (
    kinds.CILIUM_POLICIES,
    kinds.CLUSTER_NETWORK_POLICIES,
    kinds.CALICO_GLOBAL_POLICIES,
)
ODD_SELECTORS: tuple[Any, ...] = (
    {"matchLabels": ["app"]},
    {"matchLabels": {"app": 5}},
    {"matchLabels": {"app": None}},
    {"matchExpressions": "app"},
    {"matchExpressions": [None]},
    {"matchExpressions": [{"key": ["app"], "operator": "Exists"}]},
    {"matchExpressions": [{"key": "app", "operator": "In", "values": "web"}]},
    {"matchExpressions": [{"key": "app", "operator": "In", "values": [["web"]]}]},
)


@pytest.mark.parametrize("selector", ODD_SELECTORS)
def test_what_holds_an_odd_selector_is_an_odd_object(selector: Json) -> None:
    """A policy with one, in any place, and a workload, are not decoded at all."""
    for spec in (
        {"podSelector": selector},
        {"ingress": [{"from": [{"podSelector": selector}]}]},
        {"egress": [{"to": [{"namespaceSelector": selector}]}]},
    ):
        with pytest.raises(msgspec.ValidationError, match="a label selector is none"):
            convert({"metadata": {"name": "p"}, "spec": spec}, n.NetworkPolicy)
    with pytest.raises(msgspec.ValidationError, match="a label selector is none"):
        convert({"metadata": {"name": "w"}, "spec": {"selector": selector}}, TemplateOwner)


@pytest.mark.parametrize(
    "spec",
    [
        *({"endpointSelector": each, "ingress": [{}]} for each in ODD_SELECTORS),
        {"endpointSelector": {}, "ingress": {"fromEntities": ["all"]}},
        {"endpointSelector": {}, "ingress": "x"},
        {"endpointSelector": {}, "ingress": [{}], "enableDefaultDeny": {"ingress": "false"}},
        {"endpointSelector": {}, "ingress": [{}], "enableDefaultDeny": ["ingress"]},
        {"endpointSelector": {}, "ingress": [{"toPorts": [{"ports": [{"port": "9" * 5_000}]}]}]},
        {"endpointSelector": {}, "ingress": [{"toPorts": [{"ports": [{"port": "65536"}]}]}]},
    ],
)
def test_an_odd_policy_of_cilium_makes_the_answer_unknown(spec: Json) -> None:
    """Whichever part of it is of another type than it has to be."""
    side = asked(other(CNP, spec)).ingress
    assert side.answer is Answer.UNKNOWN
    assert "is not modelled" in side.said


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (CNP, {"endpointSelector": "x", "ingress": [{}]}),
        (CNP, {"endpointSelector": {"matchExpressions": 5}, "ingress": [{}]}),
        (CNP, {"endpointSelector": {}, "ingress": 5}),
        (TIERS, {"subject": ["all"], "ingress": [{"action": "Deny"}]}),
        (TIERS, {"subject": {"namespaces": {}}, "ingress": [5]}),
        (TIERS, {"subject": {"namespaces": {}}, "ingress": [{"action": "Deny", "from": [None]}]}),
        (CALICO, {"types": 5, "ingress": []}),
        (CALICO, {"types": ["Ingress"], "ingress": [1.5]}),
    ],
)
def test_whether_an_odd_policy_closes_a_namespace_is_unknown(
    kind: kinds.ResourceType, spec: Json
) -> None:
    """It is named, and no other policy is the less looked at."""
    namespace = "pay" if kind.namespaced else None
    item = convert({"metadata": {"name": "p", "namespace": namespace}, "spec": spec}, n.Loose)
    ledger = {each.key: Entry(each.key, Coverage.READ) for each in kinds.SCANNED}
    inventory = Inventory(Source(SourceKind.MANIFESTS, "files"), {kind.key: (item,)}, ledger)
    found = default_of("pay", Direction.INGRESS, inventory)
    assert (found.closed, found.by) == (None, kind.ref(namespace or "", "p"))
