"""Pinning images: where the digest comes from, and why there may be none."""

import pytest

from k8sharden.model.change import Change, NoChange
from remediations.images import no_digest
from tests.remediations import harness
from tests.remediations.harness import Document

FAIL = {path.stem: path for path in harness.fixtures(no_digest.ITEM.id, "fail")}


def _answer(name: str, *more: Document) -> Change | NoChange:
    return harness.remedy(no_digest.ITEM, [*harness.read(FAIL[name]), *more])


def _node(name: str, architecture: str) -> Document:
    info = {"architecture": architecture, "operatingSystem": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"nodeInfo": info},
    }


def test_the_tag_stays_and_each_container_gets_its_own_digest() -> None:
    """People read the tag, the runtime the digest; the plan rests on the digests and says so."""
    docs = harness.read(FAIL["replicas-agree"])
    change = _answer("replicas-agree")
    assert isinstance(change, Change)
    digests = {name.removeprefix("digest of "): digest for name, digest in change.basis.items()}
    spec = harness.applied(docs, [change])[0]["spec"]["template"]["spec"]
    tag = "registry.kestrel.example/shop/web:1.8"
    assert set(digests) == {"migrate", "web"}
    assert digests["migrate"] != digests["web"]
    assert spec["initContainers"][0]["image"] == f"{tag}@{digests['migrate']}"
    assert [each["image"].split("@")[0] for each in spec["containers"]] == ["nginx:1.29", tag]
    assert spec["containers"][1]["image"] == f"{tag}@{digests['web']}"


def test_a_short_name_is_kept_as_it_was_written() -> None:
    """The digest is looked up by the full name; the author's spelling is not our business."""
    change = _answer("short-name")
    assert isinstance(change, Change)
    docs = harness.applied(harness.read(FAIL["short-name"]), [change])
    image = docs[0]["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.startswith("nginx@sha256:")


@pytest.mark.parametrize(
    ("fixture", "words"),
    [
        ("drift", "Replicas run 2 different images"),
        ("not-running", "No pod of it runs"),
        ("local-id", "loaded by hand"),
        ("mirror", "no digest of registry.kestrel.example/shop/cart"),
        ("another-image", "wait for the rollout"),
        ("broken-digest", "no valid reference"),
    ],
)
def test_where_no_digest_is_sure_the_reason_says_why(fixture: str, words: str) -> None:
    """A digest is never invented: each way of not knowing has its own sentence."""
    answer = _answer(fixture)
    assert isinstance(answer, NoChange)
    assert words in answer.reason


@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_a_file_alone_does_not_tell_the_digest(kind: str) -> None:
    """A manifest names a tag only: the reason sends its reader to the cluster or the build."""
    pod = {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    document = {
        "apiVersion": "v1" if kind == "Pod" else "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        **(pod if kind == "Pod" else {"spec": {"template": pod}}),
    }
    answer = harness.remedy(no_digest.ITEM, [document], harness.FILES)
    assert isinstance(answer, NoChange)
    assert "scan the cluster" in answer.reason


def test_mixed_nodes_bring_a_warning() -> None:
    """The digest of one architecture's image starts on no other."""
    alike = _answer("replicas-agree", _node("worker-1", "amd64"), _node("worker-2", "amd64"))
    mixed = _answer("replicas-agree", _node("worker-1", "arm64"), _node("worker-2", "amd64"))
    assert isinstance(alike, Change)
    assert isinstance(mixed, Change)
    assert len(mixed.warnings) == len(alike.warnings) + 1
    assert "amd64 and arm64" in mixed.warnings[-1]
