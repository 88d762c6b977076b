"""Files of flows: packed, in folders, from stdin, torn, foreign, hostile."""

import gzip
import io
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.errors import Cancelled, InputError
from k8sharden.evidence.flows.read import read_flows
from k8sharden.evidence.flows.words import told_flows
from tests.evidence.flows.hubble import WEB, line, only, read

GOOD = line()


def test_packed_files_folders_and_stdin_are_read_together(tmp_path: Path) -> None:
    """JSON and tables, each file with columns of its own."""
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "a.json.gz").write_bytes(gzip.compress(GOOD * 3))
    (folder / "b.csv").write_text("port,source,destination\n80,shop/web-0,10.0.0.1\n")
    (folder / "c.csv").write_text("shop/web-0,10.0.0.1,80\n")
    (folder / "notes.md").write_text("shop/web-0,10.0.0.1,81\n")
    found = read_flows([str(folder), "-"], io.BytesIO(GOOD))
    assert [each.forwarded for each in found.flows] == [4, 2]
    assert len(found.reading.files) == 4


def test_a_packed_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    """What came before is used."""
    (tmp_path / "flows.json.gz").write_bytes(gzip.compress(GOOD * 2000)[:-20])
    found = read_flows([str(tmp_path / "flows.json.gz")], io.BytesIO())
    assert found.reading.broken == (str(tmp_path / "flows.json.gz"),)
    assert "Not read to the end" in " ".join(told_flows(found))


@pytest.mark.parametrize(
    "text", [b"", b"hello\n", b'{"kind":"Event"}\n', b"source,destination,port\n"]
)
def test_a_file_without_a_flow_is_refused(tmp_path: Path, text: bytes) -> None:
    """In a line that says what is wanted."""
    path = tmp_path / "flows.json"
    path.write_bytes(text)
    with pytest.raises(InputError, match="holds no connection that somebody observed"):
        read_flows([str(path)], io.BytesIO())


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    """Soon, and nothing was changed."""
    path = tmp_path / "flows.json"
    path.write_bytes(GOOD)
    with pytest.raises(Cancelled, match="Stopped while reading flows"):
        read_flows([str(path)], io.BytesIO(), cancelled=lambda: True)


@pytest.mark.parametrize(
    ("odd", "counted"),
    [
        (GOOD[:300] + b"\n", "malformed"),
        (GOOD[300:], "foreign"),
        (b"\xff\xfe{\x00\n", "malformed"),
        (b'{"flow":{"verdict":"FORWARDED"]}\n', "malformed"),
        (b'{"flow":' * 5000 + b"\n", "malformed"),
        (b'{\n  "flow": {\n' + GOOD, "malformed"),
        (b'{"level":"info","msg":"started"}\n', "foreign"),
        (b'{"kind":"Event","apiVersion":"audit.k8s.io/v1"}\n', "foreign"),
        (b'{"flow":{"IP":"10.0.0.1"}}\n', "foreign"),
        (b"[[1], 2]\n", "foreign"),
    ],
)
def test_odd_lines_are_counted_and_never_fatal(odd: bytes, counted: str) -> None:
    """Before and behind them everything is read."""
    found = read(GOOD, odd, GOOD)
    assert getattr(found.reading, counted) >= 1
    assert found.reading.flows >= 2
    assert "Other lines: " in told_flows(found)[1]


def test_whole_flows_in_torn_lines_are_saved() -> None:
    """Two on one line are two; one that tore another apart is whole, and the other is lost."""
    assert read(GOOD.strip() + GOOD).reading.malformed == 0
    assert only([GOOD.strip() + GOOD]).forwarded == 2
    torn = read(GOOD[:300] + GOOD.strip() + GOOD[300:])
    assert (torn.reading.flows, torn.reading.malformed) == (1, 1)


def test_names_of_a_megabyte_are_cut() -> None:
    """And no escape sequence of a file is printed."""
    end = WEB | {"namespace": "n" * 10**6, "pod_name": "\x1b[2J" * 10**5, "workloads": None}
    found = only([line(source=end)])
    assert len(found.source.namespace) == 253
    assert len(found.source.pod) == 253
    odd = read(line(node_name="a\x1b[2J", source=WEB | {"cluster_name": "\x1b[2J"}))
    assert "\x1b" not in " ".join((*told_flows(odd), *odd.blind))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=200)), st.integers(0, len(GOOD)), st.integers(1, 400))
def test_no_bytes_end_the_reading(parts: Iterable[bytes], cut: int, size: int) -> None:
    """However they are mixed, and in whatever pieces they come."""
    text = b"\n".join([GOOD[:cut], *parts, GOOD[cut:], b"", GOOD])
    whole = read(text)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert whole.reading.flows >= 1
    assert msgspec.to_builtins(read(b"".join(pieces))) == msgspec.to_builtins(whole)
