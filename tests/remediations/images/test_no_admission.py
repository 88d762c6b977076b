"""The policy for images on a real API server: applied, verified, made to deny, taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sharden.changes.apply import Result
from k8sharden.changes.plan import Plan
from k8sharden.cluster.connect import connect
from k8sharden.config import ImageSettings
from k8sharden.errors import NotFound
from k8sharden.export.folder import Format
from k8sharden.model import kinds
from k8sharden.places.cluster import ClusterPlace
from k8sharden.session import Session
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

POLICY = kinds.ADMISSION_POLICIES.ref("", "trusted-images")
BINDING = kinds.ADMISSION_POLICY_BINDINGS.ref("", "trusted-images")
# It is what takes away an object whose dependents are left alone.
COLLECTOR = ("garbage-collector-controller",)
ALLOWED = ImageSettings(allowed_registries=("registry.kestrel.example",))
PINNED = "registry.kestrel.example/shop/web@sha256:" + "a" * 64


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ControlPlane]:
    """A server of its own, with a namespace: a policy is for the whole cluster."""
    with started(lambda: ControlPlane(tmp_path / "server", controllers=COLLECTOR)) as plane:
        body = {"metadata": {"name": "shop"}}
        plane.request("POST", "/api/v1/namespaces", body).expect(201)
        yield plane


@pytest.fixture
def session(server: ControlPlane, tmp_path: Path) -> Iterator[Session]:
    """A session on that server."""
    api = connect(kubeconfig=server.kubeconfig())
    opened = Session(ClusterPlace(api, "real", images=ALLOWED), tmp_path / "state")
    yield opened
    opened.close()


def planned(session: Session, check: str) -> Plan:
    """Plan what answers the findings of one check, and let the server try it."""
    scan = session.scan()
    found = [finding for finding in scan.findings if finding.check == check]
    assert found, check
    return session.review(session.plan(scan, found))


def made(session: Session, check: str) -> str:
    """Apply what answers a check; return the journal's entry."""
    plan = planned(session, check)
    assert [each.rejected for each in plan.changes] == [""]
    (outcome,) = session.apply(plan, plan.digest)
    assert outcome.result is Result.VERIFIED, outcome
    assert check not in {finding.check for finding in session.scan().findings}
    return str(outcome.entry)


def pod(image: str) -> dict[str, Any]:
    """A pod with one container."""
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "p", "image": image}]}}


def test_it_reports_then_denies_and_is_taken_back(session: Session, server: ControlPlane) -> None:
    """Two objects go in as one change; one field makes them deny; undo leaves nothing behind."""
    fetch = session.place.fetch
    first = made(session, "img-no-admission")
    assert [each for each in (POLICY, BINDING) if fetch(each) is None] == []
    # The second item finds that it only reports, and knows that no workload would be refused.
    second = made(session, "img-adm-audit-only")
    actions = server.request("GET", kinds.type_of(BINDING).path("", BINDING.name)).json()
    assert actions["spec"]["validationActions"] == ["Deny", "Audit"]
    path = f"{kinds.PODS.path('shop')}?dryRun=All"
    for image, status in (("web:1", 422), (PINNED, 201)):
        assert _settled(server, path, image, status) == status
    source = session.place.source()
    undo = session.history.undo([first, second], source)
    outcomes = session.apply(session.review(undo), undo.digest)
    assert {each.result for each in outcomes} == {Result.UNDONE}, outcomes
    for ref in (POLICY, BINDING):
        assert fetch(ref) is None


def _settled(server: ControlPlane, path: str, image: str, wanted: int) -> int:
    """Return how the server answers, once it has read its policies anew: within a second or so."""
    deadline = time.monotonic() + 30
    while (status := server.request("POST", path, pod(image)).status) != wanted:
        if time.monotonic() > deadline:
            break
    return status


def test_denying_waits_until_what_runs_is_pinned(session: Session, server: ControlPlane) -> None:
    """A workload by tag would not come back: there is no change yet, but its name."""
    server.request(
        "POST", "/api/v1/namespaces/shop/serviceaccounts", {"metadata": {"name": "default"}}
    )
    server.request("POST", kinds.PODS.path("shop"), pod("web:1")).expect(201)
    made(session, "img-no-admission")
    plan = planned(session, "img-adm-audit-only")
    assert not plan.changes
    (unfixed,) = plan.unfixed
    assert "Pod shop/p" in unfixed.reason


def test_the_twins_are_exported(session: Session, tmp_path: Path) -> None:
    """Who runs another engine finds its policy among the files, and the plan still writes two."""
    plan = planned(session, "img-no-admission")
    assert len(plan.changes[0].bound) == 2
    written = session.export(plan, tmp_path / "out", Format.ARTEFACTS).written
    assert {path.name for path in written} == {"validating-policy.yaml", "trusted-images.yaml"}


def test_somebody_elses_policy_stops_it(session: Session) -> None:
    """A name that was taken after the plan was made is drift, and nothing is left half made."""
    plan = planned(session, "img-no-admission")
    writer = session.place.writer
    assert writer is not None
    api = connect_again(session)
    taken = {
        "apiVersion": BINDING.api_version,
        "kind": BINDING.kind,
        "metadata": {"name": BINDING.name},
        "spec": {"policyName": "theirs", "validationActions": ["Audit"]},
    }
    api.create(taken, BINDING)
    (outcome,) = session.apply(plan, plan.digest)
    assert outcome.result is not Result.VERIFIED
    with pytest.raises(NotFound):
        api.get(POLICY)
    assert api.get(BINDING)["spec"]["policyName"] == "theirs"


def connect_again(session: Session) -> Any:
    """Return a client of the session's server."""
    assert isinstance(session.place, ClusterPlace)
    return session.place._api
