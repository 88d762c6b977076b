"""Watching rollouts on the training cluster, with a clock that the watch itself turns."""

from types import SimpleNamespace
from typing import Any

import pytest

from k8sharden.analysis.rollout import Rollout, Stage
from k8sharden.changes.apply import Outcome, Result, apply_plan
from k8sharden.changes.journal import Journal, State
from k8sharden.changes.landing import Watch
from k8sharden.changes.plan import Plan, bind_change, fetcher
from k8sharden.cluster.observe import observer
from k8sharden.errors import ApiError, ClusterUnavailable, Forbidden
from k8sharden.model import kinds
from k8sharden.model.change import (
    AddElement,
    Change,
    ChangeKind,
    Edit,
    Named,
    Patch,
    Path,
    Risk,
    SetField,
)
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.ref import Ref
from k8sharden.model.rolling import Seen
from tests.cluster.simulation.company import ACCOUNTS, THUMBNAILS, Company

SOURCE = Source(SourceKind.DEMO, "training", "uid-of-kube-system")
SHOP = kinds.NAMESPACES.ref("", "shop")


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Company:
    """Return Kestrel Books as it was at first; whoever waits there puts its clock forward."""
    made = Company()
    clock = SimpleNamespace(monotonic=made.clock, sleep=made.clock.wait)
    monkeypatch.setattr("k8sharden.changes.landing.time", clock)
    return made


@pytest.fixture
def journal(tmp_path: Any) -> Journal:
    """Return an empty journal."""
    return Journal(tmp_path / "journal.sqlite")


def read_only(ref: Ref, container: str) -> Change:
    """Return the change that makes a root filesystem read-only."""
    path: Path = ("spec", "template", "spec", "containers", Named("name", container))
    return change(ref, SetField((*path, "securityContext", "readOnlyRootFilesystem"), value=True))


def change(ref: Ref, edit: Edit) -> Change:
    """Return a change of one field."""
    return Change(ChangeKind.PATCH, f"Change {ref.label}", Risk.RESTART, (Patch(ref, (edit,)),))


def label() -> Change:
    """Return a change after which nothing rolls."""
    return change(SHOP, SetField(("metadata", "labels", "team"), "books"))


def run(company: Company, journal: Journal, *changes: Change, **watch: Any) -> list[Outcome]:
    """Apply changes and watch them."""
    fetch = fetcher(company.api.get)
    planned = tuple(bind_change(each, (), fetch) for each in changes)
    observe = watch.pop("observe", observer(company.api))
    plan = Plan(SOURCE, planned)
    return list(apply_plan(plan, company.api, journal, watch=Watch(observe, **watch)))


def test_a_rollout_is_seen_to_its_end(company: Company, journal: Journal) -> None:
    """The change counts as verified when its pods run, and each stage was told."""
    told: list[Rollout] = []
    (done,) = run(
        company,
        journal,
        read_only(ACCOUNTS, "accounts"),
        tell=lambda _ref, rollout: told.append(rollout),
    )
    assert done.result is Result.VERIFIED
    assert journal.entry(done.entry).state is State.VERIFIED
    assert {rollout.stage for rollout in told} == {Stage.UNDER_WAY, Stage.DONE}
    status = company.get(kinds.DEPLOYMENTS, "shop", "accounts")["status"]
    assert status["updatedReplicas"] == status["availableReplicas"] == status["replicas"]


def test_a_rollout_that_fails_stops_the_rest_and_stands_in_the_journal(
    company: Company, journal: Journal
) -> None:
    """The reason is told in words; what was written can be taken back."""
    bad, rest = run(company, journal, read_only(THUMBNAILS, "thumbnails"), label())
    assert bad.result is Result.FAILED
    assert "Read-only file system: /app/cache" in bad.detail
    assert rest.result is Result.SKIPPED
    entry = journal.entry(bad.entry)
    assert entry.state is State.FAILED
    assert entry.undoable
    assert not entry.interrupted


def test_a_deadline_leaves_it_open(company: Company, journal: Journal) -> None:
    """What neither ended nor failed is neither, and nothing more is started."""
    slow, rest = run(company, journal, read_only(ACCOUNTS, "accounts"), label(), patience=1.0)
    assert slow.result is Result.APPLIED
    assert "was still rolling out when the watch ended" in slow.detail
    assert rest.result is Result.SKIPPED
    assert journal.entry(slow.entry).state is State.APPLIED


def test_whoever_does_not_want_to_wait_need_not(company: Company, journal: Journal) -> None:
    """The change is verified as written, says so, and the next one begins."""
    first, rest = run(
        company, journal, read_only(ACCOUNTS, "accounts"), label(), hurry=lambda: True
    )
    assert (first.result, rest.result) == (Result.VERIFIED, Result.VERIFIED)
    assert "was not watched to its end" in first.detail


def test_stopping_ends_the_watch(company: Company, journal: Journal) -> None:
    """A stop while a rollout is under way leaves it as what it is: not known."""
    (slow,) = run(company, journal, read_only(ACCOUNTS, "accounts"), stop=lambda: True)
    assert slow.result is Result.APPLIED


def test_what_cannot_be_watched_is_not_called_good(company: Company, journal: Journal) -> None:
    """A 403 on the pods leaves the end of the rollout open, with the reason."""

    def observe(ref: Ref) -> Seen:
        raise Forbidden(f"no pods of {ref.label} for you", status=403)

    (blind,) = run(company, journal, read_only(ACCOUNTS, "accounts"), observe=observe)
    assert blind.result is Result.APPLIED
    assert "no pods of" in blind.detail


@pytest.mark.parametrize(("looks", "result"), [(1, Result.VERIFIED), (1000, Result.APPLIED)])
def test_a_network_that_is_down_for_a_moment_ends_no_watch(
    company: Company, journal: Journal, looks: int, result: Result
) -> None:
    """The rollout goes on meanwhile; only one that stays out of sight is left open."""
    look, number = observer(company.api), iter(range(2000))

    def observe(ref: Ref) -> Seen:
        if 2 <= next(number) < 2 + looks:
            raise ClusterUnavailable("the network is down")
        return look(ref)

    told: list[str] = []
    (done,) = run(
        company,
        journal,
        read_only(ACCOUNTS, "accounts"),
        observe=observe,
        tell=lambda _, rollout: told.append(rollout.said),
    )
    assert done.result is result
    assert "it cannot be seen now: the network is down" in told


def test_what_was_not_seen_before_is_not_held_against_the_change(
    company: Company, journal: Journal
) -> None:
    """Where the first look fails, a pod that is ill may be an old one: the end stays open."""
    look, looks = observer(company.api), iter(range(100))

    def observe(ref: Ref) -> Seen:
        if not next(looks):
            raise ClusterUnavailable("the network is down for a moment")
        return look(ref)

    (open_,) = run(company, journal, read_only(THUMBNAILS, "thumbnails"), observe=observe)
    assert open_.result is Result.APPLIED
    assert "could not be looked at before the change, and now: container" in open_.detail


def test_what_does_not_roll_is_not_watched(company: Company, journal: Journal) -> None:
    """A label of a namespace, or a count of replicas, makes no new pods."""

    def observe(_ref: Ref) -> Seen:
        raise AssertionError("nothing was to be watched")

    scaled = change(ACCOUNTS, SetField(("spec", "replicas"), 3))
    assert {done.result for done in run(company, journal, label(), scaled, observe=observe)} == {
        Result.VERIFIED
    }


def test_a_program_that_dies_while_it_watches_leaves_the_truth(
    company: Company, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal then says that the rollout was not seen to its end."""

    class Killed(BaseException):
        pass

    def pause(_seconds: float) -> None:
        raise Killed

    monkeypatch.setattr("k8sharden.changes.landing.time.sleep", pause)
    with pytest.raises(Killed):
        run(company, journal, read_only(ACCOUNTS, "accounts"))
    (entry,) = journal.entries()
    assert entry.state is State.APPLIED
    assert "not seen to its end" in entry.detail


def test_the_pods_are_those_of_the_workload(company: Company) -> None:
    """Other workloads of a namespace, with labels of their own, are not looked at."""
    seen = observer(company.api)(ACCOUNTS)
    assert {pod.metadata.label["app"] for pod in seen.pods} == {"accounts"}


def test_a_workload_that_is_gone_cannot_be_seen(company: Company) -> None:
    """The error is that of the read."""
    with pytest.raises(ApiError):
        observer(company.api)(kinds.DEPLOYMENTS.ref("shop", "nobody"))


def test_a_workload_that_reads_oddly_cannot_be_seen(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no status of a workload is an error that a watch expects, and no crash after it."""
    api = company.api
    get = api.get
    monkeypatch.setattr(api, "get", lambda ref: get(ref) | {"status": {"replicas": "many"}})
    with pytest.raises(ClusterUnavailable, match="is odd: "):
        observer(api)(ACCOUNTS)


def test_a_programs_last_words_are_masked(company: Company, journal: Journal) -> None:
    """A password of the pod that it quotes as it dies is told neither on the way nor at the end."""
    containers = ("spec", "template", "spec", "containers", Named("name", "thumbnails"))
    secret = AddElement((*containers, "env"), "name", {"name": "DB_PASSWORD", "value": "Read-only"})
    told: list[Rollout] = []
    edit = read_only(THUMBNAILS, "thumbnails").writes[0]
    assert isinstance(edit, Patch)
    both = Change(
        ChangeKind.PATCH, "both", Risk.RESTART, (Patch(THUMBNAILS, (*edit.edits, secret)),)
    )
    (failed,) = run(company, journal, both, tell=lambda _, rollout: told.append(rollout))
    said = (failed.detail, told[-1].said, journal.entry(failed.entry).detail)
    assert all("<masked 1> file system: /app/cache/" in each for each in said), said
