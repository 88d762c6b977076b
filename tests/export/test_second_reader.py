"""The second reader: it notices what only a YAML 1.2 reader would see, and nothing else."""

from typing import Any

from k8sharden.export.second_reader import MOST, disagrees


def with_b(value: Any) -> Any:
    """Return the value with a field set to the text on."""
    return {**value, "b": "on"}


def test_the_same_edit_is_agreed_to() -> None:
    """A quoted string means the same to every reader."""
    assert not disagrees("a: 1\n", 'a: 1\nb: "on"\n', with_b)


def test_another_meaning_is_noticed() -> None:
    """A text that means something else, or nothing that can be read, is refused."""
    assert disagrees("a: 1\n", "a: 1\nb: off\n", with_b)
    assert disagrees("a: 1\n", "a: 1\nb: [\n", with_b)
    assert disagrees("a: 1\n", 'a: 2\nb: "on"\n', with_b)


def test_what_it_cannot_read_is_left_to_the_first_reader() -> None:
    """A text beyond the second reader, and one beyond its size, are no reason to refuse."""
    assert not disagrees("a: [\n", "whatever", with_b)
    assert not disagrees("a: 1\n" + "#" * MOST, "a: 1\n", with_b)
