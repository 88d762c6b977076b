"""Manifests elsewhere: which of our fields the next ``kubectl apply`` would put back."""

import json
from typing import Any

import pytest

from k8sharden.changes.bind import bind
from k8sharden.changes.bookkeeping import LAST_APPLIED
from k8sharden.changes.elsewhere import elsewhere
from k8sharden.model.change import Delete, SetField, Write
from tests.changes.values import CONTAINER, SPEC, WEB, deployment, patch

NAMED = patch(SetField((*CONTAINER, "image"), "web:2"))
UNNAMED = patch(SetField((*SPEC, "hostUsers"), False))  # noqa: FBT003 - the field's value


def applied(text: str) -> dict[str, Any]:
    """Return the Deployment as client-side apply leaves it."""
    live = deployment()
    live["metadata"]["annotations"][LAST_APPLIED] = text
    return live


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (NAMED, "puts spec.template.spec.containers[name=web].image back"),
        (UNNAMED, "does not name these fields"),
        (Delete(WEB), "the next one makes it again"),
    ],
)
def test_the_hint_says_what_the_next_apply_does(write: Write, said: str) -> None:
    """Fields that the manifest names come back, others stay, and a deleted object is made again."""
    assert said in elsewhere(bind(write, applied(json.dumps(deployment()))))


def test_without_a_manifest_there_is_no_hint() -> None:
    """An object that nobody applied says nothing."""
    assert not elsewhere(bind(NAMED, deployment()))


@pytest.mark.parametrize("text", ["{", '{"a":' * 40_000])
def test_a_broken_annotation_still_hints(text: str) -> None:
    """Text that is no manifest names no field, and somebody applied it all the same."""
    assert "does not name" in elsewhere(bind(NAMED, applied(text)))
