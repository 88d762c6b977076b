"""The cuts that make an edit: which spans of a document's text give way to which other text.

Nothing outside the cuts changes, so comments, quotes, indentation and line breaks stay.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from k8sharden.export.nodes import Node
from k8sharden.export.places import (
    Place,
    SpliceRefused,
    after_colon,
    column,
    line_end,
    line_start,
    margin,
)
from k8sharden.model import style as write
from k8sharden.model.style import Style


class Cut(msgspec.Struct, frozen=True, order=True):
    """Text to stand where ``start`` to ``end`` stood."""

    start: int
    end: int
    text: str = ""


def apply_cuts(text: str, cuts: Iterable[Cut]) -> str:
    """Return the text with the cuts made; they do not overlap."""
    for cut in sorted(cuts, reverse=True):
        text = text[: cut.start] + cut.text + text[cut.end :]
    return text


def replaced(text: str, place: Place, value: Any, style: Style) -> list[Cut]:
    """Return the cuts that give an existing field or element another value."""
    old = place.node
    if place.in_flow or (old.flow and old.children and _is_collection(value)):
        return [_flow_value(text, place, value, style)]
    if place.key is None:
        return [_block_element(text, old, value, style)]
    return _block_value(text, place.key, old, value, style)


def inserted(text: str, mapping: Node, key: str, value: Any, style: Style) -> list[Cut]:
    """Return the cuts that add a field to a mapping that has some already."""
    if mapping.flow:
        last = mapping.children[-1]
        return _flow_insert(
            text, mapping, last, lambda depth: _flow_entry(key, value, style, depth)
        )
    lines = write.entry(key, value, style)
    return [_lines_after(text, mapping.end, lines, column(text, mapping.children[0].start), style)]


def appended(text: str, items: Node, values: Iterable[Any], style: Style) -> list[Cut]:
    """Return the cuts that add elements to a list that has some already."""
    if items.flow:
        own_lines = "\n" in text[items.start : items.children[0].start]

        def new(depth: str) -> str:
            comma = f",{style.newline}{depth}" if own_lines else style.comma
            return comma.join(write.flow(value, style, depth) for value in values)

        return _flow_insert(text, items, items.children[-1], new)
    lines = [line for value in values for line in write.element(value, style)]
    return [_lines_after(text, items.end, lines, column(text, items.start), style)]


def removed(text: str, place: Place, style: Style) -> list[Cut]:
    """Return the cuts that take a field or an element away, with the comments inside it."""
    parent = place.parent
    assert parent is not None  # noqa: S101 - an edit's path is never empty
    count = len(parent.children) // (2 if parent.kind == "mapping" else 1)
    if parent.flow:
        return [_flow_remove(parent, place.index, count)]
    if count == 1:
        assert place.above is not None  # noqa: S101 - the parent was found on the way
        return replaced(text, place.above, {} if parent.kind == "mapping" else [], style)
    return [_block_remove(text, parent, place.index, count, style)]


def thinned(text: str, items: Node, gone: Iterable[int], style: Style) -> list[Cut]:
    """Return the cuts that take elements out of a block list of which some stay."""
    runs: list[list[int]] = []
    for index in gone:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    count = len(items.children)
    return [_block_remove(text, items, run[0], count, style, len(run)) for run in runs]


def _is_collection(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _flow_value(text: str, place: Place, value: Any, style: Style) -> Cut:
    old = place.node
    new = _flow_text(value, style, margin(text, old.start), old)
    if place.key is not None and old.start == old.end:
        bare = ":" not in text[place.key.end : old.start]
        return Cut(old.start, old.end, (": " if bare else " ") + new)
    return Cut(old.start, old.end, new)


def _flow_text(value: Any, style: Style, depth: str, old: Node) -> str:
    if style.json or not isinstance(value, str):
        return write.flow(value, style, depth)
    return write.scalar(value, tight=True, quote=old.style if old.style in ("'", '"') else "")


def _flow_entry(key: str, value: Any, style: Style, depth: str) -> str:
    if style.json:
        name = write.quoted(key, as_json=True)
        return f"{name}{style.colon}{write.flow(value, style, depth)}"
    return f"{write.scalar(key, tight=True)}: {write.flow(value, style)}"


def _block_element(text: str, old: Node, value: Any, style: Style) -> Cut:
    """Replace an element of a block list, behind its dash."""
    # A comment that stays behind the last line must not end up inside a block scalar.
    head, lines = write.block(value, msgspec.structs.replace(style, literal=False))
    first, *rest = [head] if head else lines
    space = " " if old.start == old.end else ""
    new = [space + first, *write.indented(rest, column(text, old.start))]
    return Cut(old.start, old.end, style.newline.join(new))


def _block_value(text: str, key: Node, old: Node, value: Any, style: Style) -> list[Cut]:
    """Replace the value of a key in a block mapping."""
    head, lines = write.block(value, style)
    quote = old.style if old.style in ("'", '"') else ""
    if isinstance(value, str) and not lines:
        head = write.scalar(value, quote=quote)
    depth = column(text, key.start)
    depth += style.dash if isinstance(value, list) else style.step
    colon = after_colon(text, key)
    below = style.newline + style.newline.join(write.indented(lines, depth)) if lines else ""
    behind = f" {head}" if head else ""
    if old.children and not old.flow:  # the key's line, and its comment, stay
        end = line_end(text, colon)
        stop = _own_comments(text, line_end(text, old.end), column(text, key.start))
        return [Cut(colon, colon, behind), Cut(end, stop, below)]
    if old.start == old.end:  # a null of no characters
        end = line_end(text, colon)
        return [Cut(colon, colon, behind), Cut(end, end, below)]
    if not lines:
        return [Cut(old.start, old.end, head)]
    end = line_end(text, old.end)
    return [Cut(colon, old.end, behind), Cut(end, end, below)]


def _lines_after(text: str, position: int, lines: list[str], depth: int, style: Style) -> Cut:
    """Return the cut that puts lines below the line of ``position``."""
    end = line_end(text, position)
    new = style.newline + style.newline.join(write.indented(lines, depth))
    return Cut(end, end, new)


def _flow_insert(text: str, parent: Node, last: Node, new: Any) -> list[Cut]:
    """Append to braces or brackets: on a line of its own where the others have theirs."""
    first = parent.children[0]
    if "\n" not in text[parent.start : first.start]:
        comma = "," if re.match(r',["\d\[{tfn]', _first_comma(text, parent)) else ", "
        return [Cut(last.end, last.end, comma + new(margin(text, parent.start)))]
    depth = margin(text, first.start)
    newline = "\r\n" if "\r\n" in text else "\n"
    if "\n" not in text[last.end : parent.end]:
        return [Cut(last.end, last.end, f",{newline}{depth}{new(depth)}")]
    end = line_end(text, last.end)
    after = re.match(r"\s*,", text[last.end : parent.end])
    # A comma of its own stays the last one's; otherwise the last one gets it, before its comment.
    cuts = [] if after else [Cut(last.end, last.end, ",")]
    return _joined([*cuts, Cut(end, end, f"{newline}{depth}{new(depth)}{',' if after else ''}")])


def _first_comma(text: str, parent: Node) -> str:
    between = parent.children[1 if parent.kind == "sequence" else 2 :]
    if parent.style != "json":
        return ", "
    return text[between[0].start - 1 :] if between else _compact(text, parent)


def _compact(text: str, parent: Node) -> str:
    """Guess the comma of a collection of one from its colon."""
    if parent.kind == "mapping" and text[parent.children[0].end :][:1] == ":":
        return "," + text[parent.children[0].end + 1 :]
    return ", "


def _joined(cuts: list[Cut]) -> list[Cut]:
    """Make one cut of two at the same place, whose order would be lost."""
    if len(cuts) > 1 and cuts[0].start == cuts[1].start:
        return [Cut(cuts[0].start, cuts[0].end, cuts[0].text + cuts[1].text)]
    return cuts


def _flow_remove(parent: Node, index: int, count: int) -> Cut:
    width = 2 if parent.kind == "mapping" else 1
    first = parent.children[width * index]
    last = parent.children[width * index + width - 1]
    if count == 1:
        return Cut(parent.start + 1, parent.end - 1)
    if index == 0:
        return Cut(first.start, parent.children[width].start)
    return Cut(parent.children[width * index - 1].end, last.end)


def _block_remove(
    text: str, parent: Node, index: int, count: int, style: Style, many: int = 1
) -> Cut:
    """Take entries' lines away: from a key or dash up to what belongs to the next thing."""
    starts = [_entry_start(text, parent, each) for each in (index, min(index + many, count - 1))]
    width = 2 if parent.kind == "mapping" else 1
    end = parent.children[width * (index + many) - 1].end
    start = starts[0]
    depth = column(text, start)
    stop = _own_comments(text, line_end(text, end), depth)
    if text[line_start(text, start) : start].strip(" "):
        # Behind a dash: the next entry moves up beside it, unless a comment stands between.
        if not text[end : starts[1]].strip():
            return Cut(start, starts[1])
        return Cut(len(text[:start].rstrip(" ")), stop)
    # At the end of a text without a last newline there is none after the removal either, except
    # where a block scalar would lose its own.
    if stop >= len(text) and (
        style.literal or not _ends_in_block(parent.children[: width * index])
    ):
        return Cut(line_end(text, line_start(text, start) - 1), stop)
    return Cut(line_start(text, start), min(text.find("\n", stop) + 1 or len(text), len(text)))


def _ends_in_block(nodes: list[Node]) -> bool:
    """Whether the last of the nodes ends with a block scalar."""
    last = nodes[-1]
    while last.children:
        last = last.children[-1]
    return last.style in ("|", ">")


def _entry_start(text: str, parent: Node, index: int) -> int:
    if parent.kind == "mapping":
        return parent.children[2 * index].start
    if index == 0:
        return parent.start
    depth = column(text, parent.start)
    dash = re.compile(rf"^ {{{depth}}}(-)(?=\s)", re.MULTILINE)
    found = dash.search(text, parent.children[index - 1].end)
    if found is None:
        raise SpliceRefused("A list is written in a way that its elements cannot be told apart.")
    return found.start(1)


def _own_comments(text: str, end: int, depth: int) -> int:
    """Return the end of the comments below that are indented deeper than the entry itself."""
    deeper = re.compile(rf"(?:\r?\n[ \t]*)*\r?\n {{{depth + 1},}}#[^\n]*")
    while found := deeper.match(text, end):
        end = line_end(text, found.end() - 1) if found.end() > end else end
    return end
