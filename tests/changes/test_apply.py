"""Applying: re-read, compare, journal, write, verify; and what is done when that goes wrong."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.changes import verify
from k8sharden.changes.apply import Result, apply_plan
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.journal import Journal, State
from k8sharden.changes.plan import Plan, bind_change, fetcher
from k8sharden.changes.rehearsal import dry_run
from k8sharden.changes.undo import plan_undo
from k8sharden.cluster.api import Api, Written
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.errors import ApiError, ClusterUnavailable, Forbidden, NotFound, Refused
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Create,
    Delete,
    Edit,
    Patch,
    Risk,
    SetField,
    Write,
)
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.ref import Ref
from tests.changes.values import CONTAINER, WEB, deployment, patch

SOURCE = Source(SourceKind.DEMO, "training", "uid-of-kube-system")
SHOP = Ref("v1", "Namespace", "", "shop")
SHOP_OBJECT = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
ROLE = Ref("rbac.authorization.k8s.io/v1", "Role", "shop", "reader")
OLD = Ref("rbac.authorization.k8s.io/v1", "Role", "shop", "old")


def role(ref: Ref) -> dict[str, Any]:
    """Return a Role that may read pods."""
    return {
        "apiVersion": ref.api_version,
        "kind": "Role",
        "metadata": {"name": ref.name, "namespace": "shop"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }


class Meddled(Api):
    """A client between whose calls something else happens, or whose calls fail."""

    before: Callable[[str, Ref], None] = staticmethod(lambda _verb, _ref: None)

    def patch(
        self, ref: Ref, operations: list[dict[str, Any]], *, dry_run: bool = False
    ) -> Written:
        """Patch, after whatever a test wants to happen first."""
        self.before("patch", ref)
        return super().patch(ref, operations, dry_run=dry_run)

    def delete(
        self, ref: Ref, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> Written:
        """Delete, after whatever a test wants to happen first."""
        self.before("delete", ref)
        return super().delete(ref, uid=uid, resource_version=resource_version, dry_run=dry_run)


@pytest.fixture
def cluster() -> MemoryCluster:
    """A cluster with one Deployment and one Role in the namespace shop."""
    live = deployment()
    del live["metadata"]["resourceVersion"]
    return MemoryCluster([SHOP_OBJECT, live, role(OLD)])


@pytest.fixture
def api(cluster: MemoryCluster) -> Meddled:
    """An admin's client."""
    return Meddled(cluster.transport())


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    opened = Journal(tmp_path / "state" / "journal.sqlite")
    yield opened
    opened.close()


def plan_of(api: Api, *changes: tuple[Write, ...]) -> Plan:
    """Bind changes, each of the writes given, to the cluster as it is."""
    made = []
    for number, writes in enumerate(changes):
        kind = ChangeKind.GROUP if len(writes) > 1 else ChangeKind.PATCH
        change = Change(kind, f"change {number}", Risk.SAFE, writes)
        made.append(bind_change(change, (f"f{number}",), fetcher(api.get)))
    return Plan(SOURCE, tuple(made))


def image(api: Api) -> str:
    """Return the image of the container web."""
    return str(api.get(WEB)["spec"]["template"]["spec"]["containers"][1]["image"])


def set_image(api: Api, value: str) -> None:
    """Change the image, as somebody else would."""
    where = "/spec/template/spec/containers/1/image"
    Api(api.transport).patch(WEB, [{"op": "replace", "path": where, "value": value}])


NEW_IMAGE: tuple[Edit, ...] = (SetField((*CONTAINER, "image"), "web:2"),)
GROUP: tuple[Write, ...] = (Create(ROLE, role(ROLE)), patch(*NEW_IMAGE), Delete(OLD))


def test_a_group_is_applied_verified_and_undone(api: Meddled, journal: Journal) -> None:
    """Create, patch and delete go in as one entry and come back as one."""
    before = [essential(api.get(ref)) for ref in (WEB, OLD)]
    (outcome,) = apply_plan(plan_of(api, GROUP), api, journal)
    assert outcome.result is Result.VERIFIED
    assert image(api) == "web:2"
    with pytest.raises(NotFound):
        api.get(OLD)
    entry = journal.entry(outcome.entry)
    assert (entry.state, entry.kind) == (State.VERIFIED, "group")
    (undone,) = apply_plan(plan_undo([entry], SOURCE, fetcher(api.get)), api, journal)
    assert undone.result is Result.UNDONE
    assert [essential(api.get(ref)) for ref in (WEB, OLD)] == before
    with pytest.raises(NotFound):
        api.get(ROLE)
    assert journal.entry(outcome.entry).state is State.UNDONE


HELM = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}


def test_what_somebody_owns_is_applied_only_after_an_override(
    api: Meddled, journal: Journal
) -> None:
    """By default it is skipped, with who would put it back; overruled it is applied."""
    at = "/metadata/annotations"
    api.patch(WEB, [{"op": "replace", "path": at, "value": HELM}])
    plan = plan_of(api, (patch(*NEW_IMAGE),), (Create(ROLE, role(ROLE)),))
    held, made = apply_plan(plan, api, journal)
    assert (held.result, made.result) == (Result.SKIPPED, Result.VERIFIED)
    assert "The Helm release web manages this object" in held.detail
    assert image(api) == "web:1"
    assert plan.overrule(held.planned.owner).digest == plan.digest
    (owned, _) = plan.overrule(held.planned.owner).changes
    (done,) = apply_plan(Plan(SOURCE, (owned,)), api, journal)
    assert done.result is Result.VERIFIED
    undo = plan_undo([journal.entry(done.entry)], SOURCE, fetcher(api.get))
    assert apply_plan(undo, api, journal)[0].result is Result.UNDONE


def test_an_owner_that_appears_after_the_review_stops_the_change(
    api: Meddled, journal: Journal
) -> None:
    """Nobody approved working against Helm: it is drift, although no touched field changed."""
    plan = plan_of(api, (patch(*NEW_IMAGE),))
    api.patch(WEB, [{"op": "replace", "path": "/metadata/annotations", "value": HELM}])
    (outcome,) = apply_plan(plan, api, journal)
    assert outcome.result is Result.FAILED
    assert "has another owner. The Helm release web" in outcome.detail
    assert not journal.entries()


def test_a_refusal_of_what_is_exported_blocks_nothing(api: Meddled) -> None:
    """What is not going to be applied may be refused; once it is overruled it blocks."""
    api.patch(WEB, [{"op": "replace", "path": "/metadata/annotations", "value": HELM}])
    plan = dry_run(plan_of(api, (patch(SetField(("spec", "replicas"), "many")),)), api)
    (planned,) = plan.changes
    assert planned.rejected
    assert not plan.blocked
    assert plan.overrule(planned.owner).blocked


def test_the_intent_is_on_disk_before_the_first_write(api: Meddled, journal: Journal) -> None:
    """Another process sees the entry, with all that undoing needs, when the write is sent."""
    seen: list[tuple[State, int]] = []

    def look(_verb: str, _ref: Ref) -> None:
        other = Journal(journal.path)
        seen.extend((entry.state, len(entry.records)) for entry in other.entries())
        other.close()

    api.before = look
    apply_plan(plan_of(api, (patch(*NEW_IMAGE),)), api, journal)
    assert seen == [(State.INTENDED, 1)]


def test_what_changed_since_the_review_is_refused(api: Meddled, journal: Journal) -> None:
    """Another value in a field that we would overwrite is drift: nothing is written or recorded."""
    plan = plan_of(api, (patch(*NEW_IMAGE),))
    set_image(api, "web:9")
    (outcome,) = apply_plan(plan, api, journal)
    assert outcome.result is Result.FAILED
    assert "changed since it was reviewed" in outcome.detail
    assert image(api) == "web:9"
    assert not journal.entries()


def test_a_change_elsewhere_in_the_object_goes_on(api: Meddled, journal: Journal) -> None:
    """A new resourceVersion alone is no drift: what was shown is still exactly what happens."""
    plan = plan_of(api, (patch(*NEW_IMAGE),))
    scale = [{"op": "replace", "path": "/spec/replicas", "value": 5}]
    Api(api.transport).patch(WEB, scale)
    (outcome,) = apply_plan(plan, api, journal)
    assert outcome.result is Result.VERIFIED
    assert api.get(WEB)["spec"]["replicas"] == 5


def scaling(api: Api, times: int) -> Callable[[str, Ref], None]:
    """Return what scales the Deployment, each time that it is called up to a number of times."""
    races = iter(range(3, 3 + times))

    def scale(_verb: str, _ref: Ref) -> None:
        for replicas in races:
            step = [{"op": "replace", "path": "/spec/replicas", "value": replicas}]
            Api(api.transport).patch(WEB, step)
            break

    return scale


def test_a_race_that_leaves_our_fields_alone_is_tried_again(api: Meddled, journal: Journal) -> None:
    """Somebody scales between our read and our write: the patch is bound anew and lands."""
    api.before = scaling(api, 2)
    (outcome,) = apply_plan(plan_of(api, (patch(*NEW_IMAGE),)), api, journal)
    assert outcome.result is Result.VERIFIED
    assert image(api) == "web:2"


def test_a_race_for_our_field_is_drift(api: Meddled, journal: Journal) -> None:
    """Somebody sets the same field in between: theirs stays, and the entry says failed."""
    api.before = lambda _verb, _ref: set_image(api, "web:9")
    (outcome,) = apply_plan(plan_of(api, (patch(*NEW_IMAGE),)), api, journal)
    assert outcome.result is Result.FAILED
    assert image(api) == "web:9"
    assert journal.entry(outcome.entry).state is State.FAILED


def test_a_group_that_fails_half_way_is_taken_back(api: Meddled, journal: Journal) -> None:
    """The last write is refused: the create and the patch before it are undone at once."""
    before = essential(api.get(WEB))

    def refuse(verb: str, ref: Ref) -> None:
        if verb == "delete" and ref == OLD:
            raise ApiError("admission says no", status=500)

    api.before = refuse
    (outcome,) = apply_plan(plan_of(api, GROUP), api, journal)
    assert outcome.result is Result.FAILED
    assert "taken back" in outcome.detail
    assert essential(api.get(WEB)) == before
    with pytest.raises(NotFound):
        api.get(ROLE)
    entry = journal.entry(outcome.entry)
    assert [state for state, _ in entry.records] == [State.UNDONE, State.UNDONE, State.INTENDED]


def test_a_failure_leaves_the_rest_unstarted(api: Meddled, journal: Journal) -> None:
    """After a change that failed, none is begun."""

    def cut(verb: str, _ref: Ref) -> None:
        if verb == "patch":
            raise ClusterUnavailable("the connection broke")

    api.before = cut
    plan = plan_of(api, (patch(*NEW_IMAGE),), (Create(ROLE, role(ROLE)),))
    outcomes = apply_plan(plan, api, journal)
    assert [outcome.result for outcome in outcomes] == [Result.FAILED, Result.SKIPPED]
    with pytest.raises(NotFound):
        api.get(ROLE)


def test_stop_waits_for_the_object_that_is_being_written(api: Meddled, journal: Journal) -> None:
    """A stop asked for during the first change skips the second, and the first is whole."""
    told: list[Result] = []
    plan = plan_of(api, (patch(*NEW_IMAGE),), (Create(ROLE, role(ROLE)),))
    apply_plan(plan, api, journal, report=lambda o: told.append(o.result), stop=lambda: bool(told))
    assert told == [Result.VERIFIED, Result.SKIPPED]


def test_a_delete_that_finalizers_hold_is_not_called_done(
    api: Meddled, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the object is there it still counts: applied, and not verified, with the reason."""
    monkeypatch.setattr(verify, "PATIENCE", 0.0)
    hold = [{"op": "add", "path": "/metadata/finalizers", "value": ["example.com/hold"]}]
    Api(api.transport).patch(OLD, hold)
    (outcome,) = apply_plan(plan_of(api, (Delete(OLD),)), api, journal)
    assert outcome.result is Result.APPLIED
    assert "example.com/hold" in outcome.detail
    entry = journal.entry(outcome.entry)
    plan = plan_undo([entry], SOURCE, fetcher(api.get))
    assert "still being deleted" in plan.unfixed[0].reason


def test_a_dry_run_stores_nothing_and_tells_refusals(api: Meddled) -> None:
    """A refusal is kept with its change; what needs an earlier part is said to come later."""
    missing = Ref("rbac.authorization.k8s.io/v1", "Role", "nowhere", "reader")
    manifest = role(ROLE) | {"metadata": {"name": "reader", "namespace": "nowhere"}}
    plan = plan_of(api, (patch(*NEW_IMAGE),), (Create(missing, manifest),))
    reviewed = dry_run(plan, api)
    assert [bool(planned.rejected) for planned in reviewed.changes] == [False, True]
    assert reviewed.blocked == (reviewed.changes[1],)
    assert image(api) == "web:1"
    refused = dry_run(plan_of(api, (patch(*NEW_IMAGE), patch(SetField(("spec", "nope"), 1)))), api)
    assert refused.blocked, "what no earlier part can make right is a refusal"
    later = dry_run(plan_of(api, (Delete(OLD), Create(missing, manifest))), api)
    assert "at its turn" in later.changes[0].checked[-1]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('deployments.apps "web" is forbidden: User "sam" cannot patch resource', True),
        ('admission webhook "policy" denied the request: no digest', False),
    ],
)
def test_a_refusal_for_want_of_a_right_names_what_grants_it(
    api: Meddled, said: str, *, told: bool
) -> None:
    """Whoever may only read learns how to ask for more; a policy's refusal needs no right."""
    plan = plan_of(api, (patch(*NEW_IMAGE),))

    def refuse(_verb: str, _ref: Ref) -> None:
        raise Forbidden(said, status=403)

    api.before = refuse
    (rejected,) = dry_run(plan, api).blocked
    assert ("`k8sharden permissions --apply`" in rejected.rejected) is told


def test_a_refusal_quotes_no_secret_value(api: Meddled, journal: Journal) -> None:
    """Some servers and webhooks write out all of an object; what is told of that is masked."""
    name, value = "DB_PASSWORD", "hunter2-on-stage"
    where = "/spec/template/spec/containers/1/env"
    secret = [{"op": "add", "path": where, "value": [{"name": name, "value": value}]}]
    Api(api.transport).patch(WEB, secret)

    def refuse(_verb: str, _ref: Ref) -> None:
        said = f'EnvVar{{Name:"{name}", Value:"{value}"}}: not allowed'
        raise Forbidden(said, status=403)

    plan = plan_of(api, (patch(*NEW_IMAGE),))
    api.before = refuse
    (rejected,) = dry_run(plan, api).blocked
    (failed,) = apply_plan(plan, api, journal)
    for told in (rejected.rejected, failed.detail, journal.entry(failed.entry).detail):
        assert told.startswith(f'EnvVar{{Name:"{name}", Value:"<masked 1>"}}: not allowed')


def test_a_dry_run_meets_the_object_as_it_is(api: Meddled) -> None:
    """A controller writes between our read and the dry run: that is no refusal of the change."""
    plan = plan_of(api, (patch(*NEW_IMAGE),))
    api.before = scaling(api, 2)
    assert not dry_run(plan, api).blocked
    api.before = lambda _verb, _ref: set_image(api, "web:9")
    (refused,) = dry_run(plan, api).blocked
    assert "was changed while" in refused.rejected
    assert image(api) == "web:9"


def test_a_dry_run_does_not_run_after_an_object_for_ever(api: Meddled) -> None:
    """One that moves at every try is refused after a few."""
    plan = plan_of(api, (patch(*NEW_IMAGE),))
    api.before = scaling(api, 100)
    assert dry_run(plan, api).blocked


def test_read_only_is_enforced_where_all_writes_pass(cluster: MemoryCluster) -> None:
    """A read-only client refuses each kind of write, dry runs too, before anything is sent."""
    api = Api(cluster.transport(), read_only=True)
    with pytest.raises(Refused, match="Read-only"):
        api.create(role(ROLE), ROLE, dry_run=True)
    with pytest.raises(Refused, match="Read-only"):
        api.patch(WEB, [])
    with pytest.raises(Refused, match="Read-only"):
        api.delete(OLD, uid="", resource_version="")


def test_a_second_apply_has_nothing_to_do(api: Meddled, journal: Journal) -> None:
    """What is applied already binds to nothing that would be written."""
    apply_plan(plan_of(api, (patch(*NEW_IMAGE),)), api, journal)
    assert plan_of(api, (patch(*NEW_IMAGE),)).changes[0].bound[0].idle


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(["a", "b.c/d", "e"]), st.sampled_from(["", "x", "on"])))
def test_apply_then_undo_restores_every_field(labels: dict[str, str]) -> None:
    """Whatever labels a patch sets, its undo leaves the object as it was."""
    chosen = tuple(SetField(("metadata", "labels", key), text) for key, text in labels.items())
    api = Api(MemoryCluster([SHOP_OBJECT]).transport())
    before = essential(api.get(SHOP))
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        (outcome,) = apply_plan(plan_of(api, (Patch(SHOP, chosen),)), api, journal)
        assert outcome.result is Result.VERIFIED
        assert api.get(SHOP)["metadata"]["labels"].items() >= labels.items()
        undo = plan_undo([journal.entry(outcome.entry)], SOURCE, fetcher(api.get))
        apply_plan(undo, api, journal)
        journal.close()
    assert essential(api.get(SHOP)) == before
