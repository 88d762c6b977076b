"""Whatever step of the move to accounts of their own was the last, pods have what they need."""

from pathlib import Path

import pytest

from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.analysis.rbac.rights import Right, rights_of
from k8sharden.analysis.rbac.subjects import identity_of
from k8sharden.analysis.rbac.tokens import accounts
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.cluster.training import objects
from k8sharden.model.change import Change, Create, NoChange, Patch, SetField
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import ROLE_BINDINGS
from k8sharden.model.workloads import workloads
from remediations.rbac.default_sa import ITEM
from tests.remediations import harness
from tests.remediations.harness import Document

SHOP = harness.read(Path(__file__).parent / "fixtures" / "rbac-default-sa" / "fail" / "shop.yaml")
MOVED = {"Deployment shop/cart", "CronJob shop/mailer"}


def answer(docs: list[Document], name: str, *, files: bool = False) -> Change | NoChange:
    """Return what the item answers to its finding on a binding."""
    seen = harness.inventory(docs, harness.FILES if files else harness.TRAINING)
    finding = next(each for each in ITEM.evaluate(seen) if each.resource.name == name)
    return ITEM.remediate(finding, seen)


def change(docs: list[Document], name: str) -> Change:
    """Return the change that answers a binding."""
    found = answer(docs, name)
    assert isinstance(found, Change), found
    return found


def rights(seen: Inventory, label: str) -> frozenset[Right]:
    """Return what a workload's pods may do, of which their account has to exist."""
    workload = next(each for each in workloads(seen) if each.ref.label == label)
    account = account_under(workload)
    assert account in accounts(seen)
    return rights_of(identity_of(account), policy_of(seen))


def test_pods_that_start_have_their_rights_after_every_step() -> None:
    """The new account and its bindings are there before a template names it."""
    before = harness.inventory(SHOP)
    needed = {label: rights(before, label) for label in MOVED}
    writes = change(SHOP, "flags").writes
    docs = SHOP
    for write in writes:
        step = Change(ITEM.kind, "one step", change(SHOP, "flags").risk, (write,))
        docs = harness.applied(docs, [step])
        seen = harness.inventory(docs)
        assert {label: rights(seen, label) for label in MOVED} == needed
    assert rights(seen, "Deployment shop/web") == frozenset()


def test_all_bindings_of_an_account_are_answered_by_one_change() -> None:
    """Otherwise the first would move the pods, and leave them without the rights of the second."""
    assert change(SHOP, "flags") == change(SHOP, "nodes")


def test_a_new_account_pulls_images_as_the_old_one_did() -> None:
    """Pods take the registry's login from their account: without it none would start."""
    made = [write for write in change(SHOP, "flags").writes if isinstance(write, Create)]
    manifests = {each.ref.label: each.manifest for each in made}
    # A ServiceAccount `cart` was there before, for something else.
    assert manifests["ServiceAccount shop/cart-deployment"]["imagePullSecrets"] == [
        {"name": "registry"}
    ]
    assert "automountServiceAccountToken" not in manifests["ServiceAccount shop/mailer"]


def test_a_new_account_gives_tokens_as_the_old_one_did() -> None:
    """Where pods ask for their token by themselves, the account goes on giving none unasked."""
    docs = [
        {**each, "automountServiceAccountToken": False}
        if each["kind"] == "ServiceAccount" and each["metadata"]["name"] == "default"
        else each
        for each in SHOP
    ]
    volume = {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
    docs += harness.documents(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: vault, namespace: shop}, "
        "spec: {template: {spec: {containers: [{name: vault, image: vault}]}}}}"
    )
    docs[-1]["spec"]["template"]["spec"]["volumes"] = [volume]
    made = [write for write in change(docs, "flags").writes if isinstance(write, Create)]
    accounts_made = [each.manifest for each in made if each.ref.kind == "ServiceAccount"]
    assert [each["metadata"]["name"] for each in accounts_made] == ["vault"]
    assert accounts_made[0]["automountServiceAccountToken"] is False


def test_manifests_do_without_the_fields_old_name() -> None:
    """Only a server fills it in; in a file it would be one more line to wonder about."""
    found = answer(SHOP, "flags", files=True)
    assert isinstance(found, Change)
    edits = [edit for each in found.writes if isinstance(each, Patch) for edit in each.edits]
    named = [edit.path[-1] for edit in edits if isinstance(edit, SetField)]
    assert named == ["serviceAccountName"] * len(MOVED)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bare", "Pod legacy/bare runs under it"),
        ("everything", "which is everything"),
        ("backup", "stands for a role in the cloud"),
    ],
)
def test_what_cannot_be_moved_is_said(name: str, said: str) -> None:
    """Each reason names what is in the way."""
    path = Path(__file__).parent / "fixtures" / "rbac-default-sa" / "fail" / "reasons.yaml"
    found = answer(harness.read(path), name)
    assert isinstance(found, NoChange)
    assert said in found.reason


def test_in_the_training_cluster_the_mailer_and_the_cart_part() -> None:
    """Each gets an account called like itself, and the binding's twin names both."""
    found = change(objects(), "feature-flags")
    twin = next(write for write in found.writes if write.ref.name == "feature-flags-own")
    assert twin.ref == ROLE_BINDINGS.ref("shop", "feature-flags-own")
    assert isinstance(twin, Create)
    assert {each["name"] for each in twin.manifest["subjects"]} == {"abandoned-carts", "cart"}
