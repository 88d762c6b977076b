"""Edits made in a manifest's own text, every other byte as it was.

The tree of a document locates the node; the edit is a splice. The result is read again before it
is given out: a text that does not mean exactly the edited value is never written.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from k8sharden.errors import InputError
from k8sharden.export import cuts as c
from k8sharden.export.documents import Document, split
from k8sharden.export.nodes import Node, node_of
from k8sharden.export.places import (
    Place,
    SpliceRefused,
    find,
    style_of,
    untangled,
)
from k8sharden.export.regions import edit_region, span
from k8sharden.export.second_reader import disagrees
from k8sharden.export.yaml_values import read_values, same, value_of
from k8sharden.model.change import Edit, Path
from k8sharden.model.edits import edited
from k8sharden.model.render import render
from k8sharden.model.style import Style

_ITEMS: Path = ("items",)


class Target(msgspec.Struct, frozen=True):
    """The edits of one object: in the n-th document of a file, in the n-th item of its list."""

    document: int
    item: int | None
    edits: tuple[Edit, ...]


def apply_edits(text: str, document: int, item: int | None, edits: tuple[Edit, ...]) -> str:
    """Return the text with one object edited. See `apply_all`."""
    return apply_all(text, (Target(document, item, edits),))


def apply_all(text: str, targets: Sequence[Target]) -> str:
    """Return the text with several objects edited: much faster than one after the other.

    Raises `EditConflict` where an object is not as its edits expect it, `SpliceRefused` where an
    anchor, alias, merge key or tag is touched or the result would mean something else, and
    `BadYaml` where the text cannot be read.
    """
    result = text
    by_document: dict[int, list[Target]] = {}
    for target in _merged(targets):
        by_document.setdefault(target.document, []).append(target)
    documents = split(text)
    for index in sorted(by_document, reverse=True):
        document = documents[index]
        new = _edit_document(document, by_document[index])
        result = result[: document.start] + new + result[document.end :]
    _check_others(documents, split(result), by_document.keys())
    return result


def _merged(targets: Sequence[Target]) -> list[Target]:
    """Join the edits of an object that is named more than once."""
    merged: dict[tuple[int, int | None], tuple[Edit, ...]] = {}
    for target in targets:
        place = (target.document, target.item)
        merged[place] = merged.get(place, ()) + target.edits
    return [Target(*place, edits) for place, edits in merged.items()]


def insert_document(text: str, manifest: dict[str, Any]) -> str:
    """Return the text of a YAML file with one more document at its end; empty text is a new file.

    Raises `SpliceRefused` for a JSON file, which has no place for another document.
    """
    documents = split(text)
    if any(document.text.lstrip().startswith("{") for document in documents):
        raise SpliceRefused("A JSON file takes no further document: give it a file of its own.")
    newline = "\r\n" if "\r\n" in text else "\n"
    new = render(manifest).replace("\n", newline)
    if not text.strip("\ufeff \t\r\n"):
        return new
    joint = "" if text.endswith("\n") else newline
    # A file that ends with its separator has the place for the document already.
    separator = "" if len(documents) > 1 and not documents[-1].text.strip() else f"---{newline}"
    result = text + joint + separator + new
    if not same(_values(result), [*_values(text), manifest]):
        raise SpliceRefused("The file's end is written in a way that no document can follow.")
    return result


def remove_document(text: str, document: int, item: int | None = None) -> str:
    """Return the text without one object: empty where nothing but it was in the file."""
    documents = split(text)
    target = documents[document]
    if item is not None:
        new = _without_item(target.text, item)
        return text[: target.start] + new + text[target.end :]
    rest = [each for index, each in enumerate(documents) if index != document]
    if all(node_of(each.text) is None for each in rest):
        return ""
    # The separator above belongs to what it opens; where there is none, the one below goes.
    start = documents[document - 1].end if document else target.start
    end = target.end if document else documents[1].start
    result = text[:start] + text[end:]
    if not same(_values(result), [value for each in rest for value in _values(each.text)]):
        raise SpliceRefused("The document was not taken out: the rest would mean something else.")
    return result


def _values(text: str) -> list[Any]:
    return [value for value in read_values(text) if value is not None]


def _edit_document(document: Document, targets: list[Target]) -> str:
    text = document.text
    root = _whole(text)
    before = value_of(root)
    expected = _expected(before, targets)
    style = style_of(text, root)
    # From the last to the first, so that the tree's places stay true for what is still to come.
    for target in sorted(targets, key=lambda each: each.item or 0, reverse=True):
        text = _edit_object(text, root, target, style)
    after = node_of(text)
    same_edit = after is not None and same(value_of(after), expected)
    if not same_edit or disagrees(document.text, text, lambda value: _expected(value, targets)):
        raise SpliceRefused(
            "The edit was not made in place: the text would not mean exactly the edited object. "
            "Edit the file by hand."
        )
    return text


def _whole(text: str) -> Node:
    root = node_of(text)
    if root is None:
        raise InputError("There is nothing in this document to edit: read the files again.")
    return root


def _expected(before: Any, targets: list[Target]) -> Any:
    """Return what the document means afterwards."""
    for target in targets:
        if target.item is None:
            before = edited(before, target.edits)
        else:
            before["items"][target.item] = edited(before["items"][target.item], target.edits)
    return before


def _edit_object(text: str, root: Node, target: Target, style: Style) -> str:
    if target.item is None:
        return edit_region(text, target.edits, style)
    place = find(root, _ITEMS)
    untangled_way = place.node.kind == "sequence" and not place.rest
    if not untangled_way:
        raise SpliceRefused("The items of this list are not edited in place: edit it by hand.")
    node = place.node.items[target.item]
    start, end = span(text, node)
    # The item is edited as a document of its own, at the column it has: only it is read anew.
    return text[:start] + edit_region(text[start:end], target.edits, style) + text[end:]


def _without_item(text: str, item: int) -> str:
    root = _whole(text)
    place = find(root, _ITEMS)
    if place.rest or place.node.kind != "sequence":
        raise SpliceRefused("The items of this list are not edited in place: edit it by hand.")
    node = place.node.items[item]
    untangled(node, _ITEMS)
    expected = value_of(root)
    del expected["items"][item]
    where = Place(node, place.node, item, place)
    new = c.apply_cuts(text, c.removed(text, where, style_of(text, root)))
    if not same(value_of(_whole(new)), expected):
        raise SpliceRefused("The item was not taken out: the rest would mean something else.")
    return new


def _check_others(
    before: Sequence[Document], after: Sequence[Document], changed: Collection[int]
) -> None:
    """Refuse a text whose other documents are no longer what they were."""
    kept = len(before) == len(after) and all(
        one.text == other.text
        for index, (one, other) in enumerate(zip(before, after, strict=True))
        if index not in changed
    )
    if not kept:
        raise SpliceRefused("The edit would reach into another document: edit the file by hand.")
