"""What takes something from old pods waits, within one change, until new ones have taken over."""

from types import SimpleNamespace
from typing import Any

import pytest

from k8sharden.changes.apply import Outcome, Result, apply_plan
from k8sharden.changes.journal import Journal, State
from k8sharden.changes.landing import Watch
from k8sharden.changes.plan import Plan, bind_change, fetcher
from k8sharden.changes.undo import plan_undo
from k8sharden.cluster.api import Api
from k8sharden.cluster.observe import observer
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, Create, Named, Patch, Risk, SetField
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.ref import Ref
from tests.cluster.simulation.company import ACCOUNTS, THUMBNAILS, Company

SOURCE = Source(SourceKind.DEMO, "training", "uid-of-kube-system")
SHOP = kinds.NAMESPACES.ref("", "shop")
OWN = kinds.SERVICE_ACCOUNTS.ref("shop", "own")
MANIFEST = {
    "apiVersion": "v1",
    "kind": "ServiceAccount",
    "metadata": {"name": "own", "namespace": "shop"},
}
POD = ("spec", "template", "spec")


class Shop(Company):
    """Kestrel Books, where it is written down which accounts pods had at each write."""

    def __init__(self) -> None:
        super().__init__()
        self.had: dict[str, set[str]] = {}
        self.app = "accounts"

    @property
    def writer(self) -> Api:
        """Return a client that looks at the pods before it takes something away."""
        api = self.api
        patch, delete = api.patch, api.delete

        def looking(ref: Ref, *args: Any, **more: Any) -> Any:
            self._look(ref)
            return patch(ref, *args, **more)

        def deleting(ref: Ref, *args: Any, **more: Any) -> Any:
            self._look(ref)
            return delete(ref, *args, **more)

        api.patch, api.delete = looking, deleting  # type: ignore[method-assign]
        return api

    def _look(self, ref: Ref) -> None:
        pods = self.pods("shop", self.app)
        self.had[ref.label] = {pod["spec"]["serviceAccountName"] for pod in pods}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return Kestrel Books; whoever waits there puts its clock forward."""
    made = Shop()
    clock = SimpleNamespace(monotonic=made.clock, sleep=made.clock.wait)
    monkeypatch.setattr("k8sharden.changes.landing.time", clock)
    return made


@pytest.fixture
def journal(tmp_path: Any) -> Journal:
    """Return an empty journal."""
    return Journal(tmp_path / "journal.sqlite")


def move(ref: Ref, *more: SetField) -> Change:
    """Give a workload an account of its own, then take something from the old one."""
    named = (SetField((*POD, field), "own") for field in ("serviceAccountName", "serviceAccount"))
    taken = SetField(("metadata", "labels", "default-has-rights"), "no")
    writes = (Create(OWN, MANIFEST), Patch(ref, (*named, *more)), Patch(SHOP, (taken,)))
    return Change(ChangeKind.GROUP, "Move", Risk.ACCESS, writes)


def run(shop: Shop, journal: Journal, change: Change, **watch: Any) -> Outcome:
    """Apply a change and watch it."""
    planned = bind_change(change, (), fetcher(shop.api.get))
    plan = Plan(SOURCE, (planned,))
    waiting = Watch(observer(shop.api), **watch)
    (outcome,) = apply_plan(plan, shop.writer, journal, watch=waiting)
    return outcome


def test_old_pods_keep_what_they_need_to_their_end(shop: Shop, journal: Journal) -> None:
    """The last write comes when every pod has the new account; before it, none has."""
    done = run(shop, journal, move(ACCOUNTS))
    assert done.result is Result.VERIFIED
    assert shop.had == {ACCOUNTS.label: {"accounts"}, SHOP.label: {"own"}}


def test_an_undo_takes_the_new_account_when_nobody_uses_it(shop: Shop, journal: Journal) -> None:
    """Backwards the same holds of what was made for the new pods."""
    done = run(shop, journal, move(ACCOUNTS))
    fetch = fetcher(shop.api.get)
    undo = plan_undo([journal.entry(done.entry)], SOURCE, fetch)
    waiting = Watch(observer(shop.api))
    (back,) = apply_plan(undo, shop.writer, journal, watch=waiting)
    assert back.result is Result.UNDONE
    assert shop.had[ACCOUNTS.label] == {"own"}
    assert shop.had[OWN.label] == {"accounts"}
    assert fetch(OWN) is None


def test_a_rollout_that_fails_takes_nothing_from_old_pods(shop: Shop, journal: Journal) -> None:
    """What was written is taken back, and the new account only once its pods have gone."""
    shop.app = "thumbnails"
    old = {pod["spec"]["serviceAccountName"] for pod in shop.pods("shop", "thumbnails")}
    container = (*POD, "containers", Named("name", "thumbnails"))
    read_only = SetField((*container, "securityContext", "readOnlyRootFilesystem"), value=True)
    done = run(shop, journal, move(THUMBNAILS, read_only))
    assert done.result is Result.FAILED
    assert "Read-only file system: /app/cache" in done.detail
    assert "Namespace shop is written when new pods have taken over" in done.detail
    assert "What was written before was taken back." in done.detail
    assert journal.entry(done.entry).state is State.FAILED
    assert SHOP.label not in shop.had
    assert shop.had[OWN.label] == old
    fetch = fetcher(shop.api.get)
    assert fetch(OWN) is None
    assert not journal.entry(done.entry).undoable


def test_a_workload_that_is_paused_keeps_what_its_pods_need(shop: Shop, journal: Journal) -> None:
    """Its template says so, but its pods are those of before."""
    shop.patch(ACCOUNTS, {"op": "add", "path": "/spec/paused", "value": True})
    done = run(shop, journal, move(ACCOUNTS))
    assert done.result is Result.FAILED
    assert f"Pods of {ACCOUNTS.label} from before still run." in done.detail
    assert SHOP.label not in shop.had
    template = shop.get(kinds.DEPLOYMENTS, "shop", "accounts")["spec"]["template"]
    assert template["spec"]["serviceAccountName"] == "accounts"


def test_whoever_stops_leaves_pods_what_they_have(shop: Shop, journal: Journal) -> None:
    """The template goes back, and the new account stays for pods that have it already."""
    end = shop.clock() + 4
    done = run(shop, journal, move(ACCOUNTS), stop=lambda: shop.clock() >= end)
    assert done.result is Result.FAILED
    assert "ServiceAccount shop/own could not be taken back" in done.detail
    assert SHOP.label not in shop.had
    assert OWN.label not in shop.had
    entry = journal.entry(done.entry)
    assert [record.ref for record in entry.standing] == [OWN]
    undo = plan_undo([entry], SOURCE, fetcher(shop.api.get))
    (back,) = apply_plan(undo, shop.writer, journal, watch=Watch(observer(shop.api)))
    assert back.result is Result.UNDONE


def test_whoever_does_not_wait_gets_it_at_once(shop: Shop, journal: Journal) -> None:
    """The warning of such a change says what that means."""
    done = run(shop, journal, move(ACCOUNTS), hurry=lambda: True)
    assert done.result is Result.VERIFIED
    assert "accounts" in shop.had[SHOP.label]
