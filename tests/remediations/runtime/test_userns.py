"""The patch that gives a pod a user namespace: one field, and all its conditions said."""

from k8sharden.model.change import Change, Listing, NoChange, Patch, SetField
from remediations.runtime import userns
from tests.remediations import harness
from tests.remediations.harness import Document

NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "worker-1"},
    "status": {"nodeInfo": {"kernelVersion": "6.12.41", "operatingSystem": "linux"}},
}


def _deployment(**spec: object) -> Document:
    containers = [{"name": "web", "image": "nginx:1.29"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": containers, **spec}}},
    }


def test_it_is_one_field_of_the_pod_and_rests_on_the_nodes() -> None:
    """A node that joins before it is applied is looked at again."""
    change = harness.remedy(userns.ITEM, [_deployment(), NODE])
    assert isinstance(change, Change)
    (write,) = change.writes
    assert isinstance(write, Patch)
    assert write.edits == (SetField(("spec", "template", "spec", "hostUsers"), False),)  # noqa: FBT003
    assert change.rests_on == (Listing("nodes"),)
    assert all(warning.startswith("Needs testing") for warning in change.warnings)


def test_unread_nodes_and_claims_are_said_to_need_a_test() -> None:
    """What nobody could look at is never taken for granted."""
    claim = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    read = harness.remedy(userns.ITEM, [_deployment(), NODE])
    unread = harness.remedy(userns.ITEM, [_deployment(volumes=claim)])
    assert isinstance(read, Change)
    assert isinstance(unread, Change)
    assert len(read.warnings) == 1
    assert "nodes were not read" in unread.warnings[0]
    assert "file system of data" in unread.warnings[1]


def test_the_first_nodes_that_cannot_are_named_with_their_reason() -> None:
    """Whoever looks after the nodes knows what to upgrade, and a hundred of them fit on a line."""
    info = {"kernelVersion": "5.15.0", "operatingSystem": "linux"}
    old = [
        {**NODE, "metadata": {"name": f"old-{n}"}, "status": {"nodeInfo": info}} for n in range(9)
    ]
    answer = harness.remedy(userns.ITEM, [_deployment(), NODE, *old])
    assert isinstance(answer, NoChange)
    assert "old-0 (Linux 5.15)" in answer.reason
    assert "and 4 more" in answer.reason


def test_who_can_do_without_root_needs_no_user_namespace() -> None:
    """Not to be root answers both findings, and asks nothing of the nodes."""
    unknown = [{"name": "web", "image": "registry.kestrel.example/shop/web:1.8"}]
    answer = harness.remedy(userns.ITEM, [_deployment(containers=unknown), NODE])
    assert isinstance(answer, NoChange)
    assert "pss-run-as-non-root" in answer.reason
