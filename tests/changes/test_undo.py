"""Undo: exactly what we wrote is taken back, and nothing that somebody else wrote."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from k8sharden.changes.bind import Drift, bind
from k8sharden.changes.entry import Contents, Entry, Record, State, record_of
from k8sharden.changes.recorded import three_way
from k8sharden.changes.reverse import reverse
from k8sharden.changes.undo import plan_undo
from k8sharden.model.change import (
    AddElement,
    Create,
    Delete,
    Edit,
    Patch,
    RemoveField,
    Risk,
    SetField,
    Write,
)
from k8sharden.model.edits import edited
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.kinds import (
    CLUSTER_ROLE_BINDINGS,
    CRON_JOBS,
    NAMESPACES,
    ROLE_BINDINGS,
    ROLES,
    STATEFUL_SETS,
    ResourceType,
)
from k8sharden.model.masking import Masker
from tests.changes.values import CONTAINER, SPEC, WEB, deployment, edits, patch

_AUDIT = "pod-security.kubernetes.io/audit"
_ENFORCE = "pod-security.kubernetes.io/enforce"
SOURCE = Source(SourceKind.DEMO, "training", "uid")


def done(write: Write, live: dict[str, Any]) -> tuple[Record, dict[str, Any]]:
    """Make a patch on a value; return its record, as the journal reads it back, and the result."""
    bound = bind(write, live)
    record = msgspec.json.decode(msgspec.json.encode(record_of(bound)), type=Record)
    assert bound.after is not None
    return record, bound.after


def entry(name: str, created: float, *records: Record) -> Entry:
    """Return a verified entry of the journal."""
    states = tuple(State.APPLIED for _ in records)
    return Entry(
        name, "uid", "training", created, State.VERIFIED, "patch", name, "", (), "", "", states,
        explained=False, contents=lambda: Contents(records),
    )  # fmt: skip


@given(edits())
def test_undo_restores_every_field(drawn: tuple[Edit, ...]) -> None:
    """Apply, then undo, gives the object from before, parents that we made included."""
    record, after = done(patch(*drawn), deployment())
    back = reverse(record, after)
    assert isinstance(back, Patch)
    assert edited(after, back.edits) == deployment()


@given(edits())
def test_undo_of_undo_restores_the_fix(drawn: tuple[Edit, ...]) -> None:
    """An undo is a write like any other, and can be taken back too."""
    record, after = done(patch(*drawn), deployment())
    second, before = done(reverse(record, after), after)
    third = reverse(second, before)
    assert isinstance(third, Patch)
    assert edited(before, third.edits) == after


def test_undo_keeps_what_others_added_beside_us() -> None:
    """A parent that we made stays where somebody else has put a field into it since."""
    path = (*SPEC, "securityContext", "runAsNonRoot")
    record, after = done(patch(SetField(path, value=True)), deployment())
    theirs = edited(after, [SetField((*SPEC, "securityContext", "fsGroup"), 5)])
    back = reverse(record, theirs)
    assert isinstance(back, Patch)
    assert edited(theirs, back.edits)["spec"]["template"]["spec"]["securityContext"] == {
        "fsGroup": 5
    }


def test_a_label_that_no_server_takes_again_goes_with_the_same_effect() -> None:
    """A word that is no level is not written again: without the label the server does the same."""
    ref, labels = NAMESPACES.ref("", "legacy"), ("metadata", "labels")
    live = {"metadata": {"name": "legacy", "labels": {_AUDIT: "strict", _ENFORCE: "baseline"}}}
    edits = tuple(SetField((*labels, key), "restricted") for key in (_AUDIT, _ENFORCE))
    record, after = done(Patch(ref, edits), live)
    back = reverse(record, after)
    assert isinstance(back, Patch)
    assert edited(after, back.edits)["metadata"]["labels"] == {_ENFORCE: "baseline"}


def test_a_bad_enforce_stays_what_it_counted_as() -> None:
    """It was restricted in effect: removing it would admit any pod."""
    ref, labels = NAMESPACES.ref("", "legacy"), ("metadata", "labels")
    live = {"metadata": {"name": "legacy", "labels": {_ENFORCE: "Baseline", _AUDIT: "baseline"}}}
    enforce, audit = (SetField((*labels, key), "restricted") for key in (_ENFORCE, _AUDIT))
    record, after = done(Patch(ref, (enforce, audit)), live)
    back = reverse(record, after)
    assert isinstance(back, Patch)
    assert edited(after, back.edits)["metadata"]["labels"] == {
        _ENFORCE: "restricted", _AUDIT: "baseline"
    }  # fmt: skip
    alone, after = done(Patch(ref, (enforce,)), live)
    with pytest.raises(Drift, match="no API server would take again"):
        reverse(alone, after)


def test_undo_refuses_a_field_that_was_changed_since() -> None:
    """Drift is named by its field, and nothing is taken back."""
    record, after = done(patch(SetField((*CONTAINER, "image"), "web:2")), deployment())
    theirs = edited(after, [SetField((*CONTAINER, "image"), "web:3")])
    with pytest.raises(Drift, match=r"containers\[name=web\]\.image"):
        reverse(record, theirs)
    with pytest.raises(Drift, match="gone"):
        reverse(record, None)


def test_created_objects_are_deleted_only_while_they_are_ours() -> None:
    """An object of the same name that is another one, or that was changed, is left alone."""
    made = Record(
        Create(WEB, deployment()), after=deployment(), uid=deployment()["metadata"]["uid"]
    )
    assert reverse(made, deployment()) == Delete(WEB)
    other = deployment()
    other["metadata"]["uid"] = "2"
    with pytest.raises(Drift, match="left alone"):
        reverse(made, other)
    with pytest.raises(Drift, match="left alone"):
        reverse(made, edited(deployment(), [SetField(("spec", "replicas"), 3)]))
    with pytest.raises(Drift, match="gone already"):
        reverse(made, None)


def test_deleted_objects_come_back_only_where_nobody_made_another() -> None:
    """A delete is undone by a create, and never over somebody's new object."""
    gone = Record(Delete(WEB), before=deployment())
    back = reverse(gone, None)
    assert isinstance(back, Create)
    assert back.manifest == deployment()
    with pytest.raises(Drift, match="exists again"):
        reverse(gone, deployment())


def test_entries_on_one_object_are_undone_newest_first() -> None:
    """Two entries that set the same field come back together, and the older not alone."""
    first, middle = done(patch(SetField((*CONTAINER, "image"), "web:2")), deployment())
    second, live = done(patch(SetField((*CONTAINER, "image"), "web:3")), middle)
    older, newer = entry("older", 1, first), entry("newer", 2, second)
    both = plan_undo([older, newer], SOURCE, lambda _: live)
    assert [planned.undoes for planned in both.changes] == ["newer", "older"]
    assert both.changes[-1].bound[-1].after == deployment()
    alone = plan_undo([older], SOURCE, lambda _: live)
    assert not alone.changes
    assert alone.unfixed[0].finding == "older"


def test_an_entry_is_taken_back_once() -> None:
    """An entry that is undone already stays so."""
    record, live = done(patch(AddElement((*SPEC, "volumes"), "name", {"name": "v"})), deployment())
    undone = msgspec.structs.replace(entry("e", 1, record), state=State.UNDONE)
    plan = plan_undo([undone], SOURCE, lambda _: live)
    assert "nothing to take back" in plan.unfixed[0].reason


def test_access_that_comes_back_is_told_of() -> None:
    """Taking back what took a binding away warns of it; other objects come back without a word."""
    binding = CLUSTER_ROLE_BINDINGS.ref("", "ci")
    value = {"kind": "ClusterRoleBinding", "metadata": {"name": "ci"}}
    for ref, before, warned in ((binding, value, True), (WEB, deployment(), False)):
        gone = entry("one", 1.0, Record(Delete(ref), before=before))
        plan = plan_undo([gone], SOURCE, lambda _ref: None)
        (change,) = (planned.change for planned in plan.changes)
        assert any("gives back the access" in word for word in change.warnings) is warned


@pytest.mark.parametrize(("kind", "risk"), [(CRON_JOBS, Risk.SAFE), (STATEFUL_SETS, Risk.RESTART)])
def test_what_taking_back_disturbs_is_what_making_it_did(kind: ResourceType, risk: Risk) -> None:
    """Pods roll out again, but a CronJob's next run begins with it."""
    ref = kind.ref("shop", "web")
    record, live = done(Patch(ref, (SetField(("spec", "template"), {"spec": {}}),)), {"spec": {}})
    plan = plan_undo([entry("one", 1.0, record)], SOURCE, lambda _ref: live)
    assert [planned.change.risk for planned in plan.changes] == [risk]


SHOP = NAMESPACES.ref("", "shop")
ENFORCE = ("metadata", "labels", "pod-security.kubernetes.io/enforce")
ESCALATION = (*CONTAINER, "securityContext", "allowPrivilegeEscalation")
IMAGE = (*CONTAINER, "image")


def test_what_was_built_on_an_entry_must_go_with_it() -> None:
    """A later change of the same field is named, and both together come back."""
    first, once = done(patch(SetField(IMAGE, "web:2")), deployment())
    second, twice = done(patch(SetField(IMAGE, "web:3")), once)
    old, new = entry("old", 1, first), entry("new", 2, second)
    (alone,) = plan_undo([old], SOURCE, lambda _: twice, others=[new]).unfixed
    assert alone.needs == ("new",)
    assert "changed again by entry new" in alone.reason
    both = plan_undo([old, new], SOURCE, lambda _: twice)
    assert [planned.undoes for planned in both.changes] == ["new", "old"]


def test_a_change_of_another_field_stands_alone() -> None:
    """Two entries of one object that share no field do not need each other."""
    first, once = done(patch(SetField(IMAGE, "web:2")), deployment())
    second, twice = done(patch(SetField(("metadata", "labels", "team"), "books")), once)
    others = [entry("new", 2, second)]
    assert not plan_undo([entry("old", 1, first)], SOURCE, lambda _: twice, others=others).unfixed


def hardened_under_a_level(level: str) -> tuple[Entry, Entry, dict[Any, dict[str, Any]]]:
    """Return the entries of a hardened workload and of the label that followed, and the result."""
    weak = edited(deployment(), [SetField(ESCALATION, value=True)])
    privileged = (*CONTAINER, "securityContext", "privileged")
    weak = edited(weak, [SetField(privileged, value=True)])
    fix = patch(SetField(ESCALATION, value=False), SetField(privileged, value=False))
    workload, strong = done(fix, weak)
    bare = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "uid": "u"}}
    label, labelled = done(Patch(SHOP, (SetField(ENFORCE, level),)), bare)
    objects = {WEB: strong, SHOP: labelled}
    return entry("workload", 1, workload), entry("label", 2, label), objects


def test_an_undo_that_a_namespace_s_level_would_refuse_names_what_it_needs() -> None:
    """Pods as they were would not be admitted under the label that came after them."""
    workload, label, objects = hardened_under_a_level("baseline")
    (alone,) = plan_undo([workload], SOURCE, objects.get, others=[label]).unfixed
    assert alone.needs == ("label",)
    assert "enforces baseline by now" in alone.reason
    assert "privileged" in alone.reason
    both = plan_undo([workload, label], SOURCE, objects.get)
    assert [planned.undoes for planned in both.changes] == ["label", "workload"]


def test_a_level_that_somebody_else_set_is_in_the_way_as_well() -> None:
    """No entry can be added then: the words say what a person has to do."""
    workload, _, objects = hardened_under_a_level("baseline")
    (alone,) = plan_undo([workload], SOURCE, objects.get).unfixed
    assert not alone.needs
    assert "Lower the level of Namespace shop first" in alone.reason


def test_pods_that_a_level_admits_anyway_come_back() -> None:
    """Privileged admits all; and what is refused today already is not made worse."""
    workload, label, objects = hardened_under_a_level("privileged")
    assert not plan_undo([workload], SOURCE, objects.get, others=[label]).unfixed
    workload, label, objects = hardened_under_a_level("restricted")
    assert not plan_undo([workload], SOURCE, objects.get, others=[label]).unfixed


def test_an_entry_that_stays_holds_what_it_stands_on() -> None:
    """Where the label itself cannot be taken back, neither can the workload under it."""
    workload, label, objects = hardened_under_a_level("baseline")
    objects[SHOP] = edited(objects[SHOP], [SetField(ENFORCE, "restricted")])
    left = plan_undo([workload, label], SOURCE, objects.get).unfixed
    assert {unfixed.finding for unfixed in left} == {"label"}
    objects[SHOP] = edited(objects[SHOP], [SetField(ENFORCE, "baseline")])
    objects[SHOP]["metadata"]["uid"] = "another"
    left = plan_undo([workload, label], SOURCE, objects.get).unfixed
    assert {unfixed.finding for unfixed in left} == {"label", "workload"}


def test_a_role_stays_while_a_later_binding_names_it() -> None:
    """A binding that grants a role that is gone would be a trap for whoever makes one anew."""
    rbac = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": "r", "uid": "1"}}
    ref = ROLES.ref("shop", "r")
    binding = {"roleRef": {"apiGroup": rbac, "kind": "Role", "name": "r"}}
    made = entry("role", 1, Record(Create(ref, role), after=role, uid="1"))
    bound = entry("binding", 2, Record(Create(ROLE_BINDINGS.ref("shop", "b"), binding)))
    (left,) = plan_undo([made], SOURCE, {ref: role}.get, others=[bound]).unfixed
    assert left.needs == ("binding",)


def test_a_drifted_field_is_told_three_ways() -> None:
    """Before, ours, now: enough to decide, in the reason and as values."""
    record, after = done(patch(SetField(IMAGE, "web:2")), deployment())
    theirs = edited(after, [SetField(IMAGE, "web:9")])
    (left,) = plan_undo([entry("one", 1, record)], SOURCE, lambda _: theirs).unfixed
    (field,) = left.drift
    assert (field.before, field.ours, field.now) == ("web:1", "web:2", "web:9")
    assert three_way(field, Masker()) == (
        "Deployment shop/web: spec.template.spec.containers[name=web].image",
        '  before  "web:1"',
        '  ours    "web:2"',
        '  now     "web:9"',
    )


def test_a_partial_undo_takes_back_what_is_still_ours() -> None:
    """It is a choice: the field that somebody changed since stays theirs."""
    record, after = done(
        patch(SetField(IMAGE, "web:2"), SetField(("metadata", "labels", "team"), "books")),
        deployment(),
    )
    theirs = edited(after, [SetField(IMAGE, "web:9")])
    one = entry("one", 1, record)
    assert plan_undo([one], SOURCE, lambda _: theirs).unfixed
    plan = plan_undo([one], SOURCE, lambda _: theirs, partial=True)
    (planned,) = plan.changes
    (bound,) = planned.bound
    assert bound.after == edited(theirs, [RemoveField(("metadata", "labels"))])


def test_what_somebody_took_back_already_is_no_drift() -> None:
    """The rest is still taken back; where nothing is left, that is said."""
    record, after = done(
        patch(SetField(IMAGE, "web:2"), SetField(("metadata", "labels", "team"), "books")),
        deployment(),
    )
    half = edited(after, [SetField(IMAGE, "web:1")])
    (planned,) = plan_undo([entry("one", 1, record)], SOURCE, lambda _: half).changes
    assert planned.bound[0].after == deployment()
    (left,) = plan_undo([entry("one", 1, record)], SOURCE, lambda _: deployment()).unfixed
    assert "reads as before already" in left.reason
