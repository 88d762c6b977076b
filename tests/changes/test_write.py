"""Writes that go wrong: an answer that is lost, a disk that is full, a part that cannot go back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sharden.changes.apply import Result, apply_plan
from k8sharden.changes.bind import bind
from k8sharden.changes.bookkeeping import LAST_APPLIED, essential
from k8sharden.changes.journal import Journal, State
from k8sharden.changes.plan import Plan, fetcher
from k8sharden.changes.rehearsal import dry_run
from k8sharden.changes.settle import settle
from k8sharden.changes.undo import plan_undo
from k8sharden.changes.write import LostAnswer, write
from k8sharden.cluster.api import Api
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.transport import Request, Response
from k8sharden.errors import ApiError, ClusterUnavailable, InputError, NotFound
from k8sharden.model.change import Create, Delete, SetField, Write
from tests.changes.test_apply import NEW_IMAGE, OLD, ROLE, SHOP_OBJECT, SOURCE, image, plan_of, role
from tests.changes.values import CONTAINER, WEB, deployment, patch

KINDS: dict[str, Write] = {
    "patch": patch(*NEW_IMAGE),
    "create": Create(ROLE, role(ROLE)),
    "delete": Delete(OLD),
}


class Lossy:
    """A network that loses the answers of writes, and of reads after one where it is told to."""

    server = "https://lossy.example"
    fingerprint = "lossy"

    def __init__(self, cluster: MemoryCluster) -> None:
        self._inner = cluster.transport()
        self.lose: set[str] = set()
        self.blind = False
        self._lost = False

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Send a request that arrives; raise where its answer is to be lost."""
        if self._lost and self.blind:
            raise ClusterUnavailable("the network is down")
        answer = self._inner.send(request, timeout=timeout)
        if request.method in self.lose:
            self._lost = True
            raise ClusterUnavailable("the answer was lost")
        return answer


class Full(Journal):
    """A journal whose disk is full when the outcome is to be written."""

    def wrote(self, *_words: Any, **_more: Any) -> None:
        """Refuse."""
        raise InputError("the disk is full")


@pytest.fixture
def network() -> Lossy:
    """A cluster behind a network that loses nothing yet."""
    live = deployment()
    del live["metadata"]["resourceVersion"]
    return Lossy(MemoryCluster([SHOP_OBJECT, live, role(OLD)]))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


def undo(journal: Journal, api: Api) -> Plan:
    """Return the plan that takes everything in the journal back."""
    return plan_undo(journal.entries(), SOURCE, fetcher(api.get))


def state(api: Api) -> list[dict[str, Any] | None]:
    """Return the objects that are written here."""
    found = [fetcher(api.get)(ref) for ref in (WEB, ROLE, OLD)]
    return [value and essential(value) for value in found]


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_that_landed_unheard_is_found_and_can_be_taken_back(
    kind: str, network: Lossy, journal: Journal
) -> None:
    """Where the answer is lost the object is read: what landed is journalled as done."""
    api = Api(network)
    before = state(api)
    network.lose = {"PATCH", "POST", "DELETE"}
    (outcome,) = apply_plan(plan_of(api, (KINDS[kind],)), api, journal)
    assert outcome.result is Result.VERIFIED
    assert state(api) != before
    network.lose = set()
    apply_plan(undo(journal, api), api, journal)
    assert state(api) == before


def test_a_namesake_with_the_wanted_value_is_not_what_was_written(network: Lossy) -> None:
    """Somebody made the object anew, as we would have left it, while our answer was lost."""
    api = Api(network)
    bound = bind(KINDS["patch"], api.get(WEB))
    meta = bound.before["metadata"] if bound.before else {}
    api.delete(WEB, uid=meta["uid"], resource_version=meta["resourceVersion"])
    with pytest.raises(NotFound):
        api.get(WEB)
    api.create(essential(bound.after or {}), WEB)
    network.lose = {"PATCH"}
    with pytest.raises(LostAnswer):
        write(bound, api)


def test_what_nobody_knows_is_not_called_failed(network: Lossy, journal: Journal) -> None:
    """Where the object cannot be read either, the entry stays intended and says to look."""
    api = Api(network)
    network.lose, network.blind = {"PATCH"}, True
    (outcome,) = apply_plan(plan_of(api, (KINDS["patch"],)), api, journal)
    assert outcome.result is Result.FAILED
    assert "not known" in outcome.detail
    (entry,) = journal.entries()
    assert (entry.state, entry.detail) == (State.INTENDED, outcome.detail)


def test_a_write_that_cannot_be_journalled_is_taken_back(network: Lossy, tmp_path: Path) -> None:
    """Nothing stays on the cluster that the journal could not take back."""
    api = Api(network)
    before = state(api)
    journal = Full(tmp_path / "journal.sqlite")
    (outcome,) = apply_plan(plan_of(api, tuple(KINDS.values())), api, journal)
    assert outcome.result is Result.FAILED
    assert "disk is full" in outcome.detail
    assert state(api) == before
    journal.close()


def test_what_a_failed_group_left_behind_can_be_taken_back_later(
    network: Lossy, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that could not be taken back at once is still undoable, and only that part."""
    api = Api(network)
    before = state(api)

    def refuse(*_words: object, **_more: object) -> None:
        raise ApiError("admission says no", status=400)

    plan = plan_of(api, (KINDS["create"], KINDS["patch"]))
    with monkeypatch.context() as broken:
        broken.setattr(api, "patch", refuse)
        broken.setattr(api, "delete", refuse)
        (outcome,) = apply_plan(plan, api, journal)
    assert "could not be taken back" in outcome.detail
    assert api.get(ROLE)
    (entry,) = journal.entries()
    assert (entry.state, entry.undoable, len(entry.standing)) == (State.FAILED, True, 1)
    (undone,) = apply_plan(undo(journal, api), api, journal)
    assert undone.result is Result.UNDONE
    assert state(api) == before


def test_a_group_stays_as_it_is_while_nobody_knows_of_its_last_part(
    network: Lossy, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What replaces a role is not taken back while the request that takes the old one is out."""
    api, send = Api(network), network.send
    on_its_way: list[Request] = []

    def slowly(request: Request, *, timeout: float = 30.0) -> Response:
        if request.method != "DELETE":
            return send(request, timeout=timeout)
        on_its_way.append(request)
        raise ClusterUnavailable("no answer")

    group = (Create(ROLE, role(ROLE)), Delete(OLD))
    with monkeypatch.context() as slow:
        slow.setattr(network, "send", slowly)
        (outcome,) = apply_plan(plan_of(api, group), api, journal)
    assert "What was written before it stays until that is known." in outcome.detail
    for request in on_its_way:
        send(request)
    (entry,) = journal.entries()
    assert "all of it is on the cluster" in settle(entry, journal, fetcher(api.get))
    assert api.get(ROLE)
    (undone,) = apply_plan(undo(journal, api), api, journal)
    assert undone.result is Result.UNDONE


def test_several_entries_of_one_object_are_undone_at_once(network: Lossy, journal: Journal) -> None:
    """The dry run leaves to its turn what meets the object as an earlier undo leaves it."""
    api = Api(network)
    before = state(api)
    for field in ("level", "role"):
        path = (*CONTAINER, "securityContext", "seLinuxOptions", field)
        apply_plan(plan_of(api, (patch(SetField(path, "a")),)), api, journal)
    plan = dry_run(undo(journal, api), api)
    assert not plan.blocked
    assert "at its turn" in plan.changes[1].checked[0]
    apply_plan(plan, api, journal)
    assert state(api) == before


def test_an_object_made_anew_is_left_alone(network: Lossy, journal: Journal) -> None:
    """A namesake with the same values is somebody else's, so that undo does not touch it."""
    api = Api(network)
    apply_plan(plan_of(api, (KINDS["patch"],)), api, journal)
    live = api.get(WEB)
    meta = live["metadata"]
    api.delete(WEB, uid=meta["uid"], resource_version=meta["resourceVersion"])
    with pytest.raises(NotFound):
        api.get(WEB)
    api.create(essential(live), WEB)
    assert image(api) == "web:2"
    assert "made anew" in undo(journal, api).unfixed[0].reason


def test_a_deleted_object_comes_back_with_what_kubectl_wrote_into_it(
    network: Lossy, journal: Journal
) -> None:
    """The last-applied annotation is restored, though no diff shows it."""
    api = Api(network)
    place = {"op": "add", "path": "/metadata/annotations", "value": {LAST_APPLIED: "{}"}}
    api.patch(OLD, [place])
    apply_plan(plan_of(api, (KINDS["delete"],)), api, journal)
    apply_plan(undo(journal, api), api, journal)
    assert api.get(OLD)["metadata"]["annotations"] == {LAST_APPLIED: "{}"}
