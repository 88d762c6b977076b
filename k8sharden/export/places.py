"""Finds the node that an edit is about, and refuses where an edit would reach further than it."""

import re
from collections import deque
from collections.abc import Iterator

import msgspec

from k8sharden.errors import Refused
from k8sharden.export.nodes import Node
from k8sharden.export.yaml_values import is_merge, key_of, scalar_of
from k8sharden.model.change import Named, Path, Step, show_path
from k8sharden.model.style import Style
from k8sharden.model.text import one_line

_COLON = re.compile(r"[ \t]*:")


class SpliceRefused(Refused):
    """A file that is not edited in place, with the reason."""


class Place(msgspec.Struct, frozen=True):
    """A node, the collection it stands in, and where in there: its index, or its key's.

    ``rest`` is the part of a path that leads on from ``node`` and is not there yet.
    """

    node: Node
    parent: Node | None = None
    index: int = 0
    above: "Place | None" = None
    rest: Path = ()

    @property
    def key(self) -> Node | None:
        """The key, where the node is a value of a mapping."""
        if self.parent is None or self.parent.kind != "mapping":
            return None
        return self.parent.children[2 * self.index]

    @property
    def in_flow(self) -> bool:
        """Whether the place lies inside braces or brackets."""
        return self.parent is not None and self.parent.flow


def find(root: Node, path: Path) -> Place:
    """Return the place of ``path``, or the last one on the way to it with the rest of the path.

    Raises `SpliceRefused` where an alias, anchor, merge key or tag lies on the way.
    """
    place = Place(root)
    for done, step in enumerate(path):
        _only_here(place.node, path[:done])
        below = _child(place, step)
        if below is None:
            _no_merge(place.node, path[:done])
            return msgspec.structs.replace(place, rest=path[done:])
        place = below
    return place


def named_items(items: Node) -> Iterator[tuple[Named, Node]]:
    """Yield each way to name an element of a list, the ways to the first of equal ones last."""
    for item in reversed(items.items):
        for key, value in item.entries if item.kind == "mapping" else ():
            if value.kind == "scalar" and not is_merge(key):
                name = scalar_of(value)
                if isinstance(name, str | int):
                    yield Named(key_of(key), name), item


def untangled(node: Node, path: Path) -> None:
    """Raise `SpliceRefused` where the node, or one under it, is tied to others in the file."""
    pending = [node]
    while pending:
        each = pending.pop()
        _only_here(each, path)
        _no_merge(each, path)
        pending.extend(each.children)


def is_null(node: Node) -> bool:
    """Whether the node is a null, written out or not."""
    return node.kind == "scalar" and scalar_of(node) is None


def after_colon(text: str, key: Node) -> int:
    """Return where the value of a key may begin. Raises `SpliceRefused` for a ``?`` key."""
    found = _COLON.match(text, key.end)
    if found is None:
        raise SpliceRefused(
            f"Line {key.line + 1} of the document has a key with no colon beside it."
        )
    return found.end()


def column(text: str, position: int) -> int:
    """Return the number of characters before ``position`` on its line."""
    return position - line_start(text, position)


def line_start(text: str, position: int) -> int:
    """Return where the line of ``position`` starts."""
    return text.rfind("\n", 0, position) + 1


def line_end(text: str, position: int) -> int:
    """Return where the line of ``position`` ends, before its line break."""
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return end - 1 if end > 0 and text[end - 1] == "\r" and end < len(text) else end


def style_of(text: str, root: Node) -> Style:
    """Return how a document is written, from the first places that tell."""
    if root.style == "json":
        return _json_style(text, root)
    step = dash = None
    pending = deque([root])
    while pending and (step is None or dash is None):
        node = pending.popleft()
        pending.extend(child for child in node.children if not child.flow)
        if node.kind != "mapping" or node.flow:
            continue
        for key, value in node.entries:
            depth = column(text, value.start) - column(text, key.start)
            if value.flow or not value.children or depth < 0 or value.anchor or value.tag:
                continue
            if value.kind == "mapping" and step is None:
                step = depth
            if value.kind == "sequence" and dash is None:
                dash = depth
    newline = "\r\n" if "\r\n" in text else "\n"
    return Style(newline, step or 2, dash or 0, literal=text.endswith("\n"))


def _json_style(text: str, root: Node) -> Style:
    newline = "\r\n" if "\r\n" in text else "\n"
    key = next(iter(root.children), None)
    unit = ""
    if key is not None and "\n" in text[root.start : key.start]:
        own = margin(text, root.start)
        unit = margin(text, key.start).removeprefix(own)
    spaced = key is None or text[after_colon(text, key) :][:1].isspace()
    tight = re.search(r',["\d\[{tfn]', text[root.start : root.start + 10_000]) is not None
    colon, comma = ": " if spaced else ":", "," if tight else ", "
    return Style(newline, json=True, unit=unit, colon=colon, comma=comma)


def margin(text: str, position: int) -> str:
    """Return the white space that the line of ``position`` starts with."""
    start = line_start(text, position)
    line = text[start : line_end(text, position)]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _child(place: Place, step: Step) -> Place | None:
    node = place.node
    if isinstance(step, Named):
        if node.kind == "sequence":
            for index, item in enumerate(node.items):
                if _is_named(item, step):
                    return Place(item, node, index, place)
        return None
    if node.kind == "mapping":
        for index, (key, value) in enumerate(node.entries):
            if not is_merge(key) and key_of(key) == step:
                return Place(value, node, index, place)
    return None


def _is_named(item: Node, step: Named) -> bool:
    if item.kind != "mapping":
        return False
    return any(
        not is_merge(key)
        and key_of(key) == step.key
        and value.kind == "scalar"
        and scalar_of(value) == step.value
        for key, value in item.entries
    )


def _only_here(node: Node, path: Path) -> None:
    if node.kind == "alias":
        raise SpliceRefused(_why(path, "an alias", node))
    if node.anchor:
        raise SpliceRefused(_why(path, f"the anchor &{node.anchor}", node))
    if node.tag:
        raise SpliceRefused(_why(path, "a tag", node))


def _no_merge(node: Node, path: Path) -> None:
    if node.kind == "mapping" and any(is_merge(key) for key, _ in node.entries):
        raise SpliceRefused(_why(path, "a merge key <<", node))


def _why(path: Path, what: str, node: Node) -> str:
    where = show_path(path) or "the object"
    return one_line(
        f"{where} is not edited in place: {what} stands at line {node.line + 1} of its document, "
        "so the edit could change other places too. Edit the file by hand.",
        400,
    )
