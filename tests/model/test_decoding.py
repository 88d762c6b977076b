"""Decoding is safe from any thread, also when a type is met for the first time."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from k8sharden.model.decoding import convert, decode, decoder

_RACE = """
import sys, threading
import msgspec
from k8sharden.model.decoding import convert, decode

sys.setswitchinterval(1e-6)  # threads change places as often as they can


def both(type_, go):
    go.wait()
    decode(b'{"inner": [{"name": "a"}]}', type_)
    convert({"inner": [{"name": "a"}]}, type_)


for _ in range(150):
    inner = msgspec.defstruct("Inner", [("name", "str"), ("port", "int | None", None)])
    outer = msgspec.defstruct("Outer", [("inner", list[inner]), ("by", dict[str, inner], {})])
    go = threading.Barrier(4)
    threads = [threading.Thread(target=both, args=(outer, go)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
print("decoded")
"""


class _Named(msgspec.Struct):
    name: str


def test_threads_that_meet_a_type_together_do_not_crash() -> None:
    """The interpreter crashes in nine of ten such races where types are not learnt in turns."""
    done = subprocess.run(
        [sys.executable, "-c", _RACE],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "decoded\n"), done.stderr


def test_a_decoder_is_made_once() -> None:
    """Learning a type takes longer than decoding a small text of it."""
    assert decoder(_Named) is decoder(_Named)
    assert decode(b'{"name": "a"}', _Named) == convert({"name": "a"}, _Named)


def test_what_does_not_fit_is_refused() -> None:
    """The error names the field, as msgspec's does."""
    with pytest.raises(msgspec.ValidationError, match="name"):
        decode(b"{}", _Named)
    with pytest.raises(msgspec.ValidationError, match="name"):
        convert({"name": 3}, _Named)
