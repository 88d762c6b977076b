"""The matrix: namespaces by verbs, for one policy and for two."""

import pytest

from k8sharden.analysis.rbac.matrix import COLUMNS, Amount, Cell, Cells, compared, matrix_of
from k8sharden.model import objects as o
from tests.analysis.rbac.made import EVERYTHING, STAR, policy, rule, urls, who

ADA = who("User ada")


def cell(cells: Cells, verb: str) -> Cell:
    """Return the cell of a column."""
    return cells[COLUMNS.index(verb)]


def test_everything_is_all_in_every_column() -> None:
    """`cluster-admin` everywhere is one row, also where namespaces bind something as well."""
    made = policy(
        {"root": EVERYTHING, "reader": [rule("get", "pods")]},
        "a: root to User ada",
        "b: reader to User ada in shop",
    )
    (row,) = matrix_of(ADA, made)
    assert row.namespaces == ()
    assert {each.amount for each in row.cells} == {Amount.ALL}
    assert "secrets" in cell(row.cells, "list").dangerous


def test_the_group_of_masters_may_do_everything() -> None:
    """No binding is needed for it."""
    (row,) = matrix_of(who("Group system:masters"), policy({}))
    assert {each.amount for each in row.cells} == {Amount.ALL}


@pytest.mark.parametrize(
    ("given", "verb", "expected"),
    [
        (rule("get", "pods"), "get", Cell(Amount.SOME)),
        (rule("get", "pods"), "list", Cell()),
        (rule("get", "secrets", names="one"), "get", Cell(Amount.SOME, ("secrets",))),
        (rule("get", "*"), "get", Cell(Amount.SOME, ("nodes/proxy", "secrets"))),
        (
            o.PolicyRule(["delete"], STAR, STAR, ["x"]),
            "delete",
            Cell(Amount.SOME, ("nodes/proxy",)),
        ),
        (rule("deletecollection", "pods"), "other", Cell(Amount.SOME)),
        (o.PolicyRule(["bind"], STAR, ["roles"]), "other", Cell(Amount.SOME, ("roles",))),
        (o.PolicyRule(["use"], STAR, STAR), "other", Cell(Amount.SOME)),
        (urls("*", "*"), "get", Cell()),
        (o.PolicyRule(["get"], ["apps"], None), "get", Cell()),
    ],
)
def test_how_much_a_cell_says(given: o.PolicyRule, verb: str, expected: Cell) -> None:
    """None, some or all resources, and what is dangerous among them."""
    (row,) = matrix_of(ADA, policy({"r": [given]}, "b: r to User ada"), minor=36)
    found = cell(row.cells, verb)
    assert found.amount == expected.amount
    assert set(expected.dangerous) <= set(found.dangerous)
    assert bool(found.dangerous) == bool(expected.dangerous)


def test_get_on_exec_is_dangerous_only_in_old_servers() -> None:
    """Since 1.35 a WebSocket needs `create`, too; where the version is not known it counts."""
    made = policy({"r": [rule("get", "pods/exec")]}, "b: r to User ada")
    found = [cell(matrix_of(ADA, made, minor)[0].cells, "get") for minor in (36, 34, None)]
    assert [each.dangerous for each in found] == [(), ("pods/exec",), ("pods/exec",)]


def test_a_namespace_shows_what_holds_everywhere_too() -> None:
    """Its row is what somebody may do there, by whichever binding."""
    made = policy(
        {"reader": [rule("get", "pods")], "writer": [rule("delete", "pods")]},
        "a: reader to User ada",
        "b: writer to User ada in shop",
    )
    everywhere, shop = matrix_of(ADA, made)
    assert shop.namespaces == ("shop",)
    assert cell(shop.cells, "get").amount == Amount.SOME
    assert cell(everywhere.cells, "delete").amount == Amount.NONE


def test_a_role_binding_gives_nothing_that_has_no_namespace() -> None:
    """A node's proxy is out of its reach, whatever the role says."""
    made = policy({"r": [rule("get", "nodes/proxy secrets")]}, "b: r to User ada in shop")
    assert cell(matrix_of(ADA, made)[1].cells, "get").dangerous == ("secrets",)


def test_namespaces_that_are_alike_share_a_row() -> None:
    """Thousands of them need no thousands of rows; those that add nothing need none."""
    spaces = [f"n{number:04}" for number in range(3000)]
    made = policy(
        {"reader": [rule("get", "pods")], "writer": [rule("create", "pods")]},
        "a: reader to User ada",
        *(f"b: writer to User ada in {space}" for space in spaces),
        *(f"c: reader to User ada in x{space}" for space in spaces),
    )
    rows = matrix_of(ADA, made)
    assert [row.namespaces for row in rows] == [(), tuple(spaces)]


def test_before_and_after_stand_side_by_side() -> None:
    """From everywhere to one namespace: both rows change, and what stays is there as well."""
    roles = {"reader": [rule("get", "secrets")], "own": [rule("*", "pods")]}
    same = "o: own to User ada in home"
    before = policy(roles, same, "a: reader to User ada")
    after = policy(roles, same, "a: reader to User ada in shop")
    found = {row.namespaces: row for row in compared(ADA, before, after)}
    assert set(found) == {(), ("home",), ("shop",)}
    assert cell(found[()].before, "get") == Cell(Amount.SOME, ("secrets",))
    assert cell(found[()].after, "get") == Cell()
    assert not found["shop",].changed
    assert cell(found["home",].after, "get") == Cell(Amount.SOME)


def test_without_a_change_no_row_changes() -> None:
    """The same policy twice is the matrix of one."""
    made = policy({"reader": [rule("get", "secrets")]}, "a: reader to User ada in shop")
    rows = compared(ADA, made, made)
    assert not any(row.changed for row in rows)
    assert [(row.namespaces, row.after) for row in rows] == list(map(tuple, matrix_of(ADA, made)))
