"""Tests of what scalars mean: as kubectl has it, word for word."""

import json
import random
import subprocess
from typing import Any

import pytest

from k8sharden.export.yaml_values import read_values
from k8sharden.model.scalars import NotJson, is_plain_text, resolve, resolve_key
from tests.servers.binaries import Binaries, find

TABLE: list[tuple[str, Any]] = [
    ("", None), ("~", None), ("null", None), ("nUll", "nUll"),
    ("true", True), ("True", True), ("tRue", "tRue"), ("on", True), ("y", True), ("Off", False),
    ("0644", 420), ("0o14", 12), ("0O14", 12), ("0x1F", 31), ("-0x1f", -31), ("0b11", 3),
    ("08", 8), ("1_000", 1000), ("+1", 1), ("1e3", 1000), ("1.0", 1), ("1.", 1), (".5", 0.5),
    ("1.36", 1.36), ("v1.36", "v1.36"), ("1e400", "1e400"), (".1_0", 0.1), (".1_", ".1_"),
    ("9223372036854775807", 2**63 - 1), ("9223372036854775808", 9223372036854775808.0),
    ("18446744073709551616", 18446744073709551616.0), ("0b-1", -1),
    ("2001-12-14", "2001-12-14"), ("12:30:45", "12:30:45"), ("<<", "<<"), ("=", "="), ("--", "--"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), TABLE)
def test_a_plain_scalar_means_what_kubectl_takes_it_for(text: str, value: Any) -> None:
    """Words, numbers of every base, and what only looks like them."""
    assert json.dumps(resolve(text)) == json.dumps(value)


@pytest.mark.parametrize("text", [".inf", "-.Inf", ".NaN"])
def test_a_number_that_json_lacks_is_refused(text: str) -> None:
    """Infinity and not-a-number are refused, as by kubectl."""
    with pytest.raises(NotJson):
        resolve(text)
    assert not is_plain_text(text)


@pytest.mark.parametrize(
    ("text", "name"), [("a", "a"), ("1", "1"), ("0644", "420"), ("on", "true"), ("n", "false")]
)
def test_a_key_becomes_a_name(text: str, name: str) -> None:
    """A key that is a number or a boolean is written out as one."""
    assert resolve_key(text) == name


@pytest.mark.parametrize("text", ["", "~", "1.5"])
def test_a_key_that_is_null_or_a_fraction_is_refused(text: str) -> None:
    """The name of such a key would be a guess."""
    with pytest.raises(NotJson, match="quotes"):
        resolve_key(text)


def _words(count: int) -> list[str]:
    chooser = random.Random(20)  # noqa: S311 - a fixed sample, nothing secret
    parts = [*"01789+-._eExXoObBaF:nyTZ~", "inf", "Inf", "on", "null", "true"]
    words: list[str] = [text for text, _ in TABLE if text]
    while len(words) < count:
        word = "".join(chooser.choice(parts) for _ in range(chooser.randint(1, 6)))
        if word not in ("---", "-", ":") and not word.endswith(":"):
            words.append(word)
    return [word for word in words if _is_json(word)]


def _is_json(word: str) -> bool:
    try:
        resolve(word)
    except NotJson:
        return False
    return True


def _int64(digits: str) -> int | float:
    """Go writes large floats with all their digits."""
    return int(digits) if abs(int(digits)) < 2**63 else float(digits)


@pytest.fixture(scope="module")
def kubectl() -> str:
    """The path of kubectl, which needs no server for this."""
    found = find()
    if not isinstance(found, Binaries):
        pytest.skip(found)
    return str(found.path("kubectl"))


@pytest.mark.real
def test_kubectl_itself_agrees(kubectl: str) -> None:
    """Two thousand words, made of what numbers and booleans are made of, mean the same to both."""
    words = _words(2000)
    text = "apiVersion: example.com/v1\nkind: Words\nmetadata: {name: a}\nspec:\n"
    text += "".join(f"- {word}\n" for word in words)
    command = [kubectl, "annotate", "--local", "-f", "-", "a=b", "-o", "json"]
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=True)
    theirs = json.loads(done.stdout, parse_int=_int64)["spec"]
    ours = read_values(text)[0]["spec"]
    differences = [
        (word, one, other)
        for word, one, other in zip(words, ours, theirs, strict=True)
        if one != other or isinstance(one, bool) != isinstance(other, bool)
    ]
    assert differences == []
