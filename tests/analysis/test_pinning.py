"""What an image is pinned to, once a registry was asked."""

from collections.abc import Mapping
from typing import Any

import pytest

from k8sharden.model.change import Change, NoChange, Patch, SetImage
from remediations.images import no_digest
from tests.remediations import harness
from tests.remediations.harness import Document

REPOSITORY = "registry.kestrel.example/shop/cart"
CART = f"{REPOSITORY}:2"
ONE, TWO, INDEX = (f"sha256:{letter * 64}" for letter in "abc")
OWNER = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "cart", "controller": True}
SPEC = {"containers": [{"name": "cart", "image": CART}]}


def _docs(*image_ids: str, nodes: Mapping[str, str] = {}, **fact: Any) -> list[Document]:
    made: list[Document] = [
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"template": {"spec": SPEC}},
        },
        {
            "apiVersion": harness.OURS,
            "kind": "Evidence",
            "facts": {"images": {CART: fact} if fact else {}},
        },
    ]
    made += [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "status": {"nodeInfo": {"architecture": architecture}},
        }
        for name, architecture in nodes.items()
    ]
    made += [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"cart-{n}", "namespace": "shop", "ownerReferences": [OWNER]},
            "spec": {**SPEC, "nodeName": f"node-{n}"},
            "status": {"containerStatuses": [{"name": "cart", "imageID": image_id}]},
        }
        for n, image_id in enumerate(image_ids)
    ]
    return made


def _answer(docs: list[Document], **source: Any) -> tuple[str, str]:
    """Return the digest, and the warnings or the reason for none."""
    answer = harness.remedy(no_digest.ITEM, docs, **source)
    if isinstance(answer, NoChange):
        return "", answer.reason
    return _edit(answer).digest, " ".join(answer.warnings)


def _edit(change: Change) -> SetImage:
    write = change.writes[0]
    assert isinstance(write, Patch)
    edit = write.edits[0]
    assert isinstance(edit, SetImage)
    return edit


RUNS_ONE, RUNS_TWO = f"{REPOSITORY}@{ONE}", f"{REPOSITORY}@{TWO}"
MIXED = {"node-0": "amd64", "node-1": "arm64"}


def test_a_file_gets_the_registrys_digest() -> None:
    """Where nothing runs the registry is the only one who knows."""
    digest, said = _answer(_docs(digest=INDEX), source=harness.FILES)
    assert digest == INDEX
    assert "Needs testing" not in said


def test_what_a_registry_refused_is_the_reason() -> None:
    """Somebody who asked reads the answer, not the advice to ask."""
    digest, said = _answer(_docs(problem="It wants a login."), source=harness.FILES)
    assert (digest, said) == ("", "It wants a login.")


def test_what_runs_goes_before_what_the_registry_has_by_now() -> None:
    """A pin brings nothing new: the tag was moved since, and the change says so."""
    digest, said = _answer(_docs(RUNS_ONE, RUNS_ONE, digest=TWO))
    assert digest == ONE
    assert "another image" in said


def test_the_registry_confirms_the_index_on_mixed_nodes() -> None:
    """The warning about architectures goes away once the digest is known to be the index."""
    assert "amd64 and arm64" in _answer(_docs(f"{REPOSITORY}@{INDEX}", nodes=MIXED))[1]
    digest, said = _answer(
        _docs(f"{REPOSITORY}@{INDEX}", nodes=MIXED, digest=INDEX, index=True, manifests=[ONE, TWO])
    )
    assert digest == INDEX
    assert "Needs testing" not in said


def test_digests_of_one_index_are_pinned_to_the_index() -> None:
    """Some runtimes report the image of their architecture: together they are one index."""
    fact = {"digest": INDEX, "index": True, "manifests": [ONE, TWO]}
    assert _answer(_docs(RUNS_ONE, RUNS_TWO, nodes=MIXED, **fact))[0] == INDEX
    assert _answer(_docs(RUNS_ONE, RUNS_TWO, nodes=MIXED))[0] == ""


def test_replicas_that_differ_get_the_registrys_with_a_loud_warning() -> None:
    """Which one was meant only people know; where the registry has neither, nothing is pinned."""
    digest, said = _answer(_docs(RUNS_ONE, RUNS_TWO, digest=TWO))
    assert digest == TWO
    assert "Needs testing: replicas run 2 different images" in said
    assert _answer(_docs(RUNS_ONE, RUNS_TWO, digest=INDEX))[0] == ""


@pytest.mark.parametrize("image_id", [ONE, f"mirror.example/shop/cart@{ONE}"])
def test_what_came_from_elsewhere_is_pinned_with_a_warning(image_id: str) -> None:
    """An image's own id, or a mirror's digest, does not prove that the registry's is the same."""
    assert _answer(_docs(image_id))[0] == ""
    digest, said = _answer(_docs(image_id, digest=INDEX))
    assert digest == INDEX
    assert "Needs testing" in said
