"""Names as somebody types them."""

import pytest

from k8sharden.model.text import typeable, visible


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("prod-eu", "prod-eu"),
        (" prod [red] ", "prod [red]"),
        ("prod\x1b]0;x\x07", "prod<U+001B>]0;x<U+0007>"),
        ("a\nb", "a<U+000A>b"),
        ("x" * 150, "x" * 150),
        ("x" * 1_000_000, "x" * 40),
        ("\u202e" * 1_000_000, "<U+202E>" * 5),
        ("   ", "yes"),
        ("", "yes"),
    ],
)
def test_a_name_is_typed_as_it_is_shown(name: str, typed: str) -> None:
    """What keys can type is typed in full; of the rest the beginning, and never nothing."""
    assert typeable(name) == typed
    assert visible(typed) == typed
