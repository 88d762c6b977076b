"""Composition: one object, one write, in whatever order the findings come."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from k8sharden.changes.compose import Wanted, compose
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Create,
    Delete,
    Edit,
    File,
    Patch,
    Risk,
    SetField,
)
from k8sharden.model.ref import Ref
from tests.changes.values import CONTAINER, WEB, edits, patch

OTHER = Ref("apps/v1", "Deployment", "shop", "cart")


def wanted(finding: str, *edits: Edit, risk: Risk = Risk.SAFE) -> Wanted:
    """Return a change of the Deployment for one finding."""
    change = Change(
        ChangeKind.PATCH, finding, risk, (patch(*edits),), basis={finding: 1}, warnings=(finding,)
    )
    return Wanted(change, (finding,))


def test_four_findings_are_one_write() -> None:
    """Changes of one object become one patch that says everything the four said."""
    four = [
        wanted("a", SetField((*CONTAINER, "a"), 1)),
        wanted("b", SetField((*CONTAINER, "b"), 1), risk=Risk.RESTART),
        wanted("c", SetField((*CONTAINER, "c"), 1)),
        wanted("d", SetField((*CONTAINER, "a"), 1)),
    ]
    results = [compose(list(order)) for order in itertools.permutations(four)]
    (merged,), refused = results[0]
    assert not refused
    assert all(result == results[0] for result in results)
    assert merged.change.risk is Risk.RESTART
    assert set(merged.findings) == set("abcd")
    assert merged.change.basis == {"a": 1, "b": 1, "c": 1, "d": 1}
    (write,) = merged.change.writes
    assert isinstance(write, Patch)
    assert len(write.edits) == 3


def test_a_clash_is_refused_with_its_reason() -> None:
    """Two values for one field do not go into one write: the second finding stays open."""
    one = wanted("a", SetField((*CONTAINER, "image"), "x"))
    two = wanted("b", SetField((*CONTAINER, "image"), "y"))
    composed, refused = compose([one, two])
    assert len(composed) == 1
    ((finding, reason),) = refused
    assert finding == "b"
    assert "another value" in reason


def test_a_patch_does_not_join_a_delete() -> None:
    """An object that one change removes is not patched by another."""
    gone = Wanted(
        Change(ChangeKind.GROUP, "gone", Risk.ACCESS, (Delete(OTHER), Delete(WEB))), ("g",)
    )
    composed, refused = compose([wanted("a", SetField((*CONTAINER, "a"), 1)), gone])
    assert [want.findings for want in composed] == [("g",)]
    assert refused[0][0] == "a"


@given(st.lists(edits(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_composition_does_not_depend_on_the_order(
    drawn: list[tuple[Edit, ...]], random: st.DataObject
) -> None:
    """Whatever order the findings come in, the composed writes are the same."""
    wants = [wanted(f"f{number}", *some) for number, some in enumerate(drawn)]
    shuffled = list(wants)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random, typed as data
    assert compose(wants) == compose(shuffled)


def test_one_artefact_that_answers_two_findings_is_written_once() -> None:
    """Two old nodes get one runbook, and another artefact of the same title stays another."""
    runbook, other = (
        Change(ChangeKind.ARTEFACT, "Bring kubelets up", Risk.RESTART, files=(File("R.md", text),))
        for text in ("one", "two")
    )
    found, refused = compose(
        [Wanted(runbook, ("a",)), Wanted(other, ("b",)), Wanted(runbook, ("c",))]
    )
    assert not refused
    assert [(each.change, each.findings) for each in found] == [
        (runbook, ("a", "c")),
        (other, ("b",)),
    ]


def test_an_object_that_a_group_makes_anyway_is_made_once() -> None:
    """Two findings may want one and the same new object; the group then answers both."""
    policy, deny = Create(OTHER, {"spec": 1}), Create(WEB, {"spec": 2})
    group = Change(ChangeKind.GROUP, "close", Risk.TRAFFIC, (policy, deny), basis={"a": 1})
    single = Change(ChangeKind.CREATE, "cover", Risk.TRAFFIC, (policy,), basis={"b": 1})
    (merged,), refused = compose([Wanted(single, ("s",)), Wanted(group, ("g",))])
    assert not refused
    assert merged.change.kind is ChangeKind.GROUP
    assert merged.change.writes == (policy, deny)
    assert merged.change.basis == {"a": 1, "b": 1}
    assert set(merged.findings) == {"s", "g"}


def test_an_object_of_another_content_is_refused() -> None:
    """One name cannot stand for two objects: the second finding stays open."""
    group = Change(
        ChangeKind.GROUP, "close", Risk.TRAFFIC, (Create(OTHER, {"spec": 1}), Create(WEB, {}))
    )
    single = Change(ChangeKind.CREATE, "cover", Risk.TRAFFIC, (Create(OTHER, {"spec": 3}),))
    composed, refused = compose([Wanted(single, ("s",)), Wanted(group, ("g",))])
    assert len(composed) == 1
    ((finding, reason),) = refused
    assert finding == "s"
    assert "rewrites" in reason
