"""The ground of a change: what it rests on is read again at its turn, and counts as approved."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.plan import Plan
from k8sharden.cluster.api import Api
from k8sharden.errors import Forbidden
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Listing
from k8sharden.model.inventory import Inventory
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session

IDLE = "default"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on the training cluster."""
    opened = Session(TrainingPlace(tmp_path), tmp_path)
    yield opened
    opened.close()


def api(session: Session) -> Api:
    """Return somebody else's client of the same cluster."""
    assert isinstance(session.place, TrainingPlace)
    return Api(session.place.cluster.transport())


def plan_of(session: Session, check: str, *names: str) -> Plan:
    """Plan the findings of one check on these objects."""
    scan = session.scan()
    found = [f for f in scan.findings if f.check == check and f.resource.name in names]
    return session.plan(scan, [finding for finding in found if finding.counts])


def apply(session: Session, plan: Plan) -> list[Outcome]:
    """Apply a plan as it was shown."""
    return list(session.apply(plan, plan.digest))


def pod(name: str) -> dict[str, object]:
    """Return a pod that baseline admits, and restricted does not."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": IDLE},
        "spec": {"containers": [{"name": "web", "image": "registry.kestrel.example/web:1"}]},
    }


def test_a_level_that_no_longer_holds_is_not_enforced(session: Session) -> None:
    """A pod that came since the review makes it another level: nothing is written, it is shown."""
    plan = plan_of(session, "pss-no-enforce", IDLE)
    assert plan.changes[0].change.basis["level"] == "restricted"
    api(session).create(pod("late"), kinds.PODS.ref(IDLE, "late"))
    (outcome,) = apply(session, plan)
    assert outcome.result is Result.FAILED
    assert "what it rests on changed since it was reviewed" in outcome.detail
    assert outcome.now is not None
    assert outcome.now.change.basis["level"] == "baseline"
    assert "enforce: baseline" in session.preview(outcome.now)[0].text
    assert not session.history.entries()
    labels = api(session).get(kinds.NAMESPACES.ref("", IDLE))["metadata"]["labels"]
    assert "pod-security.kubernetes.io/enforce" not in labels


def test_what_does_not_touch_the_basis_goes_on(session: Session) -> None:
    """A pod that meets the level, and one elsewhere, leave the change as it was approved."""
    plan = plan_of(session, "pss-no-enforce", "office")
    api(session).create(pod("late"), kinds.PODS.ref(IDLE, "late"))
    (outcome,) = apply(session, plan)
    assert (outcome.result, outcome.detail) == (Result.VERIFIED, "")


def test_a_digest_that_no_longer_runs_is_not_pinned(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When other content runs under the tag by now, the digest that was shown is not written."""
    plan = plan_of(session, "img-no-digest", "web")
    read_again = session.place.reread
    zeros = "sha256:" + "0" * 64

    def pushed(inventory: Inventory, listings: Sequence[Listing]) -> Inventory:
        known = read_again(inventory, listings)
        pods = tuple(_moved(pod, zeros) for pod in known.pods)
        return msgspec.structs.replace(known, objects={**known.objects, kinds.PODS.key: pods})

    monkeypatch.setattr(TrainingPlace, "reread", property(lambda _: pushed))
    (outcome,) = apply(session, plan)
    assert outcome.result is Result.FAILED
    assert outcome.now is not None
    assert set(outcome.now.change.basis.values()) == {zeros}
    assert not session.history.entries()


def _moved(pod: o.Pod, digest: str) -> o.Pod:
    """Return a pod that runs other content under the same names."""
    if pod.status is None:
        return pod
    lists = {
        name: [
            msgspec.structs.replace(each, image_id=f"{each.image_id.partition('@')[0]}@{digest}")
            for each in getattr(pod.status, name) or ()
        ]
        for name in ("container_statuses", "init_container_statuses")
    }
    return msgspec.structs.replace(pod, status=msgspec.structs.replace(pod.status, **lists))


def test_ground_that_is_gone_is_drift(session: Session) -> None:
    """Where the change would not be made at all any more, the reason is said."""
    plan = plan_of(session, "net-no-default-deny-ingress", "shop")
    deny = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "somebody-else", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    api(session).create(deny, kinds.NETWORK_POLICIES.ref("shop", "somebody-else"))
    (outcome,) = apply(session, plan)
    assert outcome.result is Result.FAILED
    assert "it does not hold any more. Nothing is open here by now" in outcome.detail


def test_the_plans_own_work_is_no_drift(session: Session) -> None:
    """A label is not raised since the workloads before it were repaired by the same plan."""
    scan = session.scan()
    ours = ("rt-seccomp", "pss-allow-privilege-escalation", "pss-no-enforce", "img-no-digest")
    found = [
        f
        for f in scan.findings
        if f.check in ours and "office" in (f.resource.namespace, f.resource.name) and f.counts
    ]
    plan = session.plan(scan, found)
    for planned in plan.held:
        plan = plan.overrule(planned.owner)
    outcomes = apply(session, plan)
    assert len(outcomes) > 2
    assert {outcome.result for outcome in outcomes} == {Result.VERIFIED}


def test_every_basis_says_where_it_was_read(session: Session) -> None:
    """No change of the catalogue rests on facts that are not looked at again."""
    scan = session.scan()
    plan = session.plan(scan, [finding for finding in scan.findings if finding.counts])
    resting = [each.change for each in plan.changes if each.change.basis and each.bound]
    assert len(resting) > 5
    assert all(change.rests_on for change in resting)
    keys = {listing.resource for change in resting for listing in change.rests_on}
    assert keys <= {kind.key for kind in kinds.SCANNED}


def test_ground_that_cannot_be_read_stops_the_change(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the list nobody knows whether the basis holds: nothing is written."""
    plan = plan_of(session, "pss-no-enforce", IDLE)

    def refuse(*_words: object, **_more: object) -> Iterator[bytes]:
        raise Forbidden("may not list pods", status=403)

    monkeypatch.setattr(Api, "pages", refuse)
    (outcome,) = apply(session, plan)
    assert outcome.result is Result.FAILED
    assert "may not list pods" in outcome.detail
    assert not session.history.entries()
