"""Edges between many pods and many nodes: judged by what tells pairs apart, never pair by pair."""

import random
from itertools import product
from typing import Any

import pytest

from k8sharden.analysis.network import judged
from k8sharden.analysis.network.decide import decide
from k8sharden.analysis.network.edges import Edge, End, EndKind
from k8sharden.analysis.network.ends import parties_of
from k8sharden.analysis.network.policies import policies_of
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from tests.analysis.network.worlds import inventory, policy

AGENT = kinds.DAEMON_SETS.ref("red", "agent")
OWNER = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "controller": True}
BOTH = (End(EndKind.WORKLOAD, AGENT), End(EndKind.NODES))


def cluster(nodes: int, policies: list[dict[str, Any]], dice: random.Random) -> Inventory:
    """Return a DaemonSet with a pod on every node, some of whose pods are labelled otherwise."""
    pods: list[dict[str, Any]] = [
        {
            "metadata": {
                "name": f"agent-{number}",
                "namespace": "red",
                "labels": {"app": dice.choice("aab")},
                "ownerReferences": [OWNER],
            },
            "spec": {"nodeName": dice.choice((f"n{number}", "")), "containers": []},
            "status": {"podIPs": [{"ip": f"10.0.{number // 250}.{number % 250 + 1}"}]},
        }
        for number in range(nodes)
    ]
    plain = inventory(pods, policies)
    found = [
        {
            "metadata": {"name": f"n{number}"},
            "status": {"addresses": [{"type": "InternalIP", "address": _at(number)}]},
        }
        for number in range(nodes)
    ]
    owner = {"metadata": {"name": "agent", "namespace": "red"}}
    objects = {
        **plain.objects,
        kinds.NODES.key: tuple(convert(each, o.Node) for each in found),
        kinds.DAEMON_SETS.key: (convert(owner, o.TemplateOwner),),
        kinds.CILIUM_POLICIES.key: tuple(_of_cilium(dice) for _ in range(dice.randint(0, 1))),
    }
    return Inventory(plain.source, objects, plain.ledger)


def _at(number: int) -> str:
    return f"192.168.{number // 250}.{number % 250 + 1}"


def _of_cilium(dice: random.Random) -> n.Loose:
    """Return a policy that speaks of a pod's own node, or of the others."""
    entities = [dice.choice(("host", "remote-node"))]
    spec = {
        "endpointSelector": {"matchLabels": {"app": dice.choice("ab")}},
        dice.choice(("egress", "egressDeny")): [{"toEntities": entities}],
    }
    return convert({"metadata": {"name": "cnp", "namespace": "red"}, "spec": spec}, n.Loose)


def _closing(dice: random.Random) -> dict[str, Any]:
    """Return a policy that lets some pods reach, and be reached from, some of the nodes."""
    blocks = [{"ipBlock": {"cidr": f"{_at(dice.randint(0, 3))}/{dice.choice((30, 31, 32))}"}}]
    spec: dict[str, Any] = {"podSelector": {"matchLabels": {"app": dice.choice("ab")}}}
    for way, word in (("egress", "to"), ("ingress", "from")):
        if dice.random() < 0.8:
            spec[way] = [{word: blocks}] if dice.random() < 0.8 else []
    spec["policyTypes"] = [way.capitalize() for way in ("ingress", "egress") if way in spec]
    return policy("red", f"p-{dice.random()}", **spec)


@pytest.mark.parametrize("seed", range(100))
def test_the_worst_of_the_pairs_that_tell_is_the_worst_of_all(seed: int) -> None:
    """Whatever nodes the pods are on, and whichever nodes a policy names."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice, kept by the seed
    rules = [_closing(dice) for _ in range(dice.randint(0, 2))]
    found = cluster(dice.randint(1, 7), rules, dice)
    policies = policies_of(found)
    for source, target in (BOTH, BOTH[::-1]):
        pairs = product(parties_of(source, found), parties_of(target, found))
        every = judged.worst(decide(policies, *pair, 10_250) for pair in pairs)
        edge = Edge(source, target, 10_250)
        assert judged.judge_edge(edge, policies, found).answer is every.answer


def test_pods_on_all_nodes_that_call_nodes_are_not_judged_by_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An agent on each of 500 nodes asks its kubelet: some thousand judgements, no 250,000."""
    asked = []

    def counted(*given: Any) -> Any:
        asked.append(given)
        return decide(*given)

    monkeypatch.setattr(judged, "decide", counted)
    found = cluster(500, [], random.Random(1))  # noqa: S311 - as above
    judged.judge_edge(Edge(*BOTH, 10_250), policies_of(found), found)
    assert 0 < len(asked) < 5_000
