"""The impact of a plan: each change as it will be at its turn, after those before it."""

import msgspec

from k8sharden.changes.impact import with_impact
from k8sharden.changes.plan import Plan, Planned, bind_change
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, Delete, Patch, Risk, SetField, Write
from k8sharden.model.decoding import convert
from k8sharden.model.impact import ImpactKind
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from tests.changes.test_apply import SOURCE
from tests.changes.values import SPEC, WEB, deployment, patch

SHOP = kinds.NAMESPACES.ref("", "shop")
HELM = {"meta.helm.sh/release-name": "web"}
NETWORK = (*SPEC, "hostNetwork")


def live(ref: object) -> dict[str, object]:
    """Return the objects of the cluster: a Deployment on the host's network, and its namespace."""
    if ref == SHOP:
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    value = deployment()
    value["spec"]["template"]["spec"]["hostNetwork"] = True
    return value


def inventory() -> Inventory:
    """Return what a scan read of it: the same, and no pods."""
    objects: dict[str, tuple[o.Object, ...]] = {
        kinds.DEPLOYMENTS.key: (convert(live(WEB), o.TemplateOwner),),
        kinds.NAMESPACES.key: (convert(live(SHOP), o.Namespace),),
    }
    ledger = {kind.key: Entry(kind.key, Coverage.READ) for kind in kinds.ALL}
    return Inventory(SOURCE, objects, ledger)


def planned(write: Write) -> Planned:
    """Bind a change of one write."""
    change = Change(ChangeKind.PATCH, "c", Risk.RESTART, (write,))
    return bind_change(change, (), live)


FIX = planned(patch(SetField(NETWORK, value=False)))
LABEL = ("metadata", "labels", "pod-security.kubernetes.io/enforce")
ENFORCE = planned(Patch(SHOP, (SetField(LABEL, "baseline"),)))


def refusals(*changes: Planned, known: Inventory | None = None) -> list[tuple[int | None, str]]:
    """Return the counts and sentences about Pod Security, of all changes."""
    plan = with_impact(Plan(SOURCE, changes), known or inventory())
    return [
        (impact.count, impact.said)
        for each in plan.changes
        for impact in each.impact
        if impact.kind is ImpactKind.REFUSED
    ]


def test_a_change_is_judged_after_those_before_it() -> None:
    """A label refuses what runs now, and nothing once the workload before it was repaired."""
    ((_, alone),) = refusals(ENFORCE)
    assert "Deployment shop/web" in alone
    ((_, after),) = refusals(FIX, ENFORCE)
    assert "would refuse nothing" in after


def test_what_is_only_exported_repairs_nothing() -> None:
    """A workload that its owner keeps stays as it is, so that the label would refuse its pods."""
    held = planned(patch(SetField(NETWORK, value=False)))
    owner = bind_change(held.change, (), lambda _: live(WEB) | {"metadata": {"annotations": HELM}})
    held = msgspec.structs.replace(held, owner=owner.owner)
    assert held.held
    ((_, said),) = refusals(held, ENFORCE)
    assert "Deployment shop/web" in said
    files = Plan(Source(SourceKind.MANIFESTS, "deploy"), (held, ENFORCE))
    (effect,) = with_impact(files, inventory()).changes[1].impact
    assert "would refuse nothing" in effect.said


def test_a_rollout_under_a_label_of_the_same_plan_is_told() -> None:
    """A template that the new label does not admit is refused after it, and not before."""
    worse = planned(patch(SetField((*SPEC, "hostPID"), value=True)))
    assert not refusals(worse)
    assert [count for count, _ in refusals(ENFORCE, worse)] == [0, 2]


def test_without_the_rest_of_the_cluster_only_restarts_are_known() -> None:
    """An undo from a shell counts its restarts, and says what cannot be told."""
    plan = with_impact(Plan(SOURCE, (FIX, ENFORCE)), None)
    traffic, restart, refused = plan.changes[0].impact
    assert (traffic.kind, traffic.count, traffic.blind) == (ImpactKind.TRAFFIC, None, True)
    assert (restart.kind, restart.count) == (ImpactKind.RESTART, 2)
    assert (refused.count, "namespace shop was not read" in refused.said) == (None, True)
    assert [effect.kind for effect in plan.changes[1].impact] == ["traffic", "refused"]
    assert plan.blind
    assert not with_impact(plan, inventory()).blind


def test_the_digest_leaves_impact_out() -> None:
    """What is said of a change makes it no other change."""
    plan = Plan(SOURCE, (FIX, ENFORCE))
    assert with_impact(plan, inventory()).digest == plan.digest


def test_a_binding_that_goes_costs_rights_once() -> None:
    """The second of two bindings is what takes the rights, since the first one leaves them."""
    subject = {"kind": "User", "name": "ada"}
    role = {"kind": "ClusterRole", "name": "reader"}
    refs = [kinds.CLUSTER_ROLE_BINDINGS.ref("", name) for name in ("a", "b")]
    bindings = {
        ref: {"kind": ref.kind, "metadata": {"name": ref.name}, "roleRef": role}
        | {"subjects": [subject]}
        for ref in refs
    }
    rules = [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]
    reader = convert({"metadata": {"name": "reader"}, "rules": rules}, o.Role)
    known = inventory()
    objects = {
        kinds.CLUSTER_ROLES.key: (reader,),
        kinds.CLUSTER_ROLE_BINDINGS.key: tuple(convert(v, o.Binding) for v in bindings.values()),
    }
    known = msgspec.structs.replace(known, objects=objects)
    made = [
        bind_change(Change(ChangeKind.DELETE, "d", Risk.ACCESS, (Delete(ref),)), (), bindings.get)
        for ref in refs
    ]
    first, second = with_impact(Plan(SOURCE, tuple(made)), known).changes
    assert not first.impact
    assert [impact.said for impact in second.impact] == [
        "User ada loses 1 right: get pods everywhere; none is left."
    ]
