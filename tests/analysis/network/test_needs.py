"""Needs: what an edge asks of a policy, and what is said where that is more than the edge."""

from typing import Any

import pytest

from k8sharden.analysis.network.beyond import Block, everywhere
from k8sharden.analysis.network.edges import Edge, End, EndKind, Evidence, EvidenceKind
from k8sharden.analysis.network.needs import Asked, asked
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.rules import Beyond, Need, Pods
from k8sharden.model.ref import Ref
from tests.remediations import harness

WEB = End(EndKind.WORKLOAD, Ref("v1", "Pod", "shop", "web"))
AGENT = End(EndKind.WORKLOAD, Ref("v1", "Pod", "shop", "agent"))
EVERYWHERE = Block("0.0.0.0/0", ("169.254.0.0/16", "10.244.0.0/23"))

OBJECTS = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: busybox}]}
status: {phase: Running, podIPs: [{ip: 10.244.0.7}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: agent, image: busybox}]}
status: {phase: Running, podIPs: [{ip: 192.0.2.11}]}
---
apiVersion: v1
kind: Node
metadata: {name: one}
spec: {podCIDR: 10.244.0.0/24}
status: {addresses: [{type: InternalIP, address: 192.0.2.11}, {type: Hostname, address: one}]}
---
apiVersion: v1
kind: Node
metadata: {name: two}
spec: {podCIDRs: [10.244.1.0/24]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.10]}]
ports: [{port: 6443}]
"""


def answer(source: End, target: End, way: Direction, port: int = 443, **more: Any) -> Asked:
    """Return what an edge asks at one of its ends."""
    evidence = (Evidence(more.pop("kind", EvidenceKind.CONFIG), "a setting"),)
    edge = Edge(source, target, port, more.pop("protocol", "TCP"), evidence)
    return asked(edge, way, harness.inventory(harness.documents(OBJECTS)))


def test_pods_are_asked_for_by_their_labels() -> None:
    """Nothing has to be said of what is exactly as wide as it is wanted."""
    peer = Pods("shop", {"matchLabels": {"app": "web"}})
    assert answer(WEB, WEB, Direction.INGRESS) == Asked((Need(peer, 443),))


@pytest.mark.parametrize(
    "source",
    [
        AGENT,
        End(EndKind.CONTROL_PLANE),
        End(EndKind.NODES),
        End(EndKind.OUTSIDE),
    ],
)
def test_a_caller_without_labels_opens_the_port_and_that_is_said(source: End) -> None:
    """It arrives from an address that may be another one tomorrow."""
    said = answer(source, WEB, Direction.INGRESS)
    ((need,), why) = said.needs, said.said
    assert isinstance(need.peer, Beyond)
    assert (need.peer.blocks, bool(need.peer.entities)) == ((), True)
    assert why.startswith("open to anybody")


def test_a_caller_whose_address_was_seen_is_let_in_from_there() -> None:
    """Unless it comes through a Service, which may give it the address of a node."""
    source = End(EndKind.OUTSIDE, address="203.0.113.9/32")
    seen = answer(source, WEB, Direction.INGRESS)
    assert seen == Asked((Need(Beyond((Block("203.0.113.9/32"),)), 443),))
    assert answer(source, WEB, Direction.INGRESS, kind=EvidenceKind.EXPOSED).said


def test_the_api_server_is_called_at_its_own_addresses() -> None:
    """Policies see a connection after the Service's address has become an endpoint's."""
    said = answer(WEB, End(EndKind.CONTROL_PLANE), Direction.EGRESS, 0)
    peer = Beyond((Block("192.0.2.10/32"),), ("kube-apiserver",))
    assert said == Asked((Need(peer, 6443),))


def test_a_host_that_is_known_by_name_opens_its_port_to_all_but_pods_and_metadata() -> None:
    """A policy knows addresses only, and the host's may change."""
    said = answer(WEB, End(EndKind.OUTSIDE, host="api.cards.example"), Direction.EGRESS)
    assert said.needs == (Need(Beyond((EVERYWHERE,)), 443),)
    assert "api.cards.example" in said.said


@pytest.mark.parametrize(
    "end",
    [
        End(EndKind.OUTSIDE, address="169.254.169.254/32"),
        End(EndKind.OUTSIDE, host="metadata.google.internal"),
    ],
)
def test_the_clouds_metadata_is_not_opened(end: End) -> None:
    """Whoever reads it has the credentials of the node."""
    said = answer(WEB, end, Direction.EGRESS, 80)
    assert said.needs == ()
    assert "metadata" in said.said


def test_what_runs_on_nodes_is_called_at_their_addresses() -> None:
    """The warning says that a new node has to be added."""
    said = answer(WEB, AGENT, Direction.EGRESS, 9100)
    assert said.needs == (Need(Beyond((Block("192.0.2.11/32"),), ("host", "remote-node")), 9100),)
    assert "nodes to come" in said.said


def test_a_cache_of_names_on_every_node_is_called_at_its_one_address() -> None:
    """A link-local address is the same on every node, and stays."""
    end = End(EndKind.NODES, address="169.254.20.10/32")
    said = answer(WEB, end, Direction.EGRESS, 53, protocol="UDP", kind=EvidenceKind.DNS)
    assert said == Asked((Need(Beyond((Block("169.254.20.10/32"),), ("host",)), 53, "UDP"),))


def test_dns_that_was_not_seen_is_taken_to_be_where_it_is_nearly_everywhere() -> None:
    """Without names nothing works, so that a guess is better than none, and is said."""
    said = answer(WEB, End(EndKind.OUTSIDE), Direction.EGRESS, 53, kind=EvidenceKind.DNS)
    assert said.needs[0].peer == Pods("kube-system", {"matchLabels": {"k8s-app": "kube-dns"}})
    assert "was not seen" in said.said


def test_a_protocol_that_no_policy_can_be_about_is_said() -> None:
    """There is no rule for an echo request."""
    said = answer(WEB, WEB, Direction.INGRESS, 0, protocol="ICMP")
    assert said == Asked(said="a policy cannot be about ICMP")


def test_every_address_is_of_both_families_where_none_is_known() -> None:
    """Files tell nothing of a cluster, which may speak IPv6 as well."""
    web = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
    assert everywhere(harness.inventory(harness.documents(web))) == (
        Block("0.0.0.0/0", ("169.254.0.0/16",)),
        Block("::/0", ("fd00:ec2::254/128",)),
    )
