"""Judged edges: the worst over all that stand at both ends."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.network.decide import Answer, Verdict
from k8sharden.analysis.network.edges import Edge, End, EndKind
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.policies import policies_of
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.evidence import ControlPlane
from k8sharden.model.inventory import Inventory
from tests.analysis.network.small import Json
from tests.analysis.network.worlds import inventory

YES, NO, MAYBE = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN
OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}
WEB = End(EndKind.WORKLOAD, kinds.REPLICA_SETS.ref("red", "web"))
DB = End(EndKind.WORKLOAD, kinds.PODS.ref("blue", "db"))
CONTROL_PLANE, NODES = End(EndKind.CONTROL_PLANE), End(EndKind.NODES)


def pod(namespace: str, name: str, address: str, node: str = "n1", **labels: str) -> Json:
    """Return a Pod; those called web-… belong to one ReplicaSet."""
    metadata: Json = {"name": name, "namespace": namespace, "labels": labels}
    if name.startswith("web-"):
        metadata["ownerReferences"] = [OWNER]
    return {
        "metadata": metadata,
        "spec": {"nodeName": node, "containers": []},
        "status": {"podIPs": [{"ip": address}]},
    }


DB_POD = pod("blue", "db", "10.0.0.9", app="db")
WEBS = [
    pod("red", "web-1", "10.0.0.1", app="web", build="a"),
    pod("red", "web-2", "10.0.0.2", node="n2", app="web", build="b"),
]
NODE_ADDRESSES = {"n1": "192.168.0.1", "n2": "192.168.0.2"}


def policy(*peers: Json, namespace: str = "blue", way: str = "ingress", **fields: Any) -> Json:
    """Return a policy over all pods with one rule of a direction."""
    word = "from" if way == "ingress" else "to"
    spec = {
        "podSelector": {},
        "policyTypes": [way.capitalize()],
        way: [{word: list(peers), **fields}],
    }
    return {"metadata": {"name": "p", "namespace": namespace}, "spec": spec}


def cluster(*policies: Json, servers: tuple[str, ...] = ("192.168.0.2",), **more: Any) -> Inventory:
    """Return web on two nodes, a database on one of them, and where the API server answers."""
    plain = inventory([DB_POD, *WEBS], list(policies))
    owner = {"metadata": {"name": "web", "namespace": "red"}, "spec": {"replicas": 2}}
    nodes = [
        {
            "metadata": {"name": name},
            "status": {"addresses": [{"type": "InternalIP", "address": at}]},
        }
        for name, at in NODE_ADDRESSES.items()
    ]
    labels = {"kubernetes.io/service-name": "kubernetes"}
    slices = {
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
        "endpoints": [{"addresses": list(servers)}],
    }
    objects = {
        **plain.objects,
        kinds.REPLICA_SETS.key: (convert(owner, o.TemplateOwner),),
        kinds.NODES.key: tuple(convert(node, o.Node) for node in nodes),
        kinds.ENDPOINT_SLICES.key: (convert(slices, n.EndpointSlice),) if servers else (),
    }
    return msgspec.structs.replace(plain, objects=objects, cache={}, **more)


def judged(found: Inventory, source: End, target: End, port: int = 80) -> Verdict:
    """Judge one edge."""
    return judge_edge(Edge(source, target, port), policies_of(found), found)


def by(**labels: str) -> Json:
    """Return a peer by labels, in any namespace."""
    return {"namespaceSelector": {}, "podSelector": {"matchLabels": labels}}


def at(cidr: str) -> Json:
    """Return a peer by address."""
    return {"ipBlock": {"cidr": cidr}}


def test_the_worst_pod_counts() -> None:
    """A rule for one of two pods keeps the edge from being whole."""
    assert judged(cluster(policy(by(app="web"))), WEB, DB).answer is YES
    assert judged(cluster(policy(by(build="a"))), WEB, DB).answer is NO
    assert judged(cluster(policy(at("10.0.0.2/32"))), WEB, DB).answer is NO
    assert judged(cluster(policy(at("10.0.0.0/24"))), WEB, DB).answer is MAYBE


def test_pods_of_one_workload_are_kept_from_each_other() -> None:
    """Each reaches itself, which says nothing of the other; a single pod has only itself."""
    closed = cluster(policy(by(app="x"), namespace="red"), policy(by(app="x")))
    assert judged(closed, WEB, WEB).answer is NO
    assert judged(closed, DB, DB).answer is YES


def test_a_workload_without_pods_is_judged_by_its_template() -> None:
    """Where its pods will be is not known, so a block of addresses may mean them."""
    found = cluster(policy(at("10.0.0.0/24")))
    made = {
        "metadata": {"name": "job", "namespace": "red"},
        "spec": {"template": {"metadata": {"labels": {"app": "job"}}, "spec": {}}},
    }
    objects = {**found.objects, kinds.DEPLOYMENTS.key: (convert(made, o.TemplateOwner),)}
    found = msgspec.structs.replace(found, objects=objects, cache={})
    job = End(EndKind.WORKLOAD, kinds.DEPLOYMENTS.ref("red", "job"))
    assert judged(found, job, DB).answer is MAYBE
    assert judged(found, DB, job).answer is YES


def test_an_end_that_was_not_read_is_unknown() -> None:
    """By its name."""
    gone = End(EndKind.WORKLOAD, kinds.DEPLOYMENTS.ref("red", "gone"))
    verdict = judged(cluster(), gone, DB)
    assert verdict.answer is MAYBE
    assert verdict.ingress.said == "Deployment red/gone was not read"


@pytest.mark.parametrize(
    ("target", "cidr", "answer"),
    [
        (End(EndKind.OUTSIDE, address="203.0.113.7"), "203.0.113.0/24", YES),
        (End(EndKind.OUTSIDE, address="203.0.113.0/24"), "203.0.113.0/24", YES),
        (End(EndKind.OUTSIDE, address="203.0.112.0/22"), "203.0.113.0/24", NO),
        (End(EndKind.OUTSIDE, host="api.stripe.com"), "203.0.113.0/24", MAYBE),
        (End(EndKind.OUTSIDE, host="api.stripe.com"), "0.0.0.0/0", YES),
        (End(EndKind.OUTSIDE, host="metadata.google.internal"), "203.0.113.0/24", NO),
        (End(EndKind.OUTSIDE), "0.0.0.0/0", YES),
        (End(EndKind.OUTSIDE, address="10.0.0.9"), "10.0.0.0/24", MAYBE),
        (CONTROL_PLANE, "192.168.0.2/32", YES),
        (CONTROL_PLANE, "192.168.0.1/32", NO),
        (NODES, "192.168.0.0/24", YES),
        (NODES, "192.168.0.1/32", NO),
    ],
)
def test_who_stands_at_an_end_beside_workloads(target: End, cidr: str, answer: Answer) -> None:
    """Addresses and blocks of them, hosts, the API server by its endpoints, and all nodes."""
    found = cluster(policy(at(cidr), namespace="red", way="egress"))
    assert judged(found, WEB, target).egress.answer is answer


def test_a_block_is_judged_in_each_part_that_rules_tell_apart() -> None:
    """Its ends may be allowed and its middle not."""
    hole = {"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.64/26"]}}
    found = cluster(policy(hole, namespace="red", way="egress"))
    assert judged(found, WEB, End(EndKind.OUTSIDE, address="203.0.113.0/24")).answer is NO
    assert judged(found, WEB, End(EndKind.OUTSIDE, address="203.0.113.0/27")).answer is YES


def test_an_api_server_that_is_not_known_is_anywhere() -> None:
    """Only a rule for everybody lets it through for certain; so it is where a cloud manages it."""
    for found in (
        cluster(policy(at("192.168.0.0/24")), servers=()),
        cluster(policy(at("192.168.0.0/24")), control_plane=ControlPlane(managed=True)),
    ):
        assert judged(found, CONTROL_PLANE, DB).answer is MAYBE
    assert judged(cluster(policy(), servers=()), CONTROL_PLANE, DB).answer is YES


def test_the_node_of_a_pod_reaches_it_and_others_do_not() -> None:
    """All nodes are meant, so that one of them is cut off."""
    assert judged(cluster(policy(by(app="x"))), NODES, DB).answer is NO
    own = End(EndKind.OUTSIDE, address="192.168.0.1")
    assert judged(cluster(policy(by(app="x"))), own, DB).answer is YES


def test_any_port_is_port_zero() -> None:
    """A rule for some ports leaves an edge without one unknown."""
    found = cluster(policy(by(app="web"), ports=[{"port": 80}]))
    assert judged(found, WEB, DB, port=0).answer is MAYBE
    assert judged(found, WEB, DB, port=80).answer is YES
