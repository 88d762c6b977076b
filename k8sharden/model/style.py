"""Values written as text: block YAML, flow YAML or JSON, in the style of what stands around them.

What is written without quotes is text to kubectl and to every reader of YAML 1.1 and 1.2.
"""

import json
import re
from typing import Any

import msgspec

from k8sharden.model import scalars

# The cautious middle of what YAML allows without quotes.
_PLAIN = re.compile(r"(?:[^\W_]|[_/.$^(<=~+]|-(?=[^\s-])|--+(?=[^\s-]))[^#\"'`{}\[\],&*!|>%@\\\t]*")
_NUMBER_LIKE = re.compile(r"[-+.0-9][-+.:_0-9eExXoObBtTzZ ]*")
_WORDS = frozenset({"=", "<<", "~", "-", "--", "---", "...", "+", "."})


class Style(msgspec.Struct, frozen=True):
    """How a document is written.

    ``step`` is the indentation of a mapping inside a mapping, ``dash`` that of a list's dashes
    behind their key, in columns. ``unit`` is one level of JSON, empty for JSON on one line, and
    ``colon`` and ``comma`` are its separators. ``literal`` allows block scalars: at the end of a
    text without a last newline they would lose theirs.
    """

    newline: str = "\n"
    step: int = 2
    dash: int = 0
    json: bool = False
    unit: str = ""
    colon: str = ": "
    comma: str = ", "
    literal: bool = True


def block(value: Any, style: Style) -> tuple[str, list[str]]:
    """Return what stands behind the key of a value, and the lines below, not yet indented."""
    if isinstance(value, dict) and value:
        return "", [line for key, item in value.items() for line in _entry(key, item, style)]
    if isinstance(value, list) and value:
        return "", [line for item in value for line in element(item, style)]
    if style.literal and isinstance(value, str) and "\n" in value and _fits_literal(value):
        return _literal(value)
    return flow(value, style) if isinstance(value, dict | list) else scalar(value), []


def _entry(key: str, value: Any, style: Style) -> list[str]:
    head, lines = block(value, style)
    depth = style.dash if isinstance(value, list) else style.step
    return [f"{scalar(key)}: {head}".rstrip(), *indented(lines, depth)]


def element(value: Any, style: Style) -> list[str]:
    """Return the lines of a list's element, from its dash."""
    head, lines = block(value, style)
    if head:
        return [f"- {head}", *indented(lines, 2)]
    return [f"- {lines[0]}", *indented(lines[1:], 2)]


def entry(key: str, value: Any, style: Style) -> list[str]:
    """Return the lines of a mapping's entry."""
    return _entry(key, value, style)


def indented(lines: list[str], columns: int) -> list[str]:
    """Indent what is not empty."""
    return [" " * columns + line if line else line for line in lines]


def _fits_literal(text: str) -> bool:
    """Whether a literal block scalar holds the text as it is, whatever editors do to blanks."""
    lines = text.split("\n")
    # Several line breaks at its end would be one with the blank lines that stand below.
    return (
        not text.startswith(("\n", " ", "\t"))
        and not text.endswith("\n\n")
        and all(line == line.rstrip() and line.replace("\t", " ").isprintable() for line in lines)
    )


def _literal(text: str) -> tuple[str, list[str]]:
    return "|" if text.endswith("\n") else "|-", text.removesuffix("\n").split("\n")


def flow(value: Any, style: Style, depth: str = "") -> str:
    """Return a value as flow YAML on one line, or as JSON whose lines start with ``depth``."""
    if style.json:
        return _json(value, style, depth)
    if isinstance(value, dict):
        inner = ", ".join(
            f"{scalar(key, tight=True)}: {flow(v, style)}" for key, v in value.items()
        )
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow(item, style) for item in value)}]"
    return scalar(value, tight=True)


def _json(value: Any, style: Style, depth: str) -> str:
    if not isinstance(value, dict | list) or not value:
        return quoted(value, as_json=True) if isinstance(value, str) else json.dumps(value)
    inner = depth + style.unit
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    parts = (
        [
            f"{quoted(key, as_json=True)}{style.colon}{_json(item, style, inner)}"
            for key, item in value.items()
        ]
        if isinstance(value, dict)
        else [_json(item, style, inner) for item in value]
    )
    if not style.unit:
        return opening + style.comma.join(parts) + closing
    joint = f",{style.newline}{inner}"
    return f"{opening}{style.newline}{inner}{joint.join(parts)}{style.newline}{depth}{closing}"


def scalar(value: Any, *, tight: bool = False, quote: str = "") -> str:
    """Return a scalar on one line; ``quote`` is the quote to keep where the value is text."""
    if not isinstance(value, str):
        # JSON's words and numbers are YAML's; an empty collection is written alike in both.
        return json.dumps(value)
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if quote or not _is_plain(value) or (tight and ":" in value):
        return quoted(value)
    return value


def _is_plain(text: str) -> bool:
    return (
        text.isprintable()
        and _PLAIN.fullmatch(text) is not None
        and text not in _WORDS
        and not text.endswith((" ", ":"))
        and ": " not in text
        and _NUMBER_LIKE.fullmatch(text) is None
        and scalars.is_plain_text(text)
    )


def quoted(text: str, *, as_json: bool = False) -> str:
    """Return text in double quotes; YAML and JSON differ in the escapes beyond the first plane."""
    body = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escape(char, as_json) for char in body)


def _escape(char: str, as_json: bool) -> str:  # noqa: FBT001 - private, called once
    code = ord(char)
    return json.dumps(char)[1:-1] if as_json or code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
