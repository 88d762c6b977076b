"""The plan: one digest for exactly what was shown, and an order that breaks nothing."""

from typing import Any

import msgspec

from k8sharden.changes.make import order
from k8sharden.changes.plan import Plan, Planned, bind_change, digest
from k8sharden.model.change import Change, ChangeKind, Create, Delete, File, Patch, Risk, SetField
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.ref import Ref
from tests.changes.values import CONTAINER, WEB, deployment, patch

SHOP = Ref("v1", "Namespace", "", "shop")
ROLE = Ref("rbac.authorization.k8s.io/v1", "Role", "shop", "reader")
IMAGE = (*CONTAINER, "image")


def planned(**fields: Any) -> Planned:
    """Return a change of the image, with other fields where a test wants them."""
    change = Change(ChangeKind.PATCH, "a", Risk.SAFE, (patch(SetField(IMAGE, "web:2")),))
    live = fields.pop("live", deployment())
    change = msgspec.structs.replace(change, **fields)
    return bind_change(change, ("f",), lambda _: live)


def test_the_digest_covers_what_a_change_does_and_rests_on() -> None:
    """Another value before or after, another basis, file, object or undone entry tells."""
    other = deployment()
    other["spec"]["template"]["spec"]["containers"][1]["image"] = "web:0"
    variants = [
        planned(),
        planned(live=other),
        planned(writes=(patch(SetField(IMAGE, "web:3")),)),
        planned(writes=(Patch(Ref("apps/v1", "Deployment", "shop", "w"), ()),)),
        planned(writes=(Delete(WEB),)),
        planned(basis={"digest": "sha256:1"}),
        planned(files=(File("a.yaml", "1"),)),
        planned(files=(File("a.yaml", "2"),)),
        msgspec.structs.replace(planned(), undoes="0badcafe"),
    ]
    assert len({each.digest for each in variants}) == len(variants)
    assert digest(variants) != digest(reversed(variants))


def test_the_digest_leaves_out_what_changes_unasked() -> None:
    """Bookkeeping, status and words do not make another plan, nor do fields that nobody touches."""
    other = deployment()
    other["metadata"] |= {"resourceVersion": "99", "managedFields": [{}], "generation": 4}
    other["status"] = {"replicas": 1}
    other["spec"]["replicas"] = 9
    assert planned(live=other).digest == planned().digest
    assert planned(title="b", warnings=("w",)).digest == planned().digest
    deleted = planned(writes=(Delete(WEB),)).digest
    other["spec"]["replicas"] = 2
    assert planned(live=other, writes=(Delete(WEB),)).digest == deleted


def test_a_null_and_nothing_are_told_apart() -> None:
    """Setting a field to null is not the same as taking it away."""
    path = ("metadata", "annotations", "x")
    with_null = deployment()
    with_null["metadata"]["annotations"]["x"] = None
    writes = (patch(SetField(path, "1")),)
    assert planned(writes=writes).digest != planned(writes=writes, live=with_null).digest


def test_workloads_come_before_the_labels_that_judge_them() -> None:
    """A namespace's label waits for its workloads, and files come last."""
    label = Patch(SHOP, (SetField(("metadata", "labels", "a"), "b"),))
    changes = [
        Change(ChangeKind.ARTEFACT, "files", Risk.SAFE, files=(File("a", "b"),)),
        Change(ChangeKind.PATCH, "label", Risk.SAFE, (label,)),
        Change(ChangeKind.CREATE, "access", Risk.ACCESS, (Create(ROLE, {}),)),
        Change(ChangeKind.PATCH, "web", Risk.RESTART, (patch(),)),
    ]
    made = sorted((Planned(change, (), ()) for change in changes), key=order)
    assert [each.change.title for each in made] == ["web", "access", "label", "files"]


def test_a_refused_change_blocks_the_plan() -> None:
    """The plan names what the server would refuse."""
    bad = msgspec.structs.replace(planned(), rejected="no")
    plan = Plan(Source(SourceKind.DEMO, "training"), (planned(), bad))
    assert plan.blocked == (bad,)


def test_the_digest_names_the_cluster() -> None:
    """A plan that was approved for one cluster does not pass for its twin."""
    one, two = (Source(SourceKind.CLUSTER, "same name", uid) for uid in ("a", "b"))
    assert Plan(one, ()).digest != Plan(two, ()).digest
