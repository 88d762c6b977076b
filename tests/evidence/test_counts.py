"""What is kept of a log has bounds, and says where they were met."""

import pytest

from k8sharden.evidence import counts
from k8sharden.evidence.counts import NAMES, PATHS, Counts
from k8sharden.evidence.meaning import Asked
from k8sharden.evidence.read import read_chunks
from k8sharden.model.usage import Usage, Use
from tests.evidence.events import about, line


def count(*asked: Asked) -> tuple[Use, ...]:
    """Count requests that were allowed."""
    kept = Counts()
    for number, each in enumerate(asked, start=1):
        kept.add(each, float(number), allowed=True, begun=False)
    return tuple(kept.uses())


def test_beyond_a_number_of_names_none_is_kept() -> None:
    """Their counts and times become those of one, in whatever order they came."""
    many = [Asked("ada", "get", "", "pods", "shop", f"web-{n}") for n in range(NAMES + 50)]
    (use,) = count(*many)
    assert (use.name, use.allowed, use.first, use.last) == ("", NAMES + 50, 1.0, NAMES + 50.0)
    assert len(count(*many[:NAMES])) == NAMES
    backwards = count(*reversed(many))
    assert [(each.name, each.allowed) for each in backwards] == [("", NAMES + 50)]


def test_urls_are_kept_up_to_a_number() -> None:
    """They are not put into one, which would stand for any URL."""
    kept = Counts()
    for number in range(PATHS + 5):
        kept.add(Asked("x", "get", path=f"/{number}"), 1.0, allowed=False, begun=False)
    assert len(list(kept.uses())) == PATHS
    assert kept.dropped == 5


def test_kinds_and_names_of_all_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile log names new users and namespaces for ever."""
    monkeypatch.setattr(counts, "KINDS", 10)
    monkeypatch.setattr(counts, "COUNTS", 30)
    kept = Counts()
    for user in range(40):
        for name in range(5):
            asked = Asked(f"u{user}", "get", "", "pods", "", f"n{name}")
            kept.add(asked, 1.0, allowed=True, begun=False)
    uses = list(kept.uses())
    assert len({use.user for use in uses}) == 10
    assert len(uses) <= 30 + 10
    assert sum(use.allowed for use in uses) == 50
    assert kept.dropped == 150


def test_denied_requests_do_not_crowd_out_what_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may ask for names and namespaces that are not there, for ever."""
    monkeypatch.setattr(counts, "KINDS", 10)
    monkeypatch.setattr(counts, "COUNTS", 30)
    kept = Counts()
    for number in range(200):
        asked = Asked("system:anonymous", "get", "", "pods", f"n{number % 20}", f"p{number}")
        kept.add(asked, 1.0, allowed=False, begun=False)
    used = [Asked("ada", "get", "", "secrets", f"team-{n}", "key") for n in range(4)]
    for asked in used:
        kept.add(asked, 1.0, allowed=True, begun=False)
    allowed = [(each.namespace, each.name) for each in kept.uses() if each.allowed]
    assert allowed == [(asked.namespace, "key") for asked in used]


def test_words_that_are_too_long_are_dropped() -> None:
    """Nothing in Kubernetes is called so."""
    assert not count(Asked("x" * 1001, "get"), Asked("x", "get", "", "pods", "", "n" * 1001))


def test_the_bounds_that_were_met_are_told() -> None:
    """Among what the log cannot show."""
    usage = _pods(NAMES + 1)
    assert usage.uses[0].name == ""
    assert any("1 kinds of requests there were too many names" in each for each in usage.blind)
    assert not any("too many names" in each for each in _pods(3).blind)
    long = read_chunks([line(verb="x" * 2000)], "test")
    assert long.reading.dropped == 1
    assert any("1 requests were too long" in each for each in long.blind)


def _pods(number: int) -> Usage:
    found = (line(objectRef=about("pods", namespace="a", name=f"p{n}")) for n in range(number))
    return read_chunks([b"".join(found)], "test")
