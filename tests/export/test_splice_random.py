"""Tests of random edits on random texts: the meaning is the edit's, and no other line changes."""

import difflib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sharden.export.splice import Target, apply_all, apply_edits
from k8sharden.export.yaml_values import read_values, same
from k8sharden.model.change import Edit, RemoveField, SetField
from k8sharden.model.edits import edited
from tests.export.texts import WORDS, at, edits, paths, texts

# Drawing a text takes many small choices, of which hypothesis warns.
thorough = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def comments(text: str) -> list[str]:
    """The comment lines of a text."""
    return [line.strip() for line in text.splitlines() if line.strip().startswith("# about")]


@thorough
@given(st.data())
def test_an_edited_text_means_the_edited_value(data: st.DataObject) -> None:
    """Whatever the style, the result is read as the edited value, and nothing is refused."""
    value, text = data.draw(texts())
    assert same(read_values(text)[0], value)
    edit = data.draw(edits(value))
    result = apply_edits(text, 0, None, (edit,))
    assert same(read_values(result)[0], edited(value, (edit,)))


@thorough
@given(st.data())
def test_lines_of_other_fields_stay_byte_for_byte(data: st.DataObject) -> None:
    """Text before and behind the lines of the edited field is the same, line ends included."""
    value, text = data.draw(texts())
    edit = data.draw(edits(value))
    before = text.splitlines(keepends=True)
    after = apply_edits(text, 0, None, (edit,)).splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    kept = [line for code in changed for line in before[code[1] : code[2]]]
    top = edit.path[0]
    others = {key: item for key, item in value.items() if key != top}
    for key in others:
        lines = _own_lines(before, key, list(value))
        assert "".join(lines) in "".join(after) + "\n", (key, kept)


def _own_lines(lines: list[str], key: str, keys: list[str]) -> list[str]:
    """The lines of a top-level field of a block mapping, from its key to the next."""
    starts = {each: [i for i, line in enumerate(lines) if _starts(line, each)] for each in keys}
    if any(len(found) != 1 for found in starts.values()):
        return []  # written as JSON, or the key stands at a line's start elsewhere too
    start = starts[key][0]
    behind = [found[0] for found in starts.values() if found[0] > start]
    own = lines[start : min(behind, default=start + 1)]
    while own and (not own[-1].strip() or own[-1].lstrip().startswith("#")):
        own.pop()  # what stands above the next key is the next key's
    return [*own[:-1], own[-1].rstrip("\r\n")] if own else []


def _starts(line: str, key: str) -> bool:
    return line.startswith((f"{key}:", f'"{key}":'))


@thorough
@given(st.data())
def test_a_replaced_scalar_comes_back_to_the_byte(data: st.DataObject) -> None:
    """Text set and set back leaves the file as it was."""
    value, text = data.draw(texts())
    scalars = [path for path in paths(value) if path[-1] != "name" and _is_word(at(value, path))]
    if not scalars:
        return
    path = data.draw(st.sampled_from(scalars))
    there = apply_edits(text, 0, None, (SetField(path, "other"),))
    assert apply_edits(there, 0, None, (SetField(path, at(value, path)),)) == text


def _is_word(value: Any) -> bool:
    # JSON may have written anything else with escapes, which do not come back.
    return isinstance(value, str) and value.isascii() and "\n" not in value


@thorough
@given(st.data())
def test_a_new_field_comes_and_goes_to_the_byte(data: st.DataObject) -> None:
    """A field added to a collection that has some, and removed, leaves the file as it was."""
    value, text = data.draw(texts())
    full = [
        path
        for path in [(), *paths(value)]
        if at(value, path) and isinstance(at(value, path), dict)
    ]
    path = (*data.draw(st.sampled_from(full)), "new")
    there = apply_edits(text, 0, None, (SetField(path, data.draw(WORDS)),))
    assert apply_edits(there, 0, None, (RemoveField(path),)) == text


@thorough
@given(st.data())
def test_objects_of_a_file_are_edited_independently(data: st.DataObject) -> None:
    """Documents and items of a list, several edits each, in one go: each means its own edits."""
    # JSON's escapes beyond the first plane are JSON's alone: no YAML file can hold them.
    objects = [data.draw(texts().filter(lambda drawn: "\\ud" not in drawn[1])) for _ in range(2)]
    body = "\n".join(_as_item(text) for _, text in objects)
    separate = "\n---\n".join(text.rstrip("\r\n") for _, text in objects)
    changes = [(_two(data, value), value) for value, _ in objects]
    targets = [Target(index, None, edits) for index, (edits, _) in enumerate(changes)]
    after = [edited(value, edits) for edits, value in changes]
    assert same(read_values(apply_all(separate + "\n", targets)), after)
    items = [Target(0, index, edits) for index, (edits, _) in enumerate(changes)]
    assert same(read_values(apply_all(f"items:\n{body}\n", items))[0], {"items": after})


def _two(data: st.DataObject, value: dict[str, Any]) -> tuple[Edit, ...]:
    first = data.draw(edits(value))
    return first, data.draw(edits(edited(value, (first,))))


def _as_item(text: str) -> str:
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    return "\n".join(["-", *(f"  {line}" if line else line for line in lines)])
