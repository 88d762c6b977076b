"""Flows, joined to what runs: workloads, pods that are gone, addresses, Services, the outside."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.network.calls.observed import observed
from k8sharden.evidence.flows.read import read_flow_chunks
from tests.analysis.network.calls.small import SPACES, caller, server, small, words, workload
from tests.evidence.flows.hubble import WEB, WORLD, line

PODS = """
apiVersion: v1
kind: Pod
metadata: {name: web-7c9d8f6b5-x2x4z, namespace: shop, labels: {app: web},
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-7c9d8f6b5, controller: true}]}
spec: {nodeName: worker-1, containers: [{name: web, image: "x:1"}]}
status: {phase: Running, podIP: 10.244.1.7, podIPs: [{ip: 10.244.1.7}, {ip: "fd00:10::7"}],
  startTime: "2026-11-22T08:00:00Z"}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-7c9d8f6b5, namespace: shop,
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}]}
spec: {replicas: 1, template: {spec: {containers: []}}}
---
apiVersion: v1
kind: Node
metadata: {name: worker-1}
spec: {podCIDRs: [10.244.1.0/24, "fd00:10::/64"]}
status: {addresses: [{type: InternalIP, address: 192.168.0.11}]}
"""
CRON = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: mail, namespace: shop}
spec:
  schedule: "0 2 * * *"
  jobTemplate: {spec: {template: {spec: {containers: [{name: mail, image: "x:1"}]}}}}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.20, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{port: 443, targetPort: 6443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [192.168.0.10]}]
ports: [{name: https, port: 6443, protocol: TCP}]
"""
ALL = (SPACES, caller(), server(), workload("agent", "{containers: []}", kind="DaemonSet"), PODS,
       CRON, SERVICE)  # fmt: skip
LEDGER = "StatefulSet/payments/ledger"


def joined(*lines: str | bytes, cluster: tuple[str, ...] = ALL) -> tuple[list[str], list[str]]:
    """What these lines show of a small cluster: edges in words, and what is not told."""
    edges, untold = _observed(cluster, *lines)
    return [words(each) for each in edges], [each.said for each in untold]


def _observed(cluster: tuple[str, ...], *lines: str | bytes) -> Any:
    text = b"\n".join(each if isinstance(each, bytes) else each.encode() for each in lines)
    flows = msgspec.to_builtins(read_flow_chunks([text], "test"))
    return observed(small(*cluster, facts={"flows": flows}))


@pytest.mark.parametrize(
    ("end", "workload"),
    [
        ("Deployment/shop/web", "Deployment shop/web"),
        ("ReplicaSet/shop/web-7c9d8f6b5", "Deployment shop/web"),
        ("ReplicaSet/shop/web-6f7d9b4c8d", "Deployment shop/web"),
        ("shop/web-7c9d8f6b5-x2x4z", "Deployment shop/web"),
        ("shop/web-6f7d9b4c8d-zzzzz", "Deployment shop/web"),
        ("payments/ledger-17", "StatefulSet payments/ledger"),
        ("shop/agent-5kq2v", "DaemonSet shop/agent"),
        ("shop/mail-29371875-5kq2v", "CronJob shop/mail"),
        ("shop/mail-29371875-3-5kq2v", "CronJob shop/mail"),
        ("Job/shop/mail-29371875", "CronJob shop/mail"),
        ("10.244.1.7", "Deployment shop/web"),
        ("fd00:10::7", "Deployment shop/web"),
    ],
)
def test_a_source_is_found_by_its_name_although_it_is_gone(end: str, workload: str) -> None:
    """By what made it, by how that names its pods, or by the address that it has."""
    found, untold = joined(f"{end},{LEDGER},5432")
    assert found == [f"{workload} -> StatefulSet payments/ledger 5432/TCP"]
    assert untold == []


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("shop/web-abcde-fghij", "Pod shop/web-abcde-fghij, which is gone"),
        ("shop/other-6f7d9b4c8d-zzzzz", "which is gone, and nothing tells what made it"),
        ("Deployment/shop/gone", "Deployment shop/gone, which is not here now"),
        ("Service/shop/web", "a Service calls nobody"),
        ("10.244.1.99", "10.244.1.99, which no pod or node has now"),
        ("10.244.77.1", "10.244.77.1, which no pod or node has now"),
        ("fd00:10::99", "fd00:10::99, which no pod or node has now"),
        ("169.254.169.254", "credentials"),
        ("127.0.0.1", "which nothing here names"),
        ("host.example", None),
    ],
)
def test_a_source_that_cannot_be_told_is_named_and_not_guessed(end: str, why: str | None) -> None:
    """At the workload that it called, with the port."""
    found, untold = joined(f"{end},{LEDGER},5432,TCP,12")
    if why is None:
        assert found == ["host.example -> StatefulSet payments/ledger 5432/TCP"]
        return
    assert found == []
    (said,) = untold
    assert said.startswith("12 flows to its port 5432 from ")
    assert why in said


def test_two_that_may_have_made_a_pod_are_none() -> None:
    """A Deployment and a DaemonSet whose pods are called alike."""
    more = workload("web-bcdfg", "{containers: []}", kind="DaemonSet")
    found, untold = joined(f"shop/web-bcdfg-hjklm,{LEDGER},5432", cluster=(*ALL, more))
    assert found == []
    assert "nothing tells what made it" in untold[0]


@pytest.mark.parametrize(
    ("row", "target"),
    [
        ("Service/shop/web,80", "Deployment shop/web 8080/TCP"),
        ("10.96.0.20,80", "Deployment shop/web 8080/TCP"),
        ("web.shop.svc.cluster.local,80", "Deployment shop/web 8080/TCP"),
        ("10.96.0.1,443", "control plane 6443/TCP"),
        ("192.168.0.10,6443", "control plane 6443/TCP"),
        ("192.168.0.11,10250", "nodes 10250/TCP"),
        ("203.0.113.7,443", "203.0.113.7/32 443/TCP"),
        ("2001:db8::7,443", "2001:db8::7/128 443/TCP"),
        ("172.20.0.5,5432", "172.20.0.5/32 5432/TCP"),
        ("api.stripe.com,443", "api.stripe.com 443/TCP"),
    ],
)
def test_a_target_is_where_the_connection_arrives(row: str, target: str) -> None:
    """Behind a Service on its own port; the API server; a node; or outside, by address or name."""
    found, untold = joined(f"{LEDGER},{row}")
    assert found == [f"StatefulSet payments/ledger -> {target}"]
    assert untold == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Service/shop/web,81", "Service shop/web, behind whose port nothing is known to stand"),
        ("gone.shop.svc.cluster.local,80", "a name that leads nowhere here"),
        ("169.254.169.254,80", "the node's credentials"),
        ("10.96.7.7,80", "10.96.7.7, which no pod or node has now"),
    ],
)
def test_a_target_that_cannot_be_told_is_named(row: str, why: str) -> None:
    """At the workload that called it."""
    found, untold = joined(f"{LEDGER},{row},TCP,1")
    assert found == []
    assert untold[0].startswith("1 flow to port ")
    assert why in untold[0]


def test_an_address_of_another_time_is_not_todays_pod() -> None:
    """The pod that has it was started after the last of these flows."""
    table = "source,destination,port,last\n10.244.1.7,payments/ledger-0,5432,2026-11-22T{}Z\n"
    assert joined(table.format("07:59:00"))[1] == [
        "1 flow to its port 5432 from 10.244.1.7, which another pod had then"
    ]
    assert len(joined(table.format("08:01:00"))[0]) == 1


def test_reserved_identities_stand_for_nodes_and_the_api_server() -> None:
    """As Cilium names them; what it takes for the world and has a pod's address is a pod's."""
    ends: list[dict[str, Any]] = [{"identity": each} for each in (1, 6, 7)]
    ip = {"source": "10.0.9.9", "destination": "10.0.2.9"}
    found, _ = joined(*(line(source=end, IP=ip) for end in ends))
    assert [each.partition(" -> ")[0] for each in found] == ["control plane", "nodes"]
    gone = {"source": "10.244.1.99", "destination": "10.0.2.9"}
    assert joined(line(source=WORLD, IP=gone))[0] == []
    mesh = WEB | {"cluster_name": "west"}
    assert "a pod of the cluster west" in joined(line(source=mesh))[1][0]


def test_many_addresses_outside_are_anybody() -> None:
    """The evidence says how many they were."""
    rows = [f"203.0.113.{number},shop/web-7c9d8f6b5-x2x4z,8080" for number in range(40)]
    edges, _ = _observed(ALL, *rows)
    (edge,) = edges
    assert words(edge) == "anywhere -> Deployment shop/web 8080/TCP"
    assert edge.evidence[0].said == "seen 40 times at 40 addresses"


def test_evidence_says_how_often_and_when_and_which_paths() -> None:
    """Of all pods together."""
    http = {"type": "REQUEST", "http": {"url": "/orders/17?x=1"}}
    (edge,) = _observed(ALL, line(), line(), line(l7=http))[0]
    (evidence,) = edge.evidence
    assert evidence.said == "seen 3 times, last 2026-11-22"
    assert evidence.paths == ("/orders/*",)
    assert _observed(ALL, f"shop/web-7c9d8f6b5-x2x4z,{LEDGER},1")[0][0].evidence[0].said == (
        "seen once"
    )


def test_what_was_dropped_or_concerns_no_workload_is_no_edge() -> None:
    """Nobody is to allow what is refused today."""
    assert joined(line(verdict="DROPPED")) == ([], [])
    assert joined("192.168.0.11,203.0.113.7,443") == ([], [])


def test_what_looks_like_an_answer_is_no_edge() -> None:
    """A table may have both ways: a port from which clients call, of one who called the other."""
    rows = (f"Deployment/shop/web,{LEDGER},5432,TCP,9", f"{LEDGER},Deployment/shop/web,43210,TCP,9")
    found, untold = joined(*rows)
    assert found == ["Deployment shop/web -> StatefulSet payments/ledger 5432/TCP"]
    assert "may be answers" in untold[0]
    listening = caller(more=", ports: [{containerPort: 43210}]")
    assert len(joined(*rows, cluster=(*ALL[:1], listening, *ALL[2:]))[0]) == 2
    assert len(joined(rows[1])[0]) == 1, "nobody called the other way"


def test_names_of_a_file_are_shown_safely() -> None:
    """Whatever they hold."""
    odd = WEB | {"namespace": "shop", "pod_name": "a\x1b[2J\u202e", "workloads": None}
    (said,) = joined(line(source=odd))[1]
    assert "\x1b" not in said
    assert "\u202e" not in said
