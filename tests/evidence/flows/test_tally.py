"""What is kept of flows, whatever a file holds."""

import sys
from pathlib import Path

import pytest

from benchmarks.audit_log import reading
from benchmarks.flow_lines import KINDS, write
from benchmarks.flows import READ_FLOWS
from k8sharden.evidence.flows import tally
from k8sharden.model.flows import FlowEnd
from tests.evidence.flows.hubble import WEB, WORLD, line, read, tcp

MOST = 200
"""Megabytes."""
FAST = 60
"""Seconds for a million lines, on whatever runs the tests, beside other tests."""


def callers(count: int) -> list[bytes]:
    """Lines of so many callers from outside, each from an address of its own."""
    ends = [
        {"source": f"198.51.{n >> 8}.{n & 255}", "destination": "10.0.0.1"} for n in range(count)
    ]
    return [line(IP=each, source=WORLD, destination=WEB) for each in ends]


def test_many_addresses_become_one_end() -> None:
    """With all that was counted; no more than so many are kept."""
    few = read(*callers(tally.ADDRESSES)).flows
    assert len(few) == tally.ADDRESSES
    assert all(each.source.address for each in few)
    many = read(*callers(tally.ADDRESSES + 7))
    (one,) = many.flows
    assert one.source == FlowEnd(identity="world")
    assert one.forwarded == tally.ADDRESSES + 7
    assert any("more than 500 addresses" in said for said in many.blind)


def test_many_addresses_that_are_called_become_one_end() -> None:
    """A crawler's too; those of another host stay."""
    calls = b"".join(b"shop/web-0,198.51.%d.%d,443\n" % (n >> 8, n & 255) for n in range(600))
    found = read(calls, b"shop/web-0,api.stripe.com,443\n").flows
    assert [(each.target.address, each.target.host) for each in found] == [
        ("", ""),
        ("", "api.stripe.com"),
    ]


def test_who_looks_for_open_ports_takes_no_room_from_others() -> None:
    """What is beyond is counted as not kept; what was dropped gets half of the room."""
    lines = [line(l4=tcp(port, SYN=True)) for port in range(1, 1001)]
    found = read(*lines, line(l4=tcp(5432), source=WORLD))
    assert len(found.flows) == tally.PORTS + 1
    assert found.reading.dropped == 1000 - tally.PORTS
    assert any("800 flows were not kept" in said for said in found.blind)
    denied = [line(l4=tcp(port, SYN=True), verdict="DROPPED") for port in range(1, 1001)]
    assert len(read(*denied).flows) == tally.PORTS // 2


def test_paths_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands the first few are kept."""
    monkeypatch.setattr(tally, "PATHS", 3)
    words = ("cart", "menu", "login", "logout", "search")
    lines = [line(l7={"type": "REQUEST", "http": {"url": f"/{word}"}}) for word in words]
    (found,) = read(*lines).flows
    assert found.paths == ("/cart", "/login", "/menu")


def test_kinds_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there before goes on being counted."""
    monkeypatch.setattr(tally, "KINDS", 10)
    rows = [b"shop/web-%d,payments/ledger-0,80\n" % number for number in range(50)]
    found = read(*rows, *rows)
    assert len(found.flows) == 10
    assert sum(each.forwarded for each in found.flows) == 20
    assert found.reading.dropped == 80


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lines", [30_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_million_lines_take_seconds_and_little_memory(
    tmp_path: Path, kind: str, lines: int
) -> None:
    """Of a busy cluster, of the whole world, of a search for ports, of addresses at random."""
    path = tmp_path / "flows.json"
    write(path, kind, lines)
    run, memory = reading(path, READ_FLOWS)
    assert memory < MOST
    assert run.cpu < FAST
