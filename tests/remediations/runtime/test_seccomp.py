"""The seccomp fix: as few words as possible in the template, and what has to be said beside it."""

from k8sharden.model.change import Change, Patch, RemoveField
from remediations.runtime import seccomp
from tests.remediations import harness
from tests.remediations.harness import Document

FAIL = {path.stem: path for path in harness.fixtures(seccomp.ITEM.id, "fail")}


def _fixed(fixture: str) -> tuple[Change, Document]:
    docs = harness.read(FAIL[fixture])
    change = harness.remedy(seccomp.ITEM, docs)
    assert isinstance(change, Change)
    spec: Document = harness.applied(docs, [change])[0]["spec"]["template"]["spec"]
    return change, spec


def _profiles(spec: Document) -> list[str | None]:
    """Return the profiles of the pod and of each container, None where there is none."""
    contexts = [
        spec.get("securityContext"),
        *(c.get("securityContext") for c in spec["containers"]),
    ]
    return [((context or {}).get("seccompProfile") or {}).get("type") for context in contexts]


def test_one_profile_for_the_pod_serves_all_that_have_none() -> None:
    """Containers inherit it, so they need none of their own; the annotation of old is named."""
    change, spec = _fixed("unset")
    assert _profiles(spec) == ["RuntimeDefault", None]
    assert "annotations" in change.warnings[0]


def test_a_container_that_opted_out_is_changed_itself() -> None:
    """Its own word wins over the pod's, so the pod's profile, which is right, is not touched."""
    change, spec = _fixed("container-opts-out")
    assert _profiles(spec) == ["RuntimeDefault", None, "RuntimeDefault"]
    assert len(change.writes[0].edits) == 1  # type: ignore[union-attr]


def test_a_profile_from_the_node_stays() -> None:
    """Somebody wrote it for this container: replacing it would loosen or break it."""
    _, spec = _fixed("pod-opts-out")
    assert _profiles(spec) == ["RuntimeDefault", None, "Localhost"]


def test_a_privileged_container_is_said_to_ignore_the_profile() -> None:
    """The field is set all the same, since admission asks for it, and nobody is misled."""
    change, spec = _fixed("mixed")
    assert _profiles(spec) == ["RuntimeDefault", None, "RuntimeDefault"]
    assert any("runs unconfined all the same: container tracer" in w for w in change.warnings)


def test_an_annotation_that_contradicts_the_profile_goes() -> None:
    """The server would refuse the pods; the others, which nothing reads, are not touched."""
    change, _ = _fixed("annotated")
    (write,) = change.writes
    assert isinstance(write, Patch)
    gone = [edit.path[-1] for edit in write.edits if isinstance(edit, RemoveField)]
    assert gone == [
        "container.seccomp.security.alpha.kubernetes.io/gateway",
        "seccomp.security.alpha.kubernetes.io/pod",
    ]
    assert "say otherwise" in change.warnings[0]
