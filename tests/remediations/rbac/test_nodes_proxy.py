"""What stands in for nodes/proxy: the harmless parts of the kubelet's API that a server knows."""

from typing import Any

import pytest

from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.instead import instead
from k8sharden.model.change import Change, Create
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.objects import PolicyRule
from remediations.rbac.nodes_proxy import ITEM
from tests.remediations import harness

Document = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
ALWAYS = {"nodes/log", "nodes/metrics", "nodes/stats"}
LATER = {"nodes/configz", "nodes/healthz", "nodes/pods"}


def documents(**rule: list[str]) -> list[Document]:
    """Return a role with a rule about nodes/proxy, and a binding to it."""
    head = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": "agent"}}
    rules = [{"apiGroups": [""], "resources": ["nodes/proxy"], **rule}]
    subject = {"kind": "ServiceAccount", "namespace": "monitoring", "name": "agent"}
    named = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "agent"}
    return [
        {**head, "kind": "ClusterRole", "rules": rules},
        {**head, "kind": "ClusterRoleBinding", "roleRef": named, "subjects": [subject]},
    ]


def rules_after(docs: list[Document], version: str) -> list[Document]:
    """Return the rules of the role that the item makes; none where it makes no role."""
    source = Source(SourceKind.CLUSTER, "training", "uid-1", version)
    answer = harness.remedy(ITEM, docs, source)
    assert isinstance(answer, Change)
    made = [each.manifest for each in answer.writes if isinstance(each, Create)]
    return list(made[0]["rules"]) if made else []


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("v1.36.2", ALWAYS | LATER),
        ("v1.33.0", ALWAYS | LATER),
        ("v1.32.9", ALWAYS),
        ("", ALWAYS),
    ],
)
def test_a_server_gets_the_sub_resources_that_its_kubelets_ask_for(
    version: str, wanted: set[str]
) -> None:
    """From 1.33 on there are three more; nobody is offered what an unknown server may not know."""
    (rule,) = rules_after(documents(verbs=["get", "create"]), version)
    assert set(rule["resources"]) == wanted
    assert rule["verbs"] == ["get"]
    assert "resourceNames" not in rule


def test_a_node_that_was_named_stays_the_only_one() -> None:
    """What takes the place of a right on one node is no right on all of them."""
    (rule,) = rules_after(documents(verbs=["get"], resourceNames=["worker-1"]), "v1.36.2")
    assert rule["resourceNames"] == ["worker-1"]


def test_whoever_could_not_read_gets_nothing_to_read() -> None:
    """A right to run commands alone has no harmless part."""
    assert rules_after(documents(verbs=["create"]), "v1.36.2") == []


def test_an_agent_of_monitoring_gets_the_change_and_is_told_what_still_needs_the_proxy() -> None:
    """It often was given nodes/proxy, and seldom needs it: something smaller does."""
    docs = documents(verbs=["get"])
    docs[1]["subjects"][0]["name"] = "prometheus"
    answer = harness.remedy(ITEM, docs)
    assert isinstance(answer, Change)
    assert any("still need nodes/proxy" in each for each in answer.warnings)


def test_a_rule_on_everything_is_no_sign_that_kubelets_are_asked() -> None:
    """Who leaves cluster-admin gets no door to every kubelet in its place."""
    power = POWERS["rbac-nodes-proxy"]
    star = PolicyRule(["*"], ["*"], ["*"])
    named = PolicyRule(["get"], [""], ["nodes/proxy"])
    assert not list(instead(power, (star,), 36))
    assert {each.resource for each in instead(power, (star, named), 36)} >= {"nodes/metrics"}
