"""The edits of one object, made in the span of text that it stands in.

Few edits are made one after the other, the text read anew before each. Of many (a pod may have a
thousand containers, and a plan a dozen edits for each) those inside one element of a list are made
in the span of that element alone, what is added to one list is added together, and the rest is
made in as few rounds as edits stand in each other's way.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from k8sharden.errors import InputError
from k8sharden.export import cuts as c
from k8sharden.export.nodes import Node, node_of
from k8sharden.export.places import (
    Place,
    SpliceRefused,
    find,
    is_null,
    line_end,
    line_start,
    named_items,
    untangled,
)
from k8sharden.export.yaml_values import same, value_of
from k8sharden.model.change import AddElement, Edit, Named, Path, RemoveField, SetField, SetImage
from k8sharden.model.style import Style

MANY = 50
"""From this many edits on they are made together."""


def edit_region(text: str, edits: Sequence[Edit], style: Style, *, many: int = MANY) -> str:
    """Return the text of one object, or of a list's item with its dash, with the edits made.

    Raises `SpliceRefused` where an anchor, alias, merge key or tag is touched.
    """
    if len(edits) >= many:
        inside, rest = _by_element(edits)
        places = _places(text, inside)
        if places is not None and not _meet(inside, rest):
            return _in_rounds(_in_elements(text, places, style, many), rest, style)
    for edit in edits:
        text = c.apply_cuts(text, _cuts(text, find(tree(text), edit.path), edit, style))
    return text


def tree(text: str) -> Node:
    """Return the tree of an object, also of one that was cut out of its list with its dash."""
    root = node_of(text)
    if root is None:
        raise InputError("There is nothing in this document to edit: read the files again.")
    return root.items[0] if root.kind == "sequence" else root


_Inside = dict[Path, list[Edit]]
"""The edits inside of elements of lists, with paths that begin there, by the element's path."""


def _by_element(edits: Iterable[Edit]) -> tuple[_Inside, list[Edit]]:
    """Tell the edits inside of elements of lists from all others."""
    inside: _Inside = {}
    rest = []
    for edit in edits:
        depth = next((n for n, step in enumerate(edit.path, 1) if isinstance(step, Named)), 0)
        if depth and depth < len(edit.path):
            own = msgspec.structs.replace(edit, path=edit.path[depth:])
            inside.setdefault(edit.path[:depth], []).append(own)
        else:
            rest.append(edit)
    return inside, rest


def _meet(inside: _Inside, rest: Iterable[Edit]) -> bool:
    """Whether a list is set or an element taken away in which others are edited."""
    above = {path[:depth] for path in inside for depth in range(1, len(path) + 1)}
    return any(edit.path in above for edit in rest if not isinstance(edit, AddElement))


def _places(text: str, inside: _Inside) -> list[tuple[Node, list[Edit]]] | None:
    """Return the node of each element with its edits, the last one first; None where one is not."""
    root, lists = tree(text), {path[:-1] for path in inside}
    items: dict[Path, Node] = {}
    for path in lists:
        place = find(root, path)
        tied = place.node.anchor or place.node.tag
        if not place.rest and place.node.kind == "sequence" and not tied:
            items |= {(*path, step): node for step, node in named_items(place.node)}
    if not inside.keys() <= items.keys():
        return None
    found = [(items[path], edits) for path, edits in inside.items()]
    return sorted(found, key=lambda each: each[0].start, reverse=True)


def _in_elements(
    text: str, places: Iterable[tuple[Node, list[Edit]]], style: Style, many: int
) -> str:
    """Edit each element as a text of its own, at the column it has: only that is read anew."""
    parts, end = [], len(text)
    for node, edits in places:
        start, stop = span(text, node)
        parts += [text[stop:end], edit_region(text[start:stop], edits, style, many=many)]
        end = start
    return text[:end] + "".join(reversed(parts))


def _in_rounds(text: str, edits: Sequence[Edit], style: Style) -> str:
    """Make all edits that do not stand in each other's way at once, then the others."""
    waiting = _gathered(edits)
    while waiting:
        root, later = tree(text), []
        cuts: list[c.Cut] = []
        thinned: set[int] = set()
        for path, group in waiting:
            place = find(root, path)
            mine = _group_cuts(text, place, path, group, style)
            removed = isinstance(group[0], RemoveField)
            # What is left of a collection, or nothing, is known when the round is over.
            again = removed and (id(place.parent) in thinned or _is_last(place))
            if cuts and (again or _touch(cuts, mine)):
                later.append((path, group))
                continue
            cuts += mine
            thinned |= {id(place.parent)} if removed else set()
            if again:
                later += waiting[waiting.index((path, group)) + 1 :]
                break
        text, waiting = c.apply_cuts(text, cuts), later
    return text


_Group = tuple[Path, list[Edit]]


def _gathered(edits: Iterable[Edit]) -> list[_Group]:
    """Put the elements that are added to one list together; everything else stands alone."""
    groups: list[_Group] = []
    added: dict[Path, list[Edit]] = {}
    for edit in edits:
        if isinstance(edit, AddElement) and edit.path in added:
            added[edit.path].append(edit)
            continue
        groups.append((edit.path, [edit]))
        if isinstance(edit, AddElement):
            added[edit.path] = groups[-1][1]
    return groups


def _group_cuts(
    text: str, place: Place, path: Path, group: Sequence[Edit], style: Style
) -> list[c.Cut]:
    values = [edit.value for edit in group if isinstance(edit, AddElement)]
    if values:
        return _add(text, place, path, values, style)
    return _cuts(text, place, group[0], style)


def _is_last(place: Place) -> bool:
    """Whether a place is the only one of its collection, which is written anew without it."""
    parent = place.parent
    return parent is not None and len(parent.children) <= (2 if parent.kind == "mapping" else 1)


def _touch(cuts: Iterable[c.Cut], others: Sequence[c.Cut]) -> bool:
    return any(
        one.start <= other.end and other.start <= one.end for one in cuts for other in others
    )


def span(text: str, node: Node) -> tuple[int, int]:
    """Return the span of an item that is a document of its own: with its dash, where it has one."""
    start = line_start(text, node.start)
    lead = text[start : node.start].strip(" \t")
    if node.flow:
        return node.start if lead else start, node.end
    if lead not in ("", "-"):
        raise SpliceRefused("The items of this list are not edited in place: edit it by hand.")
    return start, line_end(text, node.end)


def _cuts(text: str, place: Place, edit: Edit, style: Style) -> list[c.Cut]:
    match edit:
        case SetField() | SetImage():
            return _set(text, place, edit.path, edit.value, style)
        case RemoveField():
            untangled(place.node, edit.path)
            _parent_free(place, edit.path)
            return c.removed(text, place, style)
        case AddElement():
            return _add(text, place, edit.path, [edit.value], style)


def _set(text: str, place: Place, path: Path, value: Any, style: Style) -> list[c.Cut]:
    if place.rest:
        first, *others = place.rest
        for step in reversed(others):
            value = {step: value}
        if is_null(place.node) or not place.node.children:
            value, first = {first: value}, ""
        if first:
            return c.inserted(text, place.node, str(first), value, style)
        return c.replaced(text, place, value, style)
    untangled(place.node, path)
    old = value_of(place.node)
    if same(old, value):
        return []
    gone = [] if place.node.flow else _left_out(old, value)
    if gone:  # the lines of the others stay, with their comments
        return c.thinned(text, place.node, gone, style)
    return c.replaced(text, place, value, style)


def _left_out(old: Any, new: Any) -> list[int]:
    """Return which elements are missing in a list that is else the same; none where it is not."""
    if not (isinstance(old, list) and isinstance(new, list) and new):
        return []
    left, gone = list(new), []
    for index, each in enumerate(old):
        if left and same(each, left[0]):
            left.pop(0)
        else:
            gone.append(index)
    return [] if left else gone


def _add(text: str, place: Place, path: Path, values: list[Any], style: Style) -> list[c.Cut]:
    if place.rest or is_null(place.node) or not place.node.children:
        return _set(text, place, path, values, style)
    untangled_list = msgspec.structs.replace(place.node, children=[])
    untangled(untangled_list, path)
    return c.appended(text, place.node, values, style)


def _parent_free(place: Place, path: Path) -> None:
    """Refuse to take a field out of a mapping that a merge key would give it back to."""
    if place.parent is not None and place.parent.kind == "mapping":
        bare = [key for key, _ in place.parent.entries]
        untangled(msgspec.structs.replace(place.parent, children=_keys_only(bare)), path[:-1])


def _keys_only(keys: list[Node]) -> list[Node]:
    return [node for key in keys for node in (key, Node("scalar", 0, 0, 0))]
