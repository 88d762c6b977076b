"""What a log cannot show is said in words."""

import pytest

from k8sharden.evidence.blind import span
from k8sharden.evidence.read import read_chunks
from tests.evidence.events import about, at, line

FORBID = {"authorization.k8s.io/decision": "forbid"}


def blind(*lines: bytes) -> str:
    """Return all sentences on a log."""
    return " ".join(read_chunks([b"".join(lines)], "test").blind)


def test_the_window_is_named_with_its_length() -> None:
    """In days, hours or minutes, in UTC: a log of one request is not called an hour's."""
    said = blind(line(stageTimestamp=at(8)), line(stageTimestamp=at(8, day=19)))
    assert "covers 2026-11-16 08:00 to 2026-11-19 08:00 UTC, 3 days" in said
    assert "UTC, less than 2 minutes" in blind(line(stageTimestamp=at(8)))
    assert "how long the log is cannot be told" in blind(
        line(stageTimestamp="?", requestReceivedTimestamp=None)
    )
    assert span(0, 47 * 3600).endswith("47 hours")
    assert span(0, 119 * 60).endswith("119 minutes")


def test_gaps_of_more_than_a_day_are_named() -> None:
    """And not those of a night."""
    said = blind(*(line(stageTimestamp=at(8, day=day)) for day in (16, 17, 20)))
    assert said.count("Nothing was logged from") == 1
    assert "from 2026-11-17 09:00 to 2026-11-20 08:00" in said


@pytest.mark.parametrize("verb", ["get", "list"])
def test_a_log_without_reads_says_nothing_of_rights_to_read(verb: str) -> None:
    """Policies and exports leave them out, since they are many."""
    assert "not one get or list" in blind(line(verb="patch"))
    assert "not one get or list" not in blind(line(verb="patch"), line(verb=verb))


def test_neither_a_watch_nor_a_url_shows_that_reads_are_logged() -> None:
    """An export without get and list may keep watches, and probes of health are no objects."""
    health = line(verb="get", objectRef=None, requestURI="/healthz")
    assert "not one get or list" in blind(line(verb="watch"), health)


def test_what_was_not_kept_comes_before_what_is_so_of_every_log() -> None:
    """A change has room for two of these sentences only."""
    long = about("pods", namespace="shop", name="x" * 2000)
    said = blind(line(), line(objectRef=long))
    assert said.index("were too long") < said.index("level None")


def test_who_was_only_ever_denied_is_named() -> None:
    """Nothing shows what they need; names are made safe to show."""
    odd = {"username": "mallory\x1b[2J", "groups": []}
    said = blind(line(), line(user=odd, annotations=FORBID))
    assert "Only ever denied, so that nothing shows what they need: mallory<U+001B>[2J." in said
    assert "Only ever denied" not in blind(line(), line(annotations=FORBID))


def test_rights_that_no_event_shows_are_named() -> None:
    """Who writes a binding may have needed bind, which the API server asked itself."""
    role = about("roles", apiGroup="rbac.authorization.k8s.io", namespace="shop", name="r")
    assert "bind, escalate" in blind(line(verb="update", objectRef=role))
    assert "bind, escalate" not in blind(line(objectRef=role))


def test_one_api_server_of_several_keeps_a_log_of_its_own() -> None:
    """And what a policy leaves out shows nowhere."""
    said = blind(line())
    assert "Each API server keeps a log of its own" in said
    assert "level None" in said


def test_a_log_without_answers_decides_nothing() -> None:
    """A policy that omits the last stage leaves nothing to count."""
    assert "No event says how a request was decided" in blind(line(stage="RequestReceived"))
