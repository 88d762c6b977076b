"""What plans and undos cut: told before anything is applied, and refused if nobody accepted it."""

import json
from pathlib import Path

import msgspec
import pytest

from k8sharden.changes.impact import with_impact
from k8sharden.changes.plan import Origin, Plan, bind_change
from k8sharden.cli.cuts import check_cuts, cut_words
from k8sharden.errors import ClusterUnavailable, Refused
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, Create, Delete, Patch, Risk, SetField, Write
from k8sharden.model.impact import ImpactKind
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Scan, Session
from tests.cli.here import Here

DENY = kinds.NETWORK_POLICIES.ref("payments", "deny")
ALLOW = kinds.NETWORK_POLICIES.ref("payments", "allow-ledger")
LEDGER = {"matchLabels": {"app": "ledger"}}
INTO_LEDGER = (
    "Deployment payments/checkout → StatefulSet payments/ledger TCP 5432",
    "Deployment office/invoices → StatefulSet payments/ledger TCP 5432",
)


def policy(name: str, spec: dict[str, object]) -> Create:
    """Return the write of a new policy in payments."""
    ref = kinds.NETWORK_POLICIES.ref("payments", name)
    head = {"apiVersion": ref.api_version, "kind": ref.kind}
    return Create(ref, {**head, "metadata": {"name": name, "namespace": "payments"}, "spec": spec})


def deny() -> Create:
    """Nothing gets in to payments any more."""
    return policy("deny", {"podSelector": {}, "policyTypes": ["Ingress"]})


def allow() -> Create:
    """Everybody gets in to the ledger."""
    ports = [{"protocol": "TCP", "port": 5432}]
    return policy(
        "allow-ledger",
        {"podSelector": LEDGER, "policyTypes": ["Ingress"], "ingress": [{"ports": ports}]},
    )


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session on a new training cluster."""
    return Session(TrainingPlace(tmp_path / "state"), tmp_path / "state")


def planned(session: Session, *changes: tuple[Write, ...]) -> Plan:
    """Return a plan of these changes, each of these writes, with what they cut."""
    made = tuple(
        bind_change(Change(ChangeKind.GROUP, "c", Risk.TRAFFIC, writes), (), session.place.fetch)
        for writes in changes
    )
    return with_impact(Plan(session.place.source(), made), session.scan().inventory)


def allow_under_deny(state: Path) -> tuple[str, str]:
    """Deny, then allow; return the entry of the allow, and the digest of its undo."""
    session = Session(TrainingPlace(state), state)
    for write in (deny(), allow()):
        plan = planned(session, (write,))
        entry = session.apply(plan, plan.digest)[0].entry
    undo = session.history.undo([entry], session.place.source())
    session.close()
    return entry, undo.digest


def cuts(plan: Plan, at: int = 0) -> list[str]:
    """Return the sentences of what a change cuts."""
    return [effect.said for effect in plan.changes[at].impact if effect.cuts]


def test_a_bare_default_deny_names_each_connection_with_what_shows_it(session: Session) -> None:
    """Who calls whom, on which port, and the setting that says so."""
    said = cuts(planned(session, (deny(),)))
    assert [line for line in INTO_LEDGER if not any(line in each for each in said)] == []
    assert any("env LEDGER_URL of container checkout" in each for each in said)


def test_what_an_earlier_change_allows_is_not_cut(session: Session) -> None:
    """A change is judged on the policies as those before it leave them."""
    plan = planned(session, (allow(),), (deny(),))
    assert cuts(plan) == []
    assert not any("payments/ledger" in each for each in cuts(plan, 1))


def test_between_two_writes_of_one_change_nothing_is_cut_either(session: Session) -> None:
    """A deny before its allow is a moment without the ledger, and is told."""
    assert any(INTO_LEDGER[0] in each for each in cuts(planned(session, (deny(), allow()))))
    assert not any(INTO_LEDGER[0] in each for each in cuts(planned(session, (allow(), deny()))))


def test_other_labels_lose_what_selectors_meant(session: Session) -> None:
    """A namespace that a policy means by its label, and a workload that one means by its own."""
    by_team = policy(
        "from-team",
        {
            "podSelector": {"matchLabels": {"app": "checkout"}},
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "storefront"}}}]}],
        },
    )
    by_name = Delete(kinds.NETWORK_POLICIES.ref("payments", "checkout-from-shop"))
    team = ("metadata", "labels", "team")
    moved = Patch(kinds.NAMESPACES.ref("", "shop"), (SetField(team, "web"),))
    plan = planned(session, (by_team, by_name), (moved,))
    called = "Deployment shop/web → Deployment payments/checkout"
    assert not any(called in each for each in cuts(plan))
    assert any(called in each for each in cuts(plan, 1))
    index = kinds.STATEFUL_SETS.ref("catalogue", "index")
    label = ("spec", "template", "metadata", "labels", "app")
    said = cuts(planned(session, (Patch(index, (SetField(label, "other"),)),)))
    assert any("Deployment catalogue/search → StatefulSet catalogue/index" in s for s in said)


def test_a_policy_that_goes_takes_what_it_allowed(session: Session) -> None:
    """Deleting an allow under a default deny cuts; deleting the deny does not."""
    gone = kinds.NETWORK_POLICIES.ref("catalogue", "search-from-gateway")
    said = cuts(planned(session, (Delete(gone),)))
    assert said == [each for each in said if "→ Deployment catalogue/search TCP 9200" in each] != []
    denial = kinds.NETWORK_POLICIES.ref("catalogue", "default-deny-ingress")
    assert cuts(planned(session, (Delete(denial),))) == []


def test_an_odd_policy_is_not_known(session: Session) -> None:
    """What does not decode cannot be judged, and is no pass."""
    plan = planned(session, (policy("odd", {"podSelector": {}, "policyTypes": 7}),))
    (effect,) = plan.changes[0].impact
    assert (effect.kind, effect.count) == (ImpactKind.TRAFFIC, None)
    assert "Cannot tell" in effect.said


def test_a_plan_that_cuts_is_refused_unless_somebody_accepts_as_many(session: Session) -> None:
    """A yes is not enough; and fewer than are cut are not enough."""
    plan = planned(session, (deny(),))
    assert plan.cuts == len(cuts(plan))
    assert f"--accept-cuts {plan.cuts}" in " ".join(cut_words(plan))
    for accepted in (0, plan.cuts - 1):
        with pytest.raises(Refused, match=f"--accept-cuts {plan.cuts}"):
            check_cuts(plan, accepted)
    check_cuts(plan, plan.cuts)
    check_cuts(planned(session, (allow(),)), 0)


def test_who_else_is_cut_makes_another_plan(session: Session) -> None:
    """What was accepted is which connections are cut, not how many."""

    def made() -> Plan:
        origin = Origin({}, {}, session.scan().inventory)
        return msgspec.structs.replace(planned(session, (deny(),)), origin=origin)

    plan = made()
    assert made().digest == plan.digest
    checkout = session.place.fetch(kinds.DEPLOYMENTS.ref("payments", "checkout"))
    assert checkout is not None
    reports = {key: checkout[key] for key in ("apiVersion", "kind")} | json.loads(
        json.dumps({"spec": checkout["spec"]}).replace("checkout", "reports")
    )
    reports["metadata"] = {"name": "reports", "namespace": "payments"}
    assert session.place.writer is not None
    session.place.writer.create(reports, kinds.DEPLOYMENTS.ref("payments", "reports"))
    later = made()
    assert later.cuts > plan.cuts
    assert later.digest != plan.digest
    with pytest.raises(Refused, match="no longer the one that was approved"):
        session.apply(later, plan.digest)


def test_an_allow_is_not_taken_back_from_under_a_later_deny(session: Session) -> None:
    """The undo is refused and names the entry that is needed; with it, or after it, it goes."""
    entries = []
    for write in (allow(), deny()):
        plan = planned(session, (write,))
        entries.append(session.apply(plan, plan.digest)[0].entry)
    source = session.place.source()
    alone = session.history.undo(entries[:1], source)
    assert alone.changes == ()
    assert alone.unfixed[0].needs == (entries[1],)
    together = session.history.undo(entries, source, inventory=session.scan().inventory)
    assert (together.unfixed, together.cuts) == ((), 0)
    assert {each.result for each in session.apply(together, together.digest)} == {"undone"}


def test_an_undo_from_a_shell_that_cuts_is_refused(tmp_path: Path) -> None:
    """It says which connection, exits with 4, and goes on where that many are accepted."""
    person = Here(tmp_path)
    entry, digest = allow_under_deny(person.home / "state")
    consent = ("--demo", "--yes", "--digest", digest)
    refused = person("journal", "undo", entry, *consent)
    assert refused.code == 4
    assert f"!! Cuts {INTO_LEDGER[0]}" in refused.err
    count = refused.err.count("!! Cuts")
    assert person("journal", "undo", entry, *consent, "--accept-cuts", str(count)).code == 0


def test_an_undo_from_a_shell_that_nothing_can_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a scan a yes is not taken, and who is asked is told that the effect is not known."""
    person = Here(tmp_path)
    entry, digest = allow_under_deny(person.home / "state")

    def silent(*_: object) -> Scan:
        raise ClusterUnavailable("Nobody answers.")

    monkeypatch.setattr(Session, "scan", silent)
    undo = ("journal", "undo", entry, "--demo")
    assert person(*undo, "--yes", "--digest", digest).code == 3
    asked = person(*undo)
    assert asked.code == 4
    assert "The cluster could not be scanned: Nobody answers." in asked.err
    assert "!! Cannot tell which connections it cuts: the cluster was not scanned." in asked.err
    assert "!! What this does to traffic and rights is not known" in asked.err


def test_the_undo_of_a_binding_from_a_shell_says_who_loses_what(tmp_path: Path) -> None:
    """Taking a binding back that we made is looked at beside all others, as in the app."""
    person = Here(tmp_path)
    state = person.home / "state"
    session = Session(TrainingPlace(state), state)
    ref = kinds.ROLE_BINDINGS.ref("shop", "readers")
    made = Create(
        ref,
        {
            "apiVersion": ref.api_version,
            "kind": ref.kind,
            "metadata": {"name": ref.name, "namespace": ref.namespace},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"
            },
            "subjects": [
                {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody-yet"}
            ],
        },
    )  # fmt: skip
    plan = planned(session, (made,))
    entry = session.apply(plan, plan.digest)[0].entry
    session.close()
    asked = person("journal", "undo", entry, "--demo")
    assert "User nobody-yet loses" in asked.err
