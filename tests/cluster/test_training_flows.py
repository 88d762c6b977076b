"""The training cluster's flows show what was written down by hand, and no attack."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from k8sharden.analysis.network.calls.observed import observed
from k8sharden.analysis.network.edges import End, EndKind
from k8sharden.cluster.training import flows
from k8sharden.evidence.flows.read import read_flow_chunks
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session

NOON, EVENING = 1_795_435_200.0, 1_795_460_000.0
TRUTH = yaml.safe_load((Path(__file__).parent / "edges.yaml").read_text())


@pytest.fixture(name="seen", scope="module")
def _seen(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, int, str]]:
    folder = tmp_path_factory.mktemp("state")
    session = Session(TrainingPlace(folder), folder)
    edges, _ = observed(session.read())
    session.close()
    return {(_said(e.source), _said(e.target), e.port, e.protocol) for e in edges}


def _said(end: End) -> str:
    outside = end.kind is EndKind.OUTSIDE and end.label != "anywhere"
    return f"outside {end.label.removesuffix('/32')}" if outside else end.label


def _key(edge: dict[str, Any]) -> tuple[str, str, int, str]:
    return edge["from"], edge["to"], edge["port"], edge.get("protocol", "TCP")


def test_what_only_flows_show_is_in_them(seen: set[tuple[str, str, int, str]]) -> None:
    """Each edge that was written down so; there are several."""
    only = {_key(each) for each in TRUTH["edges"] if each["seen"] == "flows"}
    assert len(only) > 5
    assert only <= seen


def test_flows_show_nothing_that_nobody_wrote_down(seen: set[tuple[str, str, int, str]]) -> None:
    """But for names, which everybody asks for: no attack, and not what was seen nowhere."""
    known = {_key(each) for each in TRUTH["edges"] if each["seen"] != "nowhere"}
    names = TRUTH["dns"]["server"], TRUTH["dns"]["port"]
    assert {each for each in seen if each[1:3] != names} <= known


def test_the_flows_are_those_of_the_day_before() -> None:
    """The same all day long, and each line is understood."""
    assert list(flows.lines(NOON)) == list(flows.lines(EVENING))
    read = read_flow_chunks(flows.lines(NOON), flows.NAME)
    reading = read.reading
    assert (reading.malformed, reading.foreign, reading.other, reading.dropped) == (0, 0, 0, 0)
    assert NOON - 36 * 3600 <= read.first < read.last < NOON - 12 * 3600
