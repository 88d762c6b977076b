"""Lines that are no events: counted, reported, never fatal; what is whole beside them is read."""

import json
import random
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.evidence.lines import lines
from k8sharden.evidence.read import read_chunks
from k8sharden.evidence.words import oddities, told
from k8sharden.model.usage import Reading, Usage
from tests.evidence.events import event, line

GOOD = line()


def reading(*parts: bytes) -> Reading:
    """Read these bytes, and say how it went."""
    return read_chunks([b"".join(parts)], "test").reading


@pytest.mark.parametrize(
    ("odd", "counted"),
    [
        (b"I1116 08:00:00.000000       1 trace.go:236] Trace[1]: List\n", "malformed"),
        (b"\xff\xfe{\x00\n", "malformed"),
        (b'{"kind":"Event"]}\n', "malformed"),
        (b"}\n", "truncated"),
        (GOOD[:300] + b"\n", "truncated"),
        (GOOD[300:], "truncated"),
        (b'{"level":"info","msg":"started"}\n', "foreign"),
        (b'{"user":"ada","verb":7}\n', "foreign"),
        (b'[{"a":1}]\n', "foreign"),
        (GOOD.strip() + GOOD, "interleaved"),
        (GOOD[:300] + GOOD.strip() + GOOD[300:], "interleaved"),
        (GOOD[:300] + GOOD, "interleaved"),
        (b'{\n  "kind": "Event",\n' + GOOD, "truncated"),
    ],
)
def test_odd_lines_are_counted_as_what_they_are(odd: bytes, counted: str) -> None:
    """Before and behind them everything is read."""
    said = reading(GOOD, odd, GOOD)
    assert getattr(said, counted) == 1
    others = {"malformed", "truncated", "foreign", "interleaved", "oversized"} - {counted}
    assert not any(getattr(said, each) for each in others)
    assert said.events >= 2
    assert oddities(said).startswith("Odd lines: 1 ")


def test_whole_events_in_torn_lines_are_saved() -> None:
    """Two on one line are two; one that tore another apart is whole, and the other is lost."""
    assert reading(GOOD.strip() + GOOD).events == 2
    assert reading(GOOD[:300] + GOOD.strip() + GOOD[300:]).events == 1


def test_the_words_of_a_client_are_no_event() -> None:
    """What looks like an event inside of a string has a backslash before each quote."""
    forged = json.dumps(event(verb="delete"))
    assert {use.verb for use in _usage(line(userAgent=forged)).uses} == {"get"}
    torn = line(userAgent=forged)[:-40] + b"\n"
    assert not _usage(torn).uses


def _usage(*parts: bytes) -> Usage:
    return read_chunks([b"".join(parts)], "test")


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        b"\0" * 4096 + GOOD,
        GOOD.strip() + b"\0\0\n",
        b"\n\n  " + GOOD + b"\t\n",
        GOOD.strip(),
    ],
)
def test_what_surrounds_a_line_does_not_matter(text: bytes) -> None:
    """A byte-order mark, the line ends of Windows, the zeros of a crash, blanks, no line end."""
    said = reading(text)
    assert (said.events, oddities(said)) == (1, "")


def test_a_line_beyond_all_bounds_is_left_out() -> None:
    """Its bytes are not kept, and the line behind it is read."""
    found = list(lines(iter([b"x" * 700, b"x" * 700 + b"\n" + b"good\n"]), longest=1000))
    assert found == [None, b"good"]
    assert list(lines([b"x" * 1200 + b"\nok"], longest=1000)) == [None, b"ok"]
    assert list(lines([b'{"a":1}{"b":2}{"c":' + b"3" * 5], longest=12)) == [
        b'{"a":1}{"b":2}',
        b'{"c":33333',
    ]


def test_deep_json_is_odd_and_no_more() -> None:
    """It does not end the program."""
    deep = b"[" * 100_000 + b"]" * 100_000 + b"\n"
    inside = b'{"message":' + b"[" * 100_000 + b"\n"
    said = reading(deep, inside, b'{"user":' + deep.strip() + b"}\n", GOOD)
    assert said.events == 1
    assert said.malformed + said.truncated + said.foreign == 3


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from(
                [GOOD, GOOD[:77], b"{", b"[", b"}", b"]", b"\n", b'{"items":', b'"', b","]
            ),
        ),
        max_size=12,
    )
)
def test_any_bytes_are_read(parts: list[bytes]) -> None:
    """Nothing that a file may hold ends the reading."""
    usage = read_chunks(parts, "test")
    assert usage.reading.events >= 0
    assert told(usage)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["get", "list", "watch", "create", "patch"]),
            st.sampled_from(["RequestReceived", "ResponseStarted", "ResponseComplete"]),
            st.sampled_from([200, 201, 403, 404]),
            st.integers(0, 5),
        ),
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_order_and_files_do_not_matter(
    asked: list[tuple[str, str, int, int]], chance: random.Random
) -> None:
    """Cut into files at the ends of lines, and in any order, a log shows the same."""
    whole = [
        line(
            verb=verb,
            stage=stage,
            annotations=None,
            responseStatus={"code": code},
            stageTimestamp=f"2026-11-16T08:00:0{second}.000000Z",
        )
        for verb, stage, code, second in asked
    ]
    shuffled = chance.sample(whole, len(whole))
    assert _shown([b"".join(whole)]) == _shown([b"".join(shuffled)])
    # However the bytes arrive, too.
    text, at = b"".join(whole), chance.randint(0, sum(map(len, whole)))
    assert _shown([text]) == _shown([text[:at], text[at:]])


def _shown(chunks: Iterable[bytes]) -> Usage:
    return msgspec.structs.replace(read_chunks(chunks, "test"), blind=())
