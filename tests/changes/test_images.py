"""Edits of image references: moved and pinned in one write, and never over somebody's change."""

import pytest

from k8sharden.changes.bind import Drift, bind
from k8sharden.changes.compose import Wanted, compose
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Edit,
    Named,
    Patch,
    Path,
    Risk,
    SetField,
    SetImage,
)
from k8sharden.model.edits import EditConflict, edited
from k8sharden.model.ref import Ref

POD = Ref("v1", "Pod", "shop", "web")
PATH: Path = ("spec", "containers", Named("name", "web"), "image")
ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def _pod(image: str) -> dict[str, object]:
    return {"kind": "Pod", "spec": {"containers": [{"name": "web", "image": image}]}}


def _wanted(name: str, edit: Edit) -> Wanted:
    change = Change(ChangeKind.PATCH, name, Risk.RESTART, (Patch(POD, (edit,)),))
    return Wanted(change, (name,))


@pytest.mark.parametrize(
    ("before", "repository", "digest", "after"),
    [
        ("nginx", "", ONE, f"nginx@{ONE}"),
        ("nginx:1", "", ONE, f"nginx:1@{ONE}"),
        ("nginx:1", "m.example/nginx", "", "m.example/nginx:1"),
        (f"a:5000/b@{ONE}", "m.example/b", "", f"m.example/b@{ONE}"),
        (f"a:5000/b:1@{ONE}", "m.example/b", TWO, f"m.example/b:1@{TWO}"),
        ("a:5000/b", "", ONE, f"a:5000/b@{ONE}"),
        ("[::1]:5000/b:1", "", ONE, f"[::1]:5000/b:1@{ONE}"),
    ],
)
def test_the_parts_that_are_not_changed_stay(
    before: str, repository: str, digest: str, after: str
) -> None:
    """A port is no tag, a tag outlives both, and a digest outlives a move."""
    assert SetImage(PATH, before, repository, digest).value == after


def test_a_move_and_a_pin_become_one_write_in_either_order() -> None:
    """One object, one write: the image is pulled from elsewhere, by its digest."""
    move = _wanted("move", SetImage(PATH, "nginx:1", repository="m.example/nginx"))
    pin = _wanted("pin", SetImage(PATH, "nginx:1", digest=ONE))
    for both in ([move, pin], [pin, move]):
        composed, refused = compose(both)
        assert refused == []
        (write,) = composed[0].change.writes
        bound = bind(write, _pod("nginx:1"))
        assert bound.after == _pod(f"m.example/nginx:1@{ONE}")
        assert len(bound.fields) == 1


@pytest.mark.parametrize(
    "other",
    [SetImage(PATH, "nginx:1", digest=TWO), SetImage(PATH, "nginx:2", repository="m.example/nginx"),
     SetField(PATH, "nginx:3")],
)  # fmt: skip
def test_what_disagrees_is_not_merged(other: Edit) -> None:
    """Two digests, two readings of one image, or a field that is set: the second one waits."""
    composed, refused = compose(
        [_wanted("a", SetImage(PATH, "nginx:1", digest=ONE)), _wanted("b", other)]
    )
    assert len(composed) == 1
    assert [name for name, _ in refused] == ["b"]


def test_an_image_that_somebody_changed_is_drift() -> None:
    """The digest of one version is never put behind the tag of another."""
    pin = Patch(POD, (SetImage(PATH, "nginx:1", digest=ONE),))
    with pytest.raises(Drift, match="nginx:2 now"):
        bind(pin, _pod("nginx:2"))
    with pytest.raises(EditConflict, match="was nginx:1"):
        edited(_pod("nginx:2"), pin.edits)
    assert bind(pin, _pod(f"nginx:1@{ONE}")).idle
