"""Traffic: which connections NetworkPolicies let in."""

from typing import Any

import msgspec

from k8sharden.analysis.network.traffic import Connection, allowed
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, Source, SourceKind

SPACES = [{"metadata": {"name": name, "labels": {"team": name}}} for name in ("shop", "payments")]
TARGET = {
    "metadata": {"name": "ledger-0", "namespace": "payments", "labels": {"app": "ledger"}},
    "spec": {
        "nodeName": "worker-1",
        "containers": [{"name": "db", "ports": [{"name": "postgres", "containerPort": 5432}]}],
    },
}
SHOP = {"namespaceSelector": {"matchLabels": {"team": "shop"}}}
WEB = {"podSelector": {"matchLabels": {"app": "web"}}}
POSTGRES = {"protocol": "TCP", "port": "postgres"}


def source(namespace: str = "shop", **spec: Any) -> o.Pod:
    """The pod web of a namespace, with the address 10.244.1.7."""
    metadata = {"name": "web", "namespace": namespace, "labels": {"app": "web"}}
    value = {"metadata": metadata, "spec": spec, "status": {"podIP": "10.244.1.7"}}
    return msgspec.convert(value, o.Pod)


def policy(*rules: Any, **spec: Any) -> dict[str, Any]:
    """A policy in payments over all pods, with these ingress rules."""
    return {
        "metadata": {"name": "p", "namespace": "payments"},
        "spec": {"podSelector": {}, "ingress": list(rules), **spec},
    }


def inventory(*policies: dict[str, Any]) -> Inventory:
    """Two namespaces and these policies."""
    return Inventory(
        Source(SourceKind.CLUSTER, "test"),
        {
            kinds.NAMESPACES.key: tuple(msgspec.convert(each, o.Namespace) for each in SPACES),
            kinds.NETWORK_POLICIES.key: tuple(
                msgspec.convert(each, n.NetworkPolicy) for each in policies
            ),
        },
        {},
    )


def reaches(*policies: dict[str, Any], pod: o.Pod | None = None, port: int = 5432) -> bool:
    """Whether the pod gets through to the ledger for certain."""
    target = msgspec.convert(TARGET, o.Pod)
    return allowed(inventory(*policies), Connection(pod or source(), target, port))


def test_a_pod_that_no_policy_selects_is_open() -> None:
    """Policies for other pods, or for what goes out, change nothing."""
    assert reaches()
    assert reaches(policy(podSelector={"matchLabels": {"app": "other"}}))
    assert reaches(policy(policyTypes=["Egress"]))


def test_policies_add_up() -> None:
    """What one policy allows no other takes back."""
    assert not reaches(policy())
    assert reaches(policy(), policy({"from": [SHOP]}))


def test_the_nodes_network_is_no_pod_network() -> None:
    """A pod on it has no labels for policies, and a node always reaches its own pods."""
    everybody = policy({"from": [{"namespaceSelector": {}}]})
    assert not reaches(everybody, pod=source(hostNetwork=True, nodeName="worker-2"))
    assert reaches(policy(), pod=source(hostNetwork=True, nodeName="worker-1"))


def test_what_holds_on_the_nodes_network_is_for_the_plug_in() -> None:
    """Policies that select a target there allow for certain only what they allow to any pod."""
    value = {**TARGET, "metadata": TARGET["metadata"], "spec": {"hostNetwork": True}}
    attempt = Connection(source(), msgspec.convert(value, o.Pod), 5432)
    assert not allowed(inventory(policy()), attempt)
    assert allowed(inventory(policy({"from": [SHOP]})), attempt)
    assert allowed(inventory(policy(podSelector={"matchLabels": {"app": "other"}})), attempt)
