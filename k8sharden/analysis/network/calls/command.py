"""Command lines: their words, and the flags among them with their values."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from k8sharden.model.pods import Container

_BLANK = re.compile(r"\s+")
_MOST = 2_000


def words(container: Container) -> list[str]:
    """Return the words of a container's command line; those of a shell's command one by one."""
    given = [*(container.command or ()), *(container.args or ())]
    return [word for text in given for word in _BLANK.split(text)[:_MOST] if word][:_MOST]


def flags(given: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each flag without its dashes, and the value that is written behind it or follows it.

    A word that follows no flag comes with an empty name.
    """
    before = ""
    for word, after in pairwise([*given, "-"]):
        name, sign, value = word.partition("=")
        if word.startswith("-"):
            follows = "" if after.startswith("-") else after
            yield name.strip("-"), value if sign else follows
            before = "" if sign else word
        elif sign and "/" not in name and ":" not in name:
            yield name, value
        elif not before:
            yield "", word
        if not word.startswith("-"):
            before = ""
