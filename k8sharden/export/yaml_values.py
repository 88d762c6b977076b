"""Values out of manifests, in the way that kubectl understands them."""

import base64
import binascii
import json
from typing import Any

import msgspec

from k8sharden.export.documents import split
from k8sharden.export.nodes import DEPTH, BadYaml, Node, node_of
from k8sharden.model import scalars

ALIASED = 100_000
"""How many nodes of a document may come from aliases; an alias bomb makes billions."""

_STANDARD = "tag:yaml.org,2002:"
_INT64 = 2**63


def read_values(text: str) -> list[Any]:
    """Return the value of each document of a file, None for one that holds nothing.

    Raises `BadYaml`, whose line counts from 0 at the start of the file.
    """
    values = []
    for document in split(text):
        try:
            node = node_of(document.text)
            values.append(None if node is None else value_of(node))
        except BadYaml as error:
            error.line += document.lines_before
            raise
    return values


def value_of(node: Node) -> Any:
    """Return what a tree of nodes means. Raises `BadYaml` for what JSON or kubectl refuses."""
    return _Reader().value(node, 0)


def key_of(node: Node) -> str:
    """Return the name of a mapping's key. Raises `BadYaml` where it is none."""
    if node.kind == "alias" and node.target is not None:
        node = node.target
    if node.kind != "scalar":
        raise BadYaml("a mapping's key is not a plain word", node.line)
    if node.style == "json":
        return str(json.loads(node.value))
    if node.style or node.tag == _STANDARD + "str":
        return node.value
    try:
        return scalars.resolve_key(node.value)
    except scalars.NotJson as error:
        raise BadYaml(str(error), node.line) from None


def is_merge(node: Node) -> bool:
    """Whether a mapping's key is the merge key ``<<``."""
    plain = not node.style and node.tag is None
    return node.kind == "scalar" and node.value == "<<" and (plain or _short(node) == "merge")


class _Reader:
    """Makes values, each alias anew so that no two places share one, and counts what that makes."""

    def __init__(self) -> None:
        self.aliased = 0
        self.aliases: list[Node] = []

    def value(self, node: Node, depth: int) -> Any:
        if depth > 2 * DEPTH:
            raise BadYaml(f"nested deeper than {DEPTH} levels, or an alias holds itself", node.line)
        if self.aliases:
            self.aliased += 1
            if self.aliased > ALIASED:
                message = f"aliases make more than {ALIASED} values of this document"
                raise BadYaml(message, self.aliases[0].line)
        if node.kind == "mapping":
            return self._mapping(node, depth)
        if node.kind == "sequence":
            return [self.value(item, depth + 1) for item in node.items]
        return self._alias(node, depth) if node.kind == "alias" else scalar_of(node)

    def _alias(self, node: Node, depth: int) -> Any:
        if node.target is None:
            raise BadYaml("an alias names an anchor that is not there", node.line)
        self.aliases.append(node)
        value = self.value(node.target, depth + 1)
        self.aliases.pop()
        return value

    def _mapping(self, node: Node, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.entries:
            if is_merge(key):
                self._merge(result, value, depth)
                continue
            name = key_of(key)
            if name in lines:
                above = key.line - lines[name]
                first = f"first {above} line{'s' * (above != 1)} above"
                raise BadYaml(f"the key {name!r} is there twice ({first})", key.line)
            lines[name] = key.line
            result[name] = self.value(value, depth + 1)
        return result

    def _merge(self, into: dict[str, Any], node: Node, depth: int) -> None:
        """Merge where the key stands, as go-yaml does: what comes later wins, on either side."""
        sources = node.items[::-1] if node.kind == "sequence" else [node]
        for source in sources:
            value = self.value(source, depth + 1)
            if not isinstance(value, dict):
                raise BadYaml("a merge key << wants a mapping, or a list of them", node.line)
            into.update(value)


def scalar_of(node: Node) -> Any:
    """Return the value of a scalar node. Raises `BadYaml`."""
    if node.style == "json":
        return _json_scalar(node.value)
    short = _short(node)
    if short == "str" or (node.style and node.tag is None):
        return node.value
    if short == "binary":
        return _binary(node)
    if node.tag is not None and short not in ("int", "float", "bool", "null", "timestamp"):
        return node.value
    try:
        return scalars.resolve(node.value)
    except scalars.NotJson as error:
        raise BadYaml(str(error), node.line) from None


def _json_scalar(token: str) -> Any:
    value = json.loads(token)
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return float(value)
    return value


def _binary(node: Node) -> str:
    try:
        return base64.b64decode(node.value).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadYaml("a !!binary value holds no text: give it as a string", node.line) from None


def _short(node: Node) -> str:
    tag = node.tag or ""
    return tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else ""


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 1 is not true, and the order of keys is no matter."""
    return _canonical(one) == _canonical(other)


def _canonical(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")
