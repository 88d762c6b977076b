"""Tests of edits in a manifest's own text: what changes, and that nothing else does."""

import json

import pytest

from k8sharden.export.places import SpliceRefused
from k8sharden.export.splice import (
    Target,
    apply_all,
    apply_edits,
    insert_document,
    remove_document,
)
from k8sharden.export.yaml_values import read_values
from k8sharden.model.change import AddElement, Edit, Named, RemoveField, SetField
from k8sharden.model.edits import EditConflict

WEB = Named("name", "web")
C = ("spec", "containers")
SC = (*C, WEB, "securityContext")
TMP = {"name": "tmp", "emptyDir": {}}

# A name, the text before, the edits, the text after.
TABLE: list[tuple[str, str, tuple[Edit, ...], str]] = [
    (
        "a plain scalar keeps its comment",
        "a: 1   # one\nb: 2\n",
        (SetField(("a",), 3),),
        "a: 3   # one\nb: 2\n",
    ),
    (
        "quotes stay what they were",
        "a: 'x' # c\nb: \"y\"\nc: z\n",
        (SetField(("a",), "it's"), SetField(("b",), "z"), SetField(("c",), "0644")),
        "a: 'it''s' # c\nb: \"z\"\nc: \"0644\"\n",
    ),
    (
        "the value that is there already changes nothing",
        "a:   'x'\nb: {c: [1]}\n",
        (SetField(("a",), "x"), SetField(("b",), {"c": [1]})),
        "a:   'x'\nb: {c: [1]}\n",
    ),
    (
        "what stays in a shorter list keeps its line and comment",
        "add: # why\n  - A # a\n  # of b\n  - B # b\n  - C\n  - 'D' # d\nb: 1\n",
        (SetField(("add",), ["A", "D"]),),
        "add: # why\n  - A # a\n  # of b\n  - 'D' # d\nb: 1\n",
    ),
    (
        "a shorter list at the end of a text without a last newline",
        "add:\n- A # a\n- B\n- C",
        (SetField(("add",), ["A"]),),
        "add:\n- A # a",
    ),
    (
        "a shorter list without its first elements",
        "add:\n- A # a\n- B\n- C # c\n- D\nb: 1\n",
        (SetField(("add",), ["C"]),),
        "add:\n- C # c\nb: 1\n",
    ),
    (
        "a list in another order is written anew",
        "add:\n- A # a\n- B\n- C\n",
        (SetField(("add",), ["B", "A"]),),
        "add:\n- B\n- A\n",
    ),
    ("one is not true", "a: 1\n", (SetField(("a",), value=True),), "a: true\n"),
    (
        "strings that would be something else are quoted",
        "a: x\n",
        tuple(SetField((key,), key) for key in ("1.36", "0644", "on", "v1.36", "~")),
        'a: x\n"1.36": "1.36"\n"0644": "0644"\n"on": "on"\nv1.36: v1.36\n"~": "~"\n',
    ),
    (
        "a new key stands behind the last sibling, before what belongs to the next",
        "spec:\n    a: 1 # one\n    # of spec\n\n# of other\nother: 2\n",
        (SetField(("spec", "b"), 2),),
        "spec:\n    a: 1 # one\n    b: 2\n    # of spec\n\n# of other\nother: 2\n",
    ),
    (
        "missing parents are made with the document's indentation",
        "spec:\n    a: 1\n",
        (SetField(("spec", "b", "c", "d"), 1),),
        "spec:\n    a: 1\n    b:\n        c:\n            d: 1\n",
    ),
    (
        "a null of no characters takes a mapping, its comment stays",
        "spec:\n  sc:  # why\n  x: 1\n",
        (SetField(("spec", "sc", "a"), 1),),
        "spec:\n  sc:  # why\n    a: 1\n  x: 1\n",
    ),
    ("a null takes a scalar", "a: # c\nb: ~\n", (SetField(("a",), 1),), "a: 1 # c\nb: ~\n"),
    (
        "a written null and empty braces give way to a block",
        "a: null # n\nb: {} # e\nc: []\n",
        (
            SetField(("a", "x"), 1),
            SetField(("b", "u"), 2),
            AddElement(("c",), "name", {"name": "z"}),
        ),
        "a: # n\n  x: 1\nb: # e\n  u: 2\nc:\n- name: z\n",
    ),
    (
        "braces stay braces",
        "a: {b: {c: 1}, d: [x]} # f\n",
        (SetField(("a", "b", "e"), "on"), SetField(("a", "d"), ["ALL"]), SetField(("a", "f"), {})),
        'a: {b: {c: 1, e: "on"}, d: [ALL], f: {}} # f\n',
    ),
    (
        "braces over several lines get another line",
        "a: {\n  b: 1,\n  c: 2 # two\n}\nd: [\n  {name: x},\n]\n",
        (SetField(("a", "e"), 3), AddElement(("d",), "name", {"name": "w"})),
        "a: {\n  b: 1,\n  c: 2, # two\n  e: 3\n}\nd: [\n  {name: x},\n  {name: w},\n]\n",
    ),
    (
        "dashes flush with their key stay so",
        "spec:\n  containers:\n  - name: web\n    image: a\n  other: 1\n",
        (
            AddElement((*C,), "name", {"name": "b", "args": ["x"]}),
            SetField((*SC, "drop"), ["ALL"]),
        ),
        (
            "spec:\n  containers:\n  - name: web\n    image: a\n    securityContext:\n      drop:\n"
            "      - ALL\n  - name: b\n    args:\n    - x\n  other: 1\n"
        ),
    ),
    (
        "indented dashes stay so",
        "spec:\n  containers:\n    - name: web\n      image: a # i\n",
        (
            AddElement((*C,), "name", {"name": "b", "args": ["x"]}),
            AddElement(("spec", "volumes"), "name", TMP),
        ),
        (
            "spec:\n  containers:\n    - name: web\n      image: a # i\n    - name: b\n"
            "      args:\n        - x\n  volumes:\n    - name: tmp\n      emptyDir: {}\n"
        ),
    ),
    (
        "carriage returns stay, and new lines have them",
        "a:\r\n  b: 1\r\nc: 2\r\n",
        (SetField(("a", "d"), {"e": 1}), SetField(("c",), 3)),
        "a:\r\n  b: 1\r\n  d:\r\n    e: 1\r\nc: 3\r\n",
    ),
    ("a missing last newline stays missing", "a: 1", (SetField(("b",), 2),), "a: 1\nb: 2"),
    (
        "a missing last newline stays missing after a removal",
        "a: 1\nb: 2",
        (RemoveField(("b",)),),
        "a: 1",
    ),
    (
        "a key goes with its lines and its own comments",
        "a: 1\n# above\nb: # own\n  c: 1\n  # inside\n# below\nd: 1\n",
        (RemoveField(("b",)),),
        "a: 1\n# above\n# below\nd: 1\n",
    ),
    (
        "the first key behind a dash gives way to the next",
        "c:\n  - image: a # i\n    name: web\n",
        (RemoveField(("c", WEB, "image")),),
        "c:\n  -\n    name: web\n",
    ),
    (
        "the first key behind a dash, without a comment",
        "c:\n  - image: a\n    name: web\n",
        (RemoveField(("c", WEB, "image")),),
        "c:\n  - name: web\n",
    ),
    (
        "the last key leaves empty braces",
        "a:\n  b: 1 # own\nc: 1\n",
        (RemoveField(("a", "b")),),
        "a: {}\nc: 1\n",
    ),
    (
        "the last element leaves empty brackets",
        "a: # c\n- name: web\n  x: 1\nc: 1\n",
        (RemoveField(("a", WEB)),),
        "a: [] # c\nc: 1\n",
    ),
    (
        "an element goes, wherever it stands",
        "a:\n  - name: x\n  # of web\n  - name: web\n    b: 1\n    # own\n\n  - name: y\n",
        (RemoveField(("a", WEB)),),
        "a:\n  - name: x\n  # of web\n\n  - name: y\n",
    ),
    (
        "elements in brackets go with their comma",
        "a: [{name: x}, {name: web}, {name: y}]\nb: {c: 1, d: 2, e: 3}\n",
        (RemoveField(("a", WEB)), RemoveField(("b", "c")), RemoveField(("b", "e"))),
        "a: [{name: x}, {name: y}]\nb: {d: 2}\n",
    ),
    (
        "block scalars nearby keep every line",
        "a:\n  b: |\n    x\n\n    y\n\n  # c\nd: |+\n  z\n\n",
        (SetField(("a", "e"), 1), SetField(("f",), 2)),
        "a:\n  b: |\n    x\n\n    y\n  e: 1\n\n  # c\nd: |+\n  z\n\nf: 2\n",
    ),
    (
        "a block scalar gives way, and comes",
        "a: |\n  x\n  y\nb: z\n",
        (SetField(("a",), "w"), SetField(("b",), "1\n2\n")),
        "a: w\nb: |\n  1\n  2\n",
    ),
    (
        "scalars over several lines are replaced whole",
        "a: x\n  y\n  z # c\nb: 'p\n\n  q'\n",
        (SetField(("a",), "w"), SetField(("b",), "r")),
        "a: w # c\nb: 'r'\n",
    ),
    (
        "a value on the line below its key",
        "a:\n  x\nb:\n  'y'\n",
        (SetField(("a",), "z"), SetField(("b",), {"c": 1})),
        "a:\n  z\nb:\n  c: 1\n",
    ),
    (
        "a mapping gives way to a scalar with the comments inside it",
        "a: # c\n  b: 1\n  # d\ne: 1\n",
        (SetField(("a",), 1),),
        "a: 1 # c\ne: 1\n",
    ),
    (
        "an element is replaced whole",
        "a:\n- name: x\n- name: web # c\n  b: 1\n",
        (SetField(("a", WEB), {"name": "web", "c": {"d": 1}}),),
        "a:\n- name: x\n- name: web\n  c:\n    d: 1\n",
    ),
    (
        "unicode, and text that must be escaped",
        "ä: 'ö' # ü\n",
        (SetField(("ä",), "😀"), SetField(("ß",), "a\u202eb")),
        "ä: '😀' # ü\nß: \"a\\u202eb\"\n",
    ),
    (
        "JSON keeps its indentation",
        '{\n    "a": {},\n    "b": [\n        1\n    ]\n}\n',
        (SetField(("a", "c"), "on"), SetField(("d",), {"e": [1]})),
        (
            '{\n    "a": {\n        "c": "on"\n    },\n    "b": [\n        1\n    ],\n    "d": {\n'
            '        "e": [\n            1\n        ]\n    }\n}\n'
        ),
    ),
    (
        "JSON keeps its tabs",
        '{\n\t"a": null\n}',
        (SetField(("a", "c"), 1),),
        '{\n\t"a": {\n\t\t"c": 1\n\t}\n}',
    ),
    (
        "JSON on one line stays on it",
        '{"a":{"b":1},"c":[{"name":"web"}]}',
        (SetField(("a", "d"), [1, 2]), RemoveField(("a", "b")), SetField(("c", WEB, "x"), "é")),
        '{"a":{"d":[1,2]},"c":[{"name":"web","x":"é"}]}',
    ),
]


@pytest.mark.parametrize(
    ("before", "edits", "after"), [pytest.param(*r[1:], id=r[0]) for r in TABLE]
)
def test_an_edit_changes_exactly_what_it_must(
    before: str, edits: tuple[Edit, ...], after: str
) -> None:
    """Each style of writing keeps its style, and every other byte stays."""
    assert apply_edits(before, 0, None, edits) == after


STREAM = "# first\r\na: 1\n---\n\n--- # third\nb: 'x'\n...\n# end\n---\nkind: List\nitems:\n"
LIST = "- a: {x: 1}\n  name: web # w\n- {a: 1}\n\n- c:\n  - name: web\n  # last\n"


def test_only_the_document_that_is_meant_changes() -> None:
    """Separators, empty documents, line ends and comments of the others stay."""
    assert apply_edits(STREAM + LIST, 2, None, (SetField(("b",), "y"),)) == (STREAM + LIST).replace(
        "'x'", "'y'"
    )


def test_items_of_a_list_are_edited_together() -> None:
    """Several objects of several documents change in one go, each where it stands."""
    targets = (
        Target(3, 0, (SetField(("a", "u"), 2), SetField(("b",), 3))),
        Target(0, None, (SetField(("a",), 2),)),
        Target(3, 2, (SetField(("c", WEB, "d"), 1), SetField(("e",), 1))),
        Target(3, 1, (SetField(("a",), 2),)),
    )
    assert apply_all(STREAM + LIST, targets) == STREAM.replace("a: 1", "a: 2") + (
        "- a: {x: 1, u: 2}\n  name: web # w\n  b: 3\n- {a: 2}\n\n- c:\n  - name: web\n    d: 1\n"
        "  e: 1\n  # last\n"
    )


def test_items_of_a_json_list_are_edited_where_they_stand() -> None:
    """The item keeps the indentation it has inside its list."""
    text = json.dumps({"kind": "List", "items": [{"a": 1}, {"b": {}}]}, indent=2)
    expected = {"kind": "List", "items": [{"a": 1, "c": {"d": 1}}, {"b": {"e": 1}}]}
    targets = (
        Target(0, 0, (SetField(("c", "d"), 1),)),
        Target(0, 1, (SetField(("b", "e"), 1),)),
    )
    assert apply_all(text, targets) == json.dumps(expected, indent=2)


TANGLED = """\
anchored: &a {x: 1}
alias: *a
merged: {<<: *a, w: 1}
tagged: !!map {z: 1}
above: {inner: &b {c: {d: 1}}}
twin: *b
list: [*a, {name: web}]
? [complex]
: 1
"""


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (SetField(("anchored", "x"), 2), "the anchor &a stands at line 1"),
        (SetField(("anchored",), 2), "the anchor &a"),
        (SetField(("alias", "x"), 2), "an alias stands at line 2"),
        (SetField(("alias",), 2), "an alias"),
        (SetField(("merged", "z"), 2), "a merge key"),
        (SetField(("merged",), 2), "a merge key|an alias"),
        (RemoveField(("merged", "w")), "a merge key"),
        (SetField(("tagged", "z"), 2), "a tag"),
        (SetField(("above", "inner", "c", "d"), 2), "the anchor &b stands at line 5"),
        (RemoveField(("above",)), "the anchor &b"),
        (SetField(("list",), []), "an alias"),
        (SetField(("list", Named("name", "no"), "x"), 1), "there is none"),
    ],
)
def test_what_is_tied_to_other_places_is_refused(edit: Edit, words: str) -> None:
    """An anchor, alias, merge key or tag on the way or under the edit, with its line."""
    text = TANGLED.partition("?")[0]
    with pytest.raises((SpliceRefused, EditConflict), match=words):
        apply_edits(text, 0, None, (edit,))


def test_an_element_is_found_by_its_number() -> None:
    """A port is named by its number, however the file writes it; text is no number."""
    text = 'ports:\n- containerPort: "80"\n- {containerPort: 80, hostPort: 80}\n'
    path = ("ports", Named("containerPort", 80), "hostPort")
    assert apply_edits(text, 0, None, (RemoveField(path),)) == text.replace(", hostPort: 80", "")


def test_a_file_with_aliases_is_edited_beside_them() -> None:
    """What no anchor ties to other places can be edited, in a file full of them."""
    text = TANGLED.partition("?")[0]
    edits = (
        SetField(("merged", "w"), 2),
        SetField(("list", WEB, "v"), 1),
        AddElement(("list",), "name", {"name": "z"}),
    )
    assert apply_edits(text, 0, None, edits) == text.replace("w: 1", "w: 2").replace(
        "{name: web}]", "{name: web, v: 1}, {name: z}]"
    )


def test_an_element_that_is_not_there_is_refused_before_anything_changes() -> None:
    """A conflict is the plain sentence of the edit, not of the text."""
    with pytest.raises(EditConflict, match="there is none"):
        apply_edits("c: [{name: x}]", 0, None, (RemoveField(("c", WEB)),))


NEW = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "on"}}
NEW_TEXT = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "on"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", NEW_TEXT),
        ("a: 1\n", "a: 1\n---\n" + NEW_TEXT),
        ("a: 1", "a: 1\n---\n" + NEW_TEXT),
        ("a: 1\n---\n", "a: 1\n---\n" + NEW_TEXT),
        ("a: 1\r\n", ("a: 1\n---\n" + NEW_TEXT).replace("\n", "\r\n")),
    ],
)
def test_a_document_is_added_at_the_end(before: str, after: str) -> None:
    """The others stay as they are, with a separator between."""
    assert insert_document(before, NEW) == after


def test_a_json_file_takes_no_further_document() -> None:
    """A second document behind JSON would not be JSON any more."""
    with pytest.raises(SpliceRefused, match="file of its own"):
        insert_document("{}", NEW)


@pytest.mark.parametrize(
    ("text", "document", "item", "after"),
    [
        ("a: 1\n", 0, None, ""),
        ("# c\n---\na: 1\n", 1, None, ""),
        ("a: 1\n---\nb: 1\n---\nc: 1\n", 0, None, "b: 1\n---\nc: 1\n"),
        ("a: 1\n---\nb: 1\n---\nc: 1\n", 1, None, "a: 1\n---\nc: 1\n"),
        ("a: 1\n---\nb: 1\n---\nc: 1", 2, None, "a: 1\n---\nb: 1\n"),
        ("---\na: 1\n---\nb: 1\n", 1, None, "---\nb: 1\n"),
        ("items:\n- a: 1\n- b: 1\n", 0, 0, "items:\n- b: 1\n"),
        ("items:\n- a: 1\n", 0, 0, "items: []\n"),
        ('{"items": [{"a": 1}, {"b": 1}]}', 0, 1, '{"items": [{"a": 1}]}'),
    ],
)
def test_an_object_is_taken_out(text: str, document: int, item: int | None, after: str) -> None:
    """A document goes with its separator, an item with its dash or comma."""
    result = remove_document(text, document, item)
    assert result == after
    if item is None:
        rest = [value for value in read_values(text) if value is not None]
        del rest[document - text.startswith(("#", "---"))]
        assert [value for value in read_values(result) if value is not None] == rest
