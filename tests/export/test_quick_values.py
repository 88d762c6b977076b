"""The quick reader says what the careful one says, or nothing."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sharden.export.nodes import DEPTH, BadYaml, node_of
from k8sharden.export.quick_values import quick_value
from k8sharden.export.yaml_values import value_of
from tests.export.texts import texts


def careful(text: str) -> tuple[Any, int] | None:
    """Return the value and its line as the careful reader has them, None where it refuses."""
    try:
        node = node_of(text)
        return (value_of(node), node.line) if node else None
    except BadYaml:
        return None


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_manifest_in_any_style_means_the_same_to_both(data: st.DataObject) -> None:
    """Blocks, flow, quotes, comments and odd words."""
    _, text = data.draw(texts())
    quick = quick_value(text)
    assert quick is None or repr(quick) == repr(careful(text))


@given(st.text("ab:#-'\" \\{}[],&*!|>%@`é1.0_\n", max_size=40))
def test_any_text_means_the_same_to_both(text: str) -> None:
    """What one takes for a mapping is the same mapping to the other."""
    quick = quick_value(text)
    assert quick is None or repr(quick) == repr(careful(text))


def test_a_plain_manifest_is_read_at_once() -> None:
    """Numbers, truths, quotes and blocks are all plain; the line is that of the first field."""
    text = "# a comment\n\nkind: Pod\nspec: {replicas: 1, on: yes, 'a b': \"0644\"}\nt: |\n  x\n"
    assert quick_value(text) == (
        {"kind": "Pod", "spec": {"replicas": 1, "true": True, "a b": "0644"}, "t": "x\n"},
        2,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "- a\n",
        "word\n",
        '{"a": 1}',
        "a: &x 1\n",
        "&x a: 1\n",
        "a: &x {b: 1}\nc: *x\n",
        "*x : 1\n",
        "a: !!int '1'\n",
        "!!str a: 1\n",
        "&x\na: 1\n",
        "!x\na: 1\n",
        "a: {<<: {b: 1}}\n",
        "a: 1\na: 2\n",
        "1: x\n0x1: y\n",
        "a: .inf\n",
        "1.5: x\n",
        "? [a]\n: 1\n",
        "a: [\n",
        "a: \x07\n",
        "a: 1\n...\nb: 2\n",
        "a: " + "[" * DEPTH + "]" * DEPTH,
    ],
)
def test_what_is_not_plain_is_left_to_the_careful_reader(text: str) -> None:
    """It knows the rules for each, and the sentence for what is refused."""
    assert quick_value(text) is None


def test_a_depth_that_is_allowed_is_read() -> None:
    """The limit is the same for both."""
    text = "a: " + "[" * (DEPTH - 1) + "]" * (DEPTH - 1)
    assert quick_value(text) == careful(text)
    assert quick_value(text)
