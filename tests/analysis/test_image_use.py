"""The picture of registries: images counted once, with what is pinned, outside or dead."""

import msgspec

from k8sharden.analysis.image_use import INVALID, RegistryUse, notes, registries, together, unread
from k8sharden.model import kinds
from k8sharden.model.inventory import Coverage, Entry, OddObject
from tests.remediations import harness

FACTS = {
    "apiVersion": harness.OURS,
    "kind": "Evidence",
    "facts": {"allowed_registries": ["a.example", "k8s.gcr.io"]},
}


def _pod(name: str, *images: str) -> harness.Document:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": [{"name": f"c{n}", "image": each} for n, each in enumerate(images)]},
    }


def test_registries_come_with_the_most_images_first() -> None:
    """Short names are Docker Hub's; what no runtime would pull has a line of its own."""
    pinned = f"a.example/x@sha256:{'1' * 64}"
    docs = [
        _pod("one", "a.example/x:1", "a.example/y:1", pinned, "nginx", "UPPER"),
        _pod("two", "a.example/x:1", "k8s.gcr.io/pause:3", "my_registry.local/app"),
    ]
    found = registries(harness.inventory([*docs, FACTS]))
    assert found == (
        RegistryUse("a.example", 3, 1, 4),
        RegistryUse(INVALID, 2, 0, 2, outside=1),
        RegistryUse("docker.io", 1, 0, 1, outside=1),
        RegistryUse("k8s.gcr.io", 1, 0, 1, dead=1),
    )
    assert together(found) == RegistryUse("all", 7, 1, 8, outside=2, dead=1)
    assert notes(together(found)) == "2 not allowed, 1 without fixes"
    assert notes(found[0]) == ""


def test_no_images_are_no_share() -> None:
    """An empty cluster has a picture, too."""
    assert registries(harness.inventory([])) == ()
    assert together(()).share == 0


def test_what_was_not_read_may_hold_more_images() -> None:
    """A list that was refused, and one object that is odd, are named: none is not known then."""
    seen = harness.inventory([_pod("one", "a.example/x:1")])
    assert unread(seen) == ""
    part = Entry(kinds.PODS.key, Coverage.READ, namespaces=frozenset({"shop"}))
    odd = OddObject(kinds.DEPLOYMENTS.ref("bank", "vault"), "spec is a list")
    seen = msgspec.structs.replace(seen, ledger={**seen.ledger, kinds.PODS.key: part}, odd=(odd,))
    assert unread(seen) == (
        "Not all was read: there may be more images in pods, Deployment bank/vault."
    )
    assert unread(seen, ["shop"]) == ""
    assert unread(seen, ["shop", "bank"]) == unread(seen)
