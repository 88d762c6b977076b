"""Hubble's flows: their ends, their direction, their verdict, and what is none."""

import json
from typing import Any

import pytest

from k8sharden.model.flows import FlowEnd
from tests.evidence.flows.hubble import LEDGER, WEB, WORLD, dumped, flow, line, only, read, tcp


def test_a_flow_names_workloads_port_and_time() -> None:
    """Pods come and go, so that their names are not kept where what made them is named."""
    found = only([line(), line(verdict="DROPPED"), line(time="2026-11-22T09:00:00Z")])
    assert found.source == FlowEnd("shop", workload="Deployment/web")
    assert found.target == FlowEnd("payments", workload="StatefulSet/ledger")
    assert (found.port, found.protocol, found.forwarded, found.dropped) == (5432, "TCP", 2, 1)
    assert found.last - found.first == pytest.approx(44.5 * 60, abs=1)


@pytest.mark.parametrize(
    "value",
    [
        {"flow": flow()},
        flow(),
        {"flow": flow(verdict=1, traffic_direction=1, time={"seconds": 1795335330, "nanos": 1})},
        {"flow": flow(is_reply={"value": False})},
    ],
)
def test_every_form_that_hubble_prints_is_read(value: dict[str, Any]) -> None:
    """Wrapped and bare, with words and with the numbers of its first versions."""
    found = only([dumped(value)])
    assert found.forwarded == 1
    assert int(found.last) == 1795335330


def test_lists_printed_flows_and_what_a_collector_wrote_before_are_read() -> None:
    """As jq prints them, and as a log of a container begins."""
    many = json.dumps([{"flow": flow()}, {"flow": flow()}]).encode() + b"\n"
    printed = json.dumps([{"flow": flow()}], indent=2).encode() + b"\n"
    prefix = b"2026-11-22T08:15:31Z stdout F " + line()
    assert only([many, printed, prefix, line().strip() + b",\n"]).forwarded == 5


@pytest.mark.parametrize("verdict", ["FORWARDED", "REDIRECTED", "AUDIT"])
def test_what_went_through_is_forwarded(verdict: str) -> None:
    """Also through the proxy, and where a policy only audits."""
    assert only([line(verdict=verdict)]).forwarded == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "TRANSLATED"},
        {"verdict": "TRACED"},
        {"verdict": "ERROR"},
        {"l4": {"ICMPv4": {"type": 8}}},
        {"l4": None},
        {"l4": tcp(0)},
        {"l4": tcp(70_000)},
        {"is_reply": None, "l4": tcp(ACK=True)},
        {"is_reply": None, "l4": tcp(ACK=True, FIN=True)},
        {"is_reply": None, "l4": {"UDP": {"source_port": 40_000, "destination_port": 50_000}}},
        {"is_reply": None, "l4": {"UDP": {"source_port": 500, "destination_port": 500}}},
        {"is_reply": None, "l4": {"UDP": {"destination_port": 53}}},
    ],
)
def test_what_is_not_known_to_be_a_new_connection_is_none(changes: dict[str, Any]) -> None:
    """It is counted, and no edge is made up."""
    found = read(line(), line(**changes))
    assert found.reading.other == 1
    assert [each.forwarded for each in found.flows] == [1]


@pytest.mark.parametrize(
    ("changes", "reply"),
    [
        ({"is_reply": True}, True),
        ({"is_reply": None, "reply": True}, True),
        ({"is_reply": None, "l4": tcp(SYN=True)}, False),
        ({"is_reply": None, "l4": tcp(SYN=True, ACK=True)}, True),
        ({"is_reply": None, "l4": {"UDP": {"source_port": 41_000, "destination_port": 53}}}, False),
        ({"is_reply": None, "l4": {"UDP": {"source_port": 53, "destination_port": 41_000}}}, True),
        ({"is_reply": None, "l7": {"type": "REQUEST", "http": {}}}, False),
        ({"is_reply": None, "l7": {"type": "RESPONSE", "http": {}}}, True),
    ],
)
def test_an_answer_is_no_connection(changes: dict[str, Any], reply: bool) -> None:  # noqa: FBT001 - what is expected
    """Where Hubble does not know, the first packet or the ports tell."""
    reading = read(line(**changes)).reading
    assert (reading.replies, reading.flows) == ((1, 0) if reply else (0, 1))


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (WORLD, FlowEnd(address="10.0.2.9", identity="world")),
        ({"identity": 1}, FlowEnd(address="10.0.2.9", identity="host")),
        ({"identity": 6}, FlowEnd(address="10.0.2.9", identity="remote-node")),
        ({"identity": 16_777_230}, FlowEnd(address="10.0.2.9", identity="world")),
        ({"identity": 33_554_440}, FlowEnd(address="10.0.2.9", identity="remote-node")),
        (
            {"identity": 16_777_230, "labels": ["cidr:1.2.3.4/32", "reserved:kube-apiserver"]},
            FlowEnd(address="10.0.2.9", identity="kube-apiserver"),
        ),
        (LEDGER | {"workloads": None}, FlowEnd("payments", "ledger-0")),
        (LEDGER | {"workloads": [{"name": "x", "kind": "A"}]}, FlowEnd("payments", "ledger-0")),
        (LEDGER | {"workloads": [{"name": "", "kind": ""}]}, FlowEnd("payments", "ledger-0")),
        (LEDGER | {"cluster_name": "west"}, FlowEnd(address="10.0.2.9", identity="cluster/west")),
        (None, FlowEnd(address="10.0.2.9")),
    ],
)  # fmt: skip
def test_an_end_is_named_by_the_surest_that_is_said(
    end: dict[str, Any] | None, expected: FlowEnd
) -> None:
    """A workload, a pod, a reserved identity, another cluster of a mesh, or but an address."""
    assert only([line(destination=end)]).target == expected


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["api.stripe.com."], "api.stripe.com"),
        (["b.example", "a.example"], ""),
        (["evil\x1b[2J.example"], ""),
        ([], ""),
    ],
)
def test_a_host_is_named_where_only_one_name_leads_there(names: list[str], host: str) -> None:
    """Of several nobody knows which one was asked for."""
    assert only([line(destination=WORLD, destination_names=names)]).target.host == host


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://ledger.payments/orders/4711?card=4111", "/orders/*"),
        ("/v1/accounts/ada@kestrel.example#top", "/v1/accounts/*"),
        ("/services/T02AB/B81/hGx72Qk", "/services/*/*/*"),
        ("/apis/apps/v1beta2/deployments", "/apis/apps/v1beta2/deployments"),
        ("/" + "a/" * 40, "/" + "a/" * 12 + "*"),
        ("/\x1b[2J/..", "/*/*"),
        ("*", ""),
        ("", ""),
    ],
)
def test_a_path_is_kept_without_what_may_be_a_secret(url: str, path: str) -> None:
    """No query, and no part that is no word."""
    http = {"type": "REQUEST", "http": {"url": url, "method": "GET"}}
    found = only([line(l7=http)])
    assert found.paths == ((path,) if path else ())


def test_clusters_and_lost_events_are_told() -> None:
    """Numbers of 64 bits are texts in this JSON."""
    lost = dumped({"lost_events": {"source": "HUBBLE_RING_BUFFER", "num_events_lost": "1200"}})
    found = read(line(source=WEB), lost, lost)
    assert found.clusters == ("books",)
    assert found.reading.lost == 2400
    assert any("lost 2,400 events" in said for said in found.blind)
    assert any("on one node, books/worker-1" in said for said in found.blind)


def test_what_hubble_says_beside_flows_is_no_foreign_line() -> None:
    """A node's status, an agent's event."""
    beside = [{"node_status": {"state_change": "NODE_CONNECTED"}}, {"agent_event": {"type": 2}}]
    reading = read(line(), *map(dumped, beside)).reading
    assert (reading.other, reading.foreign) == (2, 0)
