"""After the writes of a change the authorizer is asked: what stays, what goes, and what is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from k8sharden.changes import access
from k8sharden.changes.access import Inquiry
from k8sharden.changes.apply import Outcome, Result, apply_plan
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.entry import State
from k8sharden.changes.journal import Journal
from k8sharden.changes.plan import Plan, bind_change, fetcher
from k8sharden.changes.rehearsal import dry_run
from k8sharden.changes.undo import plan_undo
from k8sharden.cluster.api import Access, Api
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.errors import ClusterUnavailable, Forbidden, InputError, Unreached
from k8sharden.model import kinds
from k8sharden.model.change import AccessReview, Change, Create, Patch, Risk, SetField
from tests.changes.swaps import (
    GONE,
    KEPT,
    NAMESPACE,
    NEW,
    OLD,
    OLD_OBJECT,
    RBAC,
    ROLE,
    SUBJECT,
    WRITES,
    Authorizer,
    right,
    swap,
)
from tests.changes.test_apply import SOURCE

ALL = len(KEPT) + len(GONE)


@pytest.fixture
def authorizer() -> Authorizer:
    """A cluster in which a pipeline may do everything."""
    return Authorizer(MemoryCluster([NAMESPACE, OLD_OBJECT]))


@pytest.fixture
def api(authorizer: Authorizer) -> Api:
    """An admin's client."""
    return Api(authorizer)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    opened = Journal(tmp_path / "state" / "journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long here."""
    monkeypatch.setattr(access, "PATIENCE", 0.3)
    monkeypatch.setattr(access, "POLL", 0.001)


def plan_of(api: Api, *changes: Change) -> Plan:
    """Bind changes to the cluster as it is."""
    return Plan(SOURCE, tuple(bind_change(each, ("f",), fetcher(api.get)) for each in changes))


def apply(api: Api, journal: Journal, *reviews: AccessReview, **more: Any) -> Outcome:
    """Swap the binding, and ask."""
    (outcome,) = apply_plan(plan_of(api, swap(*reviews)), api, journal, **more)
    return outcome


def there(api: Api) -> list[bool]:
    """Return whether the old binding, the new one and its role are there."""
    return [fetcher(api.get)(ref) is not None for ref in (OLD, NEW, ROLE)]


SWAPPED, AS_BEFORE = [False, True, True], [True, False, False]


def test_every_right_is_asked_about_and_confirmed(
    api: Api, authorizer: Authorizer, journal: Journal
) -> None:
    """A swap that leads to the rights it was to lead to is verified, and says so in numbers."""
    outcome = apply(api, journal)
    assert outcome.result is Result.VERIFIED
    assert outcome.detail == "The API server confirms it: 3 rights kept and 3 rights gone."
    assert len(authorizer.asked) == ALL
    assert there(api) == SWAPPED
    entry = journal.entry(outcome.entry)
    assert (entry.state, entry.detail) == (State.VERIFIED, outcome.detail)
    assert entry.reviews == (*KEPT, *GONE)


@pytest.mark.parametrize("behind", [1, ALL, 3 * ALL])
def test_an_authorizer_that_is_behind_is_asked_again(
    api: Api, authorizer: Authorizer, journal: Journal, behind: int
) -> None:
    """While it answers by the binding that is gone nothing is proved; once it knows, all is."""
    authorizer.behind = behind
    outcome = apply(api, journal)
    assert outcome.result is Result.VERIFIED, outcome
    # All together at the end, so that no answer is an old one.
    assert len(authorizer.asked) >= behind + ALL


@pytest.mark.parametrize("several", [2, 3, 5])
def test_several_api_servers_are_behind_each_on_its_own(
    api: Api, authorizer: Authorizer, journal: Journal, several: int
) -> None:
    """While one of several still answers by what was, the change is not verified."""
    authorizer.several, authorizer.behind = several, 5
    outcome = apply(api, journal)
    assert outcome.result is Result.VERIFIED, outcome
    assert len(authorizer.asked) > 5 * several


def test_an_answer_by_a_binding_that_is_gone_proves_nothing(
    api: Api, authorizer: Authorizer, journal: Journal
) -> None:
    """Where the authorizer does not learn of the change in time, the change is not verified."""
    authorizer.behind = 10**6
    outcome = apply(api, journal, *KEPT)
    assert outcome.result is Result.APPLIED
    assert outcome.detail.startswith(
        "Allowed only by what was taken away: get pods in ci (ServiceAccount ci/pipeline) and 2 "
        "more."
    )
    assert there(api) == SWAPPED
    assert journal.entry(outcome.entry).state is State.APPLIED


@pytest.mark.parametrize("home", ["ci", None])
def test_an_answer_by_a_subject_that_was_taken_out_proves_nothing(
    authorizer: Authorizer, journal: Journal, home: str | None
) -> None:
    """A binding that keeps others still allows them, and no longer whom it let go."""
    other = {"kind": "ServiceAccount", "name": "other", "namespace": "ci"}
    moved = {key: value for key, value in (SUBJECT | {"namespace": home}).items() if value}
    ref = kinds.ROLE_BINDINGS.ref("ci", "both")
    metadata = {"name": "both", "namespace": "ci"}
    head = OLD_OBJECT | {"kind": ref.kind, "metadata": metadata}
    authorizer.cluster = MemoryCluster([NAMESPACE, head | {"subjects": [other, moved]}])
    lagging = Authorizer(authorizer.cluster)
    api = Api(lagging)
    writes = (*WRITES[:2], Patch(ref, (SetField(("subjects",), [other]),)))
    stays = msgspec.structs.replace(KEPT[0], user="system:serviceaccount:ci:other")
    change = msgspec.structs.replace(swap(KEPT[0], stays), writes=writes)
    lagging.behind = 10**6
    (outcome,) = apply_plan(plan_of(api, change), api, journal)
    assert outcome.result is Result.APPLIED
    # Of the one who stays the old answer is the right one.
    assert outcome.detail.startswith(
        "Allowed only by what was taken away: get pods in ci (ServiceAccount ci/pipeline). The"
    )


def test_a_lost_right_restores_the_old_binding(
    api: Api, authorizer: Authorizer, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right that was to stay and is denied at the deadline is named, and all is as before."""
    order: list[tuple[str, str]] = []
    send = authorizer.send

    def watched(request: Any, **more: Any) -> Any:
        if request.method in ("POST", "DELETE") and not request.dry:
            order.append((request.method, request.path.split("/")[-1]))
        return send(request, **more)

    monkeypatch.setattr(authorizer, "send", watched)
    before = essential(api.get(OLD))
    lost = right("delete", "pods", allowed=True)
    outcome = apply(api, journal, *KEPT, lost, *GONE)
    assert outcome.result is Result.FAILED
    assert outcome.detail == (
        "Denied, though it was to stay: delete pods in ci (ServiceAccount ci/pipeline). What was "
        "written before was taken back."
    )
    assert there(api) == AS_BEFORE
    assert essential(api.get(OLD)) == before
    # What somebody waits for comes first.
    assert order[3:] == [
        ("POST", "clusterrolebindings"),
        ("DELETE", "pipeline-least"),
        ("DELETE", "pipeline-least"),
    ]
    entry = journal.entry(outcome.entry)
    assert (entry.state, entry.detail) == (State.FAILED, outcome.detail)
    assert set(entry.states) == {State.UNDONE}
    assert not entry.undoable


def test_a_right_that_goes_after_it_was_there_is_lost_at_once(
    api: Api, authorizer: Authorizer, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the new binding has allowed it, a denial is no delay: nobody waits for the deadline."""
    monkeypatch.setattr(access, "PATIENCE", 60.0)
    answers = iter([True])
    authorizer.says = lambda about: next(answers, False) if about == "pods" else about == "secrets"
    outcome = apply(api, journal, KEPT[0], GONE[1])
    assert outcome.result is Result.FAILED
    assert authorizer.asked == ["pods", "secrets", "pods"]
    assert there(api) == AS_BEFORE


def test_a_right_that_was_to_go_and_stays_is_told(api: Api, journal: Journal) -> None:
    """Another binding that still grants it is named as the server names it, and nothing is lost."""
    other = {
        **OLD_OBJECT,
        "metadata": {"name": "other"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
    }
    api.create(other, kinds.CLUSTER_ROLE_BINDINGS.ref("", "other"))
    outcome = apply(api, journal)
    assert outcome.result is Result.APPLIED
    assert outcome.detail == (
        "Still allowed, though it was to go: get configmaps other in ci (ServiceAccount "
        'ci/pipeline). The server says: RBAC: allowed by ClusterRoleBinding "other" of ClusterRole '
        '"view" to ServiceAccount "pipeline/ci".'
    )
    assert there(api) == SWAPPED
    entry = journal.entry(outcome.entry)
    assert (entry.state, entry.detail) == (State.APPLIED, outcome.detail)
    assert not entry.interrupted


def test_what_is_only_unsure_does_not_stop_the_plan(api: Api, journal: Journal) -> None:
    """A change that is written, and of whose rights one stays, is no reason to leave the rest."""
    more = kinds.ROLES.ref("ci", "more")
    plan = plan_of(
        api,
        swap(right("get", "pods", allowed=False)),
        Change(
            swap().kind, "more", Risk.SAFE, (Create(more, WRITES[0].manifest | _named("more")),)
        ),
    )
    first, second = apply_plan(plan, api, journal)
    assert (first.result, second.result) == (Result.APPLIED, Result.VERIFIED)


def _named(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "ci"}}


def test_an_interfering_hand_is_noticed(
    api: Api, authorizer: Authorizer, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the new role vanishes before anybody asked, the old binding is back, the rest gone."""
    send = authorizer.send

    def meddling(request: Any, **more: Any) -> Any:
        answer = send(request, **more)
        if request.method == "DELETE" and request.path.endswith("clusterrolebindings/pipeline"):
            role = Api(authorizer.cluster.transport()).get(ROLE)["metadata"]
            Api(authorizer.cluster.transport()).delete(
                ROLE, uid=role["uid"], resource_version=role["resourceVersion"]
            )
        return answer

    monkeypatch.setattr(authorizer, "send", meddling)
    outcome = apply(api, journal)
    assert outcome.result is Result.FAILED
    assert outcome.detail.startswith("Denied, though it was to stay: get pods in ci")
    assert '"pipeline-least" not found' in outcome.detail
    assert there(api) == AS_BEFORE
    assert set(journal.entry(outcome.entry).states) == {State.UNDONE}


@pytest.fixture
def helper(authorizer: Authorizer) -> Api:
    """Somebody who may swap bindings, and not ask about others' rights."""
    rules = [
        {"apiGroups": [RBAC], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
    ]
    role = kinds.CLUSTER_ROLES.ref("", "helper")
    binding = kinds.CLUSTER_ROLE_BINDINGS.ref("", "helper")
    admin = Api(authorizer.cluster.transport())
    admin.create(_object(role, rules=rules), role)
    helper = {"kind": "ServiceAccount", "name": "helper", "namespace": "ci"}
    named = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "helper"}
    admin.create(_object(binding, roleRef=named, subjects=[helper]), binding)
    return Api(authorizer.cluster.transport("system:serviceaccount:ci:helper"))


def _object(ref: Any, **rest: Any) -> dict[str, Any]:
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name},
        **rest,
    }


def test_who_may_not_ask_is_told_so_before_and_after(helper: Api, journal: Journal) -> None:
    """Review says that nobody can ask; the swap is then applied, and does not count as verified."""
    plan = dry_run(plan_of(helper, swap()), helper)
    assert not plan.blocked
    (said,) = [line for line in plan.changes[0].checked if "ask" in line]
    assert said.startswith("Afterwards nobody can ask the API server about 6 rights, and it will")
    assert "cannot create resource" in said
    (outcome,) = apply_plan(plan, helper, journal)
    assert outcome.result is Result.APPLIED
    assert outcome.detail.startswith("The API server was not asked about 6 of 6 rights:")
    assert there(helper) == SWAPPED


def test_review_says_what_will_be_asked(api: Api) -> None:
    """Before anything is written a person reads how many rights are to stay, and how many to go."""
    (planned,) = dry_run(plan_of(api, swap()), api).changes
    assert planned.checked[-1] == (
        "Afterwards the API server is asked about it: 3 rights to be kept and 3 rights to go."
    )


def test_review_says_what_is_denied_today_already(api: Api, authorizer: Authorizer) -> None:
    """A right that another authorizer denies would be taken for a loss: that is told before."""
    authorizer.says = lambda about: False if about == "configmaps" else None
    (planned,) = dry_run(plan_of(api, swap()), api).changes
    assert planned.checked[-1].startswith(
        "Denied today already, although roles seem to allow it: get configmaps web in ci "
    )


def test_an_undo_gives_the_rights_back_and_asks(api: Api, journal: Journal) -> None:
    """The old binding comes back as it was, the new objects go, and what was gone is allowed."""
    before = essential(api.get(OLD))
    first = apply(api, journal)
    plan = plan_undo([journal.entry(first.entry)], SOURCE, fetcher(api.get))
    (undone,) = apply_plan(plan, api, journal)
    assert undone.result is Result.UNDONE
    assert undone.detail == ("The API server confirms it: 3 rights kept and 3 rights given.")
    assert there(api) == AS_BEFORE
    assert essential(api.get(OLD)) == before
    again = plan_undo([journal.entry(undone.entry)], SOURCE, fetcher(api.get))
    assert set(again.changes[0].change.reviews) == set(swap().reviews)
    (swapped,) = apply_plan(again, api, journal)
    assert swapped.detail == "The API server confirms it: 3 rights kept and 3 rights gone."
    assert there(api) == SWAPPED


def test_a_right_of_a_new_account_is_given_not_given_back(api: Api, journal: Journal) -> None:
    """Who had nothing before gets it, and where it is missing nothing is called lost before."""
    new = msgspec.structs.replace(KEPT[0], before=False)
    outcome = apply(api, journal, new, *GONE)
    assert outcome.detail == "The API server confirms it: 1 right given and 3 rights gone."


def test_a_right_that_was_to_come_and_does_not_is_taken_for_a_loss(
    api: Api, journal: Journal
) -> None:
    """Pods that are to run under a new account need it as much as one that was there."""
    missing = msgspec.structs.replace(right("delete", "pods", allowed=True), before=False)
    outcome = apply(api, journal, missing)
    assert outcome.result is Result.FAILED
    assert outcome.detail.startswith("Denied, though it was to come: delete pods in ci")
    assert there(api) == AS_BEFORE


def test_an_undo_is_never_taken_back(api: Api, authorizer: Authorizer, journal: Journal) -> None:
    """Where a right does not come back, as without its role, that is told, and the undo stands."""
    first = apply(api, journal)
    authorizer.says = lambda about: False if about == "secrets" else None
    plan = plan_undo([journal.entry(first.entry)], SOURCE, fetcher(api.get))
    (undone,) = apply_plan(plan, api, journal)
    assert undone.result is Result.APPLIED
    assert undone.detail == (
        "Denied, though it was to come: get secrets in ci (ServiceAccount ci/pipeline)."
    )
    assert there(api) == AS_BEFORE
    assert journal.entry(first.entry).state is State.UNDONE


def test_a_network_that_comes_back_is_waited_for(
    api: Api, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question without an answer is asked again until the deadline."""
    ask, left = api.ask, iter(range(5))

    def rough(question: AccessReview) -> Access:
        if next(left, None) is not None:
            raise ClusterUnavailable("No answer.")
        return ask(question)

    monkeypatch.setattr(api, "ask", rough)
    assert apply(api, journal).result is Result.VERIFIED


def test_a_network_that_stays_away_leaves_it_open(
    api: Api, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be asked is no loss and no success: it stands, and the words say why."""

    def nobody(_question: AccessReview) -> Access:
        raise Unreached("No connection.")

    monkeypatch.setattr(api, "ask", nobody)
    outcome = apply(api, journal)
    assert outcome.result is Result.APPLIED
    assert outcome.detail == ("The API server was not asked about 6 of 6 rights: No connection.")
    assert there(api) == SWAPPED


def test_a_stop_asks_once_about_what_stays(
    api: Api, authorizer: Authorizer, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops waits for nothing, and a right that was to stay is asked about all the same."""
    stopped: list[bool] = []
    send = authorizer.send

    def stopping(request: Any, **more: Any) -> Any:
        if request.method == "DELETE":
            stopped.append(True)
        return send(request, **more)

    monkeypatch.setattr(authorizer, "send", stopping)
    outcome = apply(api, journal, stop=lambda: bool(stopped))
    assert outcome.result is Result.APPLIED
    assert outcome.detail == ("The API server was not asked about 3 of 6 rights: it was stopped.")
    assert authorizer.asked == ["pods", "pods", "configmaps"]


def test_a_stop_does_not_hide_a_loss(api: Api, authorizer: Authorizer, journal: Journal) -> None:
    """A right that is denied as somebody stops is lost: the old binding comes back."""
    stopped: list[bool] = []

    def denies(_about: str) -> bool:
        stopped.append(True)
        return False

    authorizer.says = denies
    outcome = apply(api, journal, stop=lambda: bool(stopped))
    assert outcome.result is Result.FAILED
    assert there(api) == AS_BEFORE


def test_progress_is_told_where_it_takes_long(
    api: Api, journal: Journal, authorizer: Authorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many rights of how many are as they were meant; and nothing where all is over at once."""
    told: list[tuple[int, int]] = []
    apply(api, journal, asking=lambda *numbers: told.append(numbers))
    assert not told
    plan = plan_undo(journal.entries(), SOURCE, fetcher(api.get))
    monkeypatch.setattr(access, "SILENT", 0.0)
    monkeypatch.setattr(access, "TOLD", 0.0)
    authorizer.behind = 2
    apply_plan(plan, api, journal, asking=lambda *numbers: told.append(numbers))
    assert told[-1] == (ALL, ALL)
    assert sorted(done for done, _ in told) == [done for done, _ in told]


def test_a_journal_that_cannot_be_written_hides_no_loss(
    api: Api, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the rights are asked about, and a lost one is given back, all the same."""
    settle = journal.settle
    calls = iter([True])

    def full(*words: Any, **more: Any) -> None:
        if next(calls, False):
            settle(*words, **more)
        else:
            raise InputError("The disk is full.")

    monkeypatch.setattr(journal, "settle", full)
    outcome = apply(api, journal, right("delete", "pods", allowed=True))
    assert outcome.result is Result.FAILED
    assert outcome.detail.endswith("The disk is full.")
    assert there(api) == AS_BEFORE


def test_a_question_that_nobody_answers_well_ends_it() -> None:
    """An answer that will not change is not waited for."""
    asked: list[AccessReview] = []

    def refuses(question: AccessReview) -> Access:
        asked.append(question)
        raise Forbidden("You may not.", status=403)

    verdict = Inquiry(refuses).verdict(KEPT)
    assert verdict.unsure
    assert not verdict.lost
    assert len(asked) == 1


def test_subresources_names_urls_and_groups_are_asked_for(api: Api) -> None:
    """Each part of a right is in the question, and a group's right is found by the group."""
    binding = kinds.CLUSTER_ROLE_BINDINGS.ref("", "crew")
    rules = [
        {"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["web"],
         "verbs": ["patch"]},
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]  # fmt: skip
    role = kinds.CLUSTER_ROLES.ref("", "crew")
    api.create(_object(role, rules=rules), role)
    named = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "crew"}
    crew = {"apiGroup": RBAC, "kind": "Group", "name": "crew"}
    api.create(_object(binding, roleRef=named, subjects=[crew]), binding)
    scale = AccessReview("", ("crew",), "patch", "apps", "deployments/scale", "shop", "web")
    url = AccessReview("ada", ("crew",), "get", path="/metrics")
    assert api.ask(scale).allowed
    assert api.ask(url).allowed
    for field, value in (
        ("groups", ("others",)), ("verb", "get"), ("group", ""), ("resource", "deployments"),
        ("name", "cart"),
    ):  # fmt: skip
        assert not api.ask(_other(scale, field, value)).allowed, field
    assert not api.ask(_other(url, "path", "/healthz")).allowed
    assert Api(api.transport, read_only=True).ask(url).allowed


def _other(question: AccessReview, field: str, value: Any) -> AccessReview:
    return msgspec.structs.replace(question, **{field: value})
