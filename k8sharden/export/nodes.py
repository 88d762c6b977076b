"""A document as a tree of nodes that know where they stand in the text.

One tree serves YAML and JSON: reading makes values of it, the splice finds its places in it.
Nesting is bounded; the size of the text bounds the rest.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
import yaml

from k8sharden.errors import InputError

DEPTH = 200
"""How deep collections may nest; real manifests stay below 50."""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BLANK_END = re.compile(r"(?:\r?\n[ \t]*)+\Z")
_KEEP = re.compile(r"[|>][0-9]?\+")
_JSON_TOKEN = re.compile(r'[ \t\r\n]*([{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+)')

Kind = Literal["scalar", "mapping", "sequence", "alias"]


class BadYaml(InputError):
    """A document that cannot be used; ``line`` counts from 0 at its start."""

    def __init__(self, message: str, line: int = 0) -> None:
        """Keep the line beside the sentence."""
        super().__init__(message)
        self.line = line


class Node(msgspec.Struct):
    """A node and its span in the text: a block collection ends where its last child ends.

    ``children`` of a mapping are its keys and values in turn. ``style`` is a scalar's quote or
    ``|`` or ``>``, ``json`` for a JSON token whose ``value`` is its text, or empty. ``flow`` says
    that a collection stands in braces or brackets.
    """

    kind: Kind
    start: int
    end: int
    line: int
    value: str = ""
    style: str = ""
    flow: bool = False
    tag: str | None = None
    anchor: str | None = None
    target: "Node | None" = None
    children: list["Node"] = []

    @property
    def entries(self) -> Iterator[tuple["Node", "Node"]]:
        """The keys and values of a mapping."""
        return zip(self.children[::2], self.children[1::2], strict=True)

    @property
    def items(self) -> list["Node"]:
        """The elements of a sequence."""
        return self.children


def node_of(text: str) -> Node | None:
    """Return the tree of one document, None where it holds nothing. Raises `BadYaml`."""
    if text.lstrip().startswith("{"):
        try:
            return json_node(text)
        except BadYaml as error:
            if re.match(r'\s*\{\s*"', text):
                return _either(text, error)
    return yaml_node(text)


def _either(text: str, json_error: BadYaml) -> Node | None:
    """Read what looks like JSON and is not as YAML, and blame the JSON where that fails too."""
    try:
        return yaml_node(text)
    except BadYaml:
        raise json_error from None


def json_node(text: str) -> Node:
    """Return the tree of a JSON document. Raises `BadYaml`."""
    try:
        json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise BadYaml(f"nested deeper than {DEPTH} levels") from None
    except json.JSONDecodeError as error:
        raise BadYaml(f"broken JSON: {error.msg}", error.lineno - 1) from None
    builder = _Builder(text)
    for found in _JSON_TOKEN.finditer(text):
        builder.token(found[1], found.start(1), found.end(1))
    root = builder.root
    assert root is not None  # noqa: S101 - json.loads has seen a value
    _number_lines(root, text)
    return root


def _no_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"{name} is no JSON", "", 0)


def _number_lines(root: Node, text: str) -> None:
    """Give the nodes of a JSON tree their lines, in one walk in the order of the text."""
    line, seen = 0, 0
    pending = [root]
    while pending:
        node = pending.pop()
        line += text.count("\n", seen, node.start)
        seen = node.line = node.start
        node.line = line
        pending.extend(reversed(node.children))


def yaml_node(text: str) -> Node | None:
    """Return the tree of one YAML document. Raises `BadYaml`."""
    builder = _Builder(text)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.event(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadYaml(f"broken YAML: {error.problem}", mark.line if mark else 0) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position)
        raise BadYaml(f"broken YAML: {error.reason}", line) from None
    return builder.root


class _Builder:
    """Makes the tree from a parser's events, or from JSON's tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.open: list[Node] = []
        self.anchors: dict[str, Node] = {}

    def event(self, event: yaml.Event) -> None:
        """Take one event of the YAML parser."""
        match event:
            case yaml.ScalarEvent():
                self._add(self._scalar(event))
            case yaml.MappingStartEvent():
                self._start("mapping", event)
            case yaml.SequenceStartEvent():
                self._start("sequence", event)
            case yaml.CollectionEndEvent():
                self._finish(_span(event)[1])
            case yaml.AliasEvent():
                node = self._node("alias", event)
                node.target = self.anchors.get(node.anchor or "")
                self._add(node)

    def token(self, word: str, start: int, end: int) -> None:
        """Take one token of JSON text that is known to be sound."""
        if word in "{[":
            kind: Kind = "mapping" if word == "{" else "sequence"
            self._open(Node(kind, start, end, 0, flow=True, style="json", children=[]))
        elif word in "}]":
            self._finish(end)
        elif word not in ",:":
            self._add(Node("scalar", start, end, 0, value=word, style="json"))

    def _node(self, kind: Kind, event: yaml.NodeEvent) -> Node:
        start, end, line = _span(event)
        tag = getattr(event, "tag", None)
        return Node(kind, start, end, line, anchor=event.anchor, tag=tag)

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        node = self._node("scalar", event)
        node.value = event.value
        node.style = event.style or ""
        if node.style in ("|", ">"):
            node.end = _block_end(self.text, node.start, node.end)
        if node.tag == "!":  # says that it is text
            node.tag = "tag:yaml.org,2002:str"
        return node

    def _start(self, kind: Kind, event: yaml.CollectionStartEvent) -> None:
        node = self._node(kind, event)
        node.flow = bool(event.flow_style)
        node.children = []
        self._open(node)

    def _open(self, node: Node) -> None:
        self._add(node)
        self.open.append(node)
        if len(self.open) > DEPTH:
            raise BadYaml(f"nested deeper than {DEPTH} levels", node.line)

    def _finish(self, end: int) -> None:
        node = self.open.pop()
        node.end = end if node.flow else max((child.end for child in node.children), default=end)

    def _add(self, node: Node) -> None:
        if node.anchor and node.kind != "alias":
            self.anchors[node.anchor] = node
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node


def _span(event: Any) -> tuple[int, int, int]:
    """Return where an event starts and ends in the text, and its line; the parser always marks."""
    return event.start_mark.index, event.end_mark.index, event.start_mark.line


def _block_end(text: str, start: int, end: int) -> int:
    """Return where a block scalar's text ends: blank lines belong to it only with ``+``."""
    header = text[start:end].partition("\n")[0]
    body = text[start:end]
    if _KEEP.search(header):
        return end - (1 if body.endswith("\n") else 0)
    found = _BLANK_END.search(body)
    return start + found.start() if found else end
