"""Where the documents of a file begin and end: at the same lines as for kubectl.

kubectl cuts a YAML stream at every line that starts with ``---`` before it parses anything, and
allows only a comment behind that. Source: ``YAMLReader`` of k8s.io/apimachinery.
"""

import functools
import json
import re
from collections.abc import Iterator

import msgspec

from k8sharden.export.nodes import BadYaml

_SEPARATOR = re.compile(r"^---(.*)$", re.MULTILINE)
_SOMETHING = re.compile(r"\S")
_JSON_START = re.compile(r"\s*\{")


class Document(msgspec.Struct, frozen=True):
    """One document: its span in the file's text, and the number of lines before it."""

    text: str
    start: int
    lines_before: int

    @property
    def end(self) -> int:
        """Where the document ends in the file's text."""
        return self.start + len(self.text)


@functools.lru_cache(maxsize=2)  # a file that is edited object by object is cut once
def split(text: str) -> tuple[Document, ...]:
    """Cut a file into its documents, those that hold nothing included.

    A stream of JSON objects, one after the other without separators, is cut between them. Raises
    `BadYaml` for a separator with something behind it.
    """
    spans = _json_stream(text) if _JSON_START.match(text) else []
    return tuple(_documents(text, spans or list(_spans(text))))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 1 if text.startswith("\ufeff") else 0
    for found in _SEPARATOR.finditer(text):
        rest = found[1].strip()
        if rest and not rest.startswith("#"):
            line = text.count("\n", 0, found.start())
            raise BadYaml("only a comment may follow the separator --- on its line", line)
        yield start, found.start()
        start = min(found.end() + 1, len(text))
    yield start, len(text)


def _json_stream(text: str) -> list[tuple[int, int]]:
    """Return the spans of two or more JSON objects in a row; none where it is anything else."""
    decoder = json.JSONDecoder()
    spans = []
    end = 0
    while found := _SOMETHING.search(text, end):
        start = found.start()
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return []
        spans.append((start, end))
    return spans if len(spans) > 1 else []


def _documents(text: str, spans: list[tuple[int, int]]) -> Iterator[Document]:
    lines, seen = 0, 0
    for start, end in spans:
        lines += text.count("\n", seen, start)
        seen = start
        yield Document(text[start:end], start, lines)
