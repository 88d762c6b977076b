"""Classes of ports: what the same rules name is one class, and has words."""

import pytest

from k8sharden.analysis.network.port_classes import PortClasses, Span

WEB, HIGH, DNS = Span("TCP", 80, 80), Span("TCP", 8000, 8999), Span("UDP", 53, 53)


def test_ports_that_no_rule_names_are_one_class() -> None:
    """Whatever the protocol: so without rules all ports there are share one."""
    assert len(PortClasses([])) == 1
    known = PortClasses([WEB, DNS])
    assert len(known) == 3
    unnamed = {known.holding(*each) for each in (("TCP", 1), ("UDP", 80), ("SCTP", 65_535))}
    assert len(unnamed) == 1


def test_spans_that_overlap_are_cut_where_either_ends() -> None:
    """A port within a range is apart from the rest of the range, and belongs to both spans."""
    inner = Span("TCP", 8080, 8080)
    known = PortClasses([HIGH, inner])
    assert known.of(inner) < known.of(HIGH)
    assert known.holding("TCP", 8079) == known.holding("TCP", 8081)
    assert known.holding("TCP", 7999) == known.holding("TCP", 9000)
    assert len(known) == 3


def test_a_sample_is_in_its_class() -> None:
    """Each class hands out a port by which it can be asked about."""
    known = PortClasses([WEB, HIGH, DNS])
    assert [known.holding(*known.sample(n)) for n in range(len(known))] == list(range(len(known)))


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ([WEB], ("TCP 80",)),
        ([HIGH, DNS], ("TCP 8000-8999", "UDP 53")),
        ([Span("UDP", 1, 65_535)], ("UDP any",)),
        ([], ()),
    ],
)
def test_ports_have_words(chosen: list[Span], words: tuple[str, ...]) -> None:
    """A port, a range, all of a protocol; neighbours are joined again."""
    known = PortClasses([WEB, HIGH, DNS, Span("UDP", 1, 65_535), Span("TCP", 8080, 8080)])
    assert known.labels(n for span in chosen for n in known.of(span)) == words


def test_nearly_all_ports_are_said_by_those_that_lack() -> None:
    """Whoever reads ``any but TCP 80`` need not add up ranges."""
    known = PortClasses([WEB])
    every = set(range(len(known)))
    assert known.labels(every) == ("any",)
    assert known.labels(every - known.of(WEB)) == ("any but TCP 80",)


@pytest.mark.parametrize(
    "span", [Span("TCP", 0, 0), Span("TCP", 9, 8), Span("TCP", 70_000, 70_001), Span("tcp", 80, 80)]
)
def test_spans_that_hold_no_port_tell_nothing_apart(span: Span) -> None:
    """Port 0, a range that ends before it begins, what is above all ports, no protocol."""
    known = PortClasses([span])
    assert len(known) == 1
    assert known.of(span) == frozenset()
