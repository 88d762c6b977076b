"""Tests of documents read as values, and of the bounds that hold against hostile ones."""

import json
import subprocess
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sharden.export.documents import split
from k8sharden.export.nodes import BadYaml
from k8sharden.export.yaml_values import read_values
from k8sharden.model.render import render
from tests.model.test_scalars import kubectl as kubectl  # noqa: PLC0414 - a fixture


def one(text: str) -> Any:
    """The value of a text's single document."""
    (value,) = read_values(text)
    return value


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: |\n  x\n  y\n\nb: 1\n", {"a": "x\ny\n", "b": 1}),
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1}\nc: {<<: *x, b: 2}\n", {"a": {"b": 1}, "c": {"b": 2}}),
        # go-yaml merges where the key stands; by the YAML specification 2 would win.
        ("a: &x {b: 1}\nc: {b: 2, <<: *x}\n", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: {<<: [{b: 1}, {b: 2}]}\n", {"a": {"b": 1}}),
        ("a: {'<<': 1}\n", {"a": {"<<": 1}}),
        ("a: !!str 12\nb: !!int '12'\nc: !!binary aGk=\nd: !other 1\n",
         {"a": "12", "b": 12, "c": "hi", "d": "1"}),
        ("a: ! 12\n", {"a": "12"}),
        ("on: 1\n0x10: 2\n", {"true": 1, "16": 2}),
        ("\ufeffa: 1\r\nb: 'x'\r\n", {"a": 1, "b": "x"}),
        ('{"a": "\\ud83d\\ude00\\/", "b": 1e3, "c": 18446744073709551616}',
         {"a": "😀/", "b": 1000, "c": 18446744073709551616.0}),
        ('{\n\t"a": [1, {}, []]\n}', {"a": [1, {}, []]}),
        ("{a: b, c: [d]}", {"a": "b", "c": ["d"]}),
        ("# nothing\n", None),
    ],
)  # fmt: skip
def test_a_document_means_what_kubectl_takes_it_for(text: str, value: Any) -> None:
    """Merge keys, tags, block scalars, JSON and the rest of what manifests hold."""
    assert one(text) == value


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [\n", 2, "broken YAML"),
        ("a: 1\nb:\n\t- c\n", 2, "broken YAML"),
        ("a: 1\nb: 2\na: 3\n", 2, "'a' is there twice .first 2 lines above"),
        ("a: 1\na: 3\n", 1, "'a' is there twice .first 1 line above"),
        ('{"a": 1,\n"a": 2}', 1, "there twice"),
        ('{"a": 1,\n"b" 2}', 1, "broken JSON"),
        ("a: 1\nb: .inf\n", 1, "infinite"),
        ("a: 1\n? [b]\n: c\n", 1, "not a plain word"),
        ("a: 1\nb: {{ .Values.x }}\n", 1, "not a plain word"),
        ("a: 1\nb: *nowhere\n", 1, "an anchor that is not there"),
        ("a: &a [*a]\n", 0, "holds itself"),
        ("a: {<<: 1}\n", 0, "wants a mapping"),
        ("a: !!binary gICA\n", 0, "holds no text"),
        ("a: \x07\n", 0, "broken YAML"),
        ("a: 1\n...\nb: 2\n", 2, "broken YAML"),
        ("a: 1\n--- {b: 2}\n", 1, "only a comment may follow"),
        ("a: 1\n---\nb: 1\nc: [\n", 4, "broken YAML"),
        ("a: " + "[" * 300 + "]" * 300, 0, "nested deeper"),
        ('{"a": ' + "[" * 5000 + "]" * 5000 + "}", 0, "nested deeper"),
        (BOMB, 5, "aliases make more"),
    ],
)
def test_what_cannot_be_read_says_why_and_where(text: str, line: int, words: str) -> None:
    """Broken, ambiguous, hostile: each has its reason and its line."""
    with pytest.raises(BadYaml, match=words) as caught:
        read_values(text)
    assert caught.value.line == line


def test_a_bomb_costs_no_time() -> None:
    """Nine levels of nine aliases, a billion values, are refused in well under a second."""
    started = time.perf_counter()
    with pytest.raises(BadYaml):
        read_values(BOMB)
    assert time.perf_counter() - started < 1


def test_aliases_give_separate_values() -> None:
    """An edit of one value can never change its twin."""
    value = one("a: &x {b: 1}\nc: *x\n")
    value["a"]["b"] = 2
    assert value["c"] == {"b": 1}


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("a: 1\n---\nb: 2\n", ["a: 1\n", "b: 2\n"]),
        ("---\na: 1\n--- # next\r\nb: 2", ["", "a: 1\n", "b: 2"]),
        ("a: |\n  ---\n  x\n", ["a: |\n  ---\n  x\n"]),
        ("a: 1\n---", ["a: 1\n", ""]),
        ('{"a": 1}\n{"b": 2}\n', ['{"a": 1}', '{"b": 2}']),
        ('{"a": 1}\n---\n{"b": 2}\n', ['{"a": 1}\n', '{"b": 2}\n']),
        ("", [""]),
    ],
)
def test_documents_are_cut_where_kubectl_cuts_them(text: str, texts: list[str]) -> None:
    """At lines that start with ---, and between JSON objects, with places that fit the file."""
    documents = split(text)
    assert [document.text for document in documents] == texts
    assert all(text[each.start : each.end] == each.text for each in documents)
    assert all(each.lines_before == text.count("\n", 0, each.start) for each in documents)


TEXTS = st.one_of(
    st.text(max_size=20),
    st.text("01789+-._eExXoObByYnN~:# ", max_size=6),
    st.sampled_from(["on", "0644", "1.36", "v1.36", "true", "null", "---", "a\nb\n", " a\n", "<<"]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_rendered_is_read_back_the_same(value: Any) -> None:
    """Any JSON value survives: words, numbers and odd characters inside strings are quoted."""
    manifest = {"spec": value}
    assert json.dumps(one(render(manifest))) == json.dumps(manifest)


@pytest.mark.real
def test_kubectl_reads_back_what_is_rendered(kubectl: str) -> None:
    """What we write without quotes is text to kubectl too."""
    words = ["on", "0644", "1.36", "v1.36", "y", "~", ".5", "+.5", "0o7", "a: b", "a #b", "é\u2028"]
    spec = {"words": words, "block": "a\n  b\n\n", **dict.fromkeys(words, 1)}
    manifest = {"apiVersion": "e.x/v1", "kind": "W", "metadata": {"name": "a"}, "spec": spec}
    command = [kubectl, "annotate", "--local", "-f", "-", "a=b", "-o", "json"]
    done = subprocess.run(
        command, input=render(manifest), text=True, capture_output=True, check=True
    )
    assert json.loads(done.stdout)["spec"] == spec
