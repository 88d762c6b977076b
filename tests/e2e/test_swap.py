"""From cluster-admin to what is used, on a real API server with an audit log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.plan import Plan, bind_change
from k8sharden.cluster.connect import connect
from k8sharden.model import kinds
from k8sharden.model.change import AccessReview, Change, ChangeKind, Create, Delete, Risk, Write
from k8sharden.places.cluster import ClusterPlace
from k8sharden.session import Session
from tests.e2e.audited import BINDING, SPACES, USER, Audited, audited
from tests.e2e.proxy import Answered, Asked, Forward, between, through

pytestmark = pytest.mark.real

RBAC = "rbac.authorization.k8s.io"
GROUPS = ("system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated")
NAME = "deployer-least"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """A cluster in whose log a deployer did its job, and somebody was refused."""
    with audited(tmp_path_factory.mktemp("audited")) as running:
        assert 403 not in running.job()
        assert running.server.client("snoop")("GET", "/api/v1/secrets").status == 403
        running.keep()
        yield running


def opened(config: Path, state: Path) -> Session:
    """Start the program."""
    return Session(ClusterPlace(connect(kubeconfig=config), "test"), state, items=())


def rules(space: str) -> list[dict[str, list[str]]]:
    """Return what the job needs in a namespace."""
    deploy = [
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]},
        {
            "apiGroups": ["apps"],
            "resources": ["deployments"],
            "resourceNames": ["web"],
            "verbs": ["patch"],
        },
    ]
    read = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {
            "apiGroups": [""],
            "resources": ["pods/log"],
            "resourceNames": ["web-0"],
            "verbs": ["get"],
        },
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["settings"],
            "verbs": ["get"],
        },
    ]
    return deploy + (read if space == "shop" else [])


def swap() -> Change:
    """Return the swap of cluster-admin for what the job needs, with its questions."""
    subject = {"kind": "ServiceAccount", "name": "deployer", "namespace": "ci"}
    writes: list[Write] = []
    for space in SPACES:
        role, binding = (kind.ref(space, NAME) for kind in (kinds.ROLES, kinds.ROLE_BINDINGS))
        metadata = {"name": NAME, "namespace": space}
        head = {"apiVersion": role.api_version, "metadata": metadata}
        named = {"apiGroup": RBAC, "kind": "Role", "name": NAME}
        writes += [
            Create(role, {**head, "kind": "Role", "rules": rules(space)}),
            Create(
                binding, {**head, "kind": "RoleBinding", "roleRef": named, "subjects": [subject]}
            ),
        ]
    writes.append(Delete(kinds.CLUSTER_ROLE_BINDINGS.ref("", "deployer")))
    reviews = (
        right("create", "deployments", "shop", group="apps", allowed=True),
        right("patch", "deployments", "payments", "web", group="apps", allowed=True),
        right("get", "pods/log", "shop", "web-0", allowed=True),
        right("get", "configmaps", "shop", "settings", allowed=True),
        right("get", "configmaps", "shop", "other", allowed=False),
        right("list", "secrets", "", allowed=False),
        right("create", "pods/exec", "shop", "web-0", allowed=False),
        AccessReview(USER, GROUPS, "get", path="/metrics"),
    )
    return Change(ChangeKind.GROUP, "Swap it", Risk.ACCESS, tuple(writes), reviews=reviews)


def right(
    verb: str,
    resource: str,
    namespace: str,
    name: str = "",
    *,
    group: str = "",
    allowed: bool,
) -> AccessReview:
    """Return a question about the deployer."""
    return AccessReview(USER, GROUPS, verb, group, resource, namespace, name, allowed=allowed)


def plan_of(session: Session) -> Plan:
    """Bind the swap to the cluster as it is, and let the server try it."""
    planned = bind_change(swap(), (), session.place.fetch)
    return session.review(Plan(session.place.source(), (planned,)))


def apply(session: Session) -> Outcome:
    """Swap the binding."""
    plan = plan_of(session)
    assert not plan.blocked, plan.blocked
    (outcome,) = session.apply(plan, plan.digest)
    return outcome


def take_back(session: Session, entry: str) -> Outcome:
    """Take an entry back."""
    undo = session.history.undo([entry], session.place.source())
    (outcome,) = session.apply(undo, undo.digest)
    return outcome


def test_the_job_passes_and_all_else_is_denied(cluster: Audited, tmp_path: Path) -> None:
    """After the swap the same job is allowed and nothing else is; undo gives all of it back."""
    before = cluster.rbac()
    assert 403 not in cluster.others()
    session = opened(cluster.server.kubeconfig(), tmp_path)
    swapped = apply(session)
    assert swapped.result is Result.VERIFIED, swapped.detail
    assert swapped.detail == "The API server confirms it: 4 rights kept and 4 rights gone."
    assert 403 not in cluster.job()
    assert set(cluster.others()) == {403}
    undone = take_back(session, swapped.entry)
    assert undone.result is Result.UNDONE, undone.detail
    assert undone.detail == "The API server confirms it: 4 rights kept and 4 rights given."
    assert cluster.rbac() == before
    assert 403 not in cluster.others()
    session.close()


def test_a_lost_right_brings_the_old_binding_back(cluster: Audited, tmp_path: Path) -> None:
    """Somebody deletes the new role in between: the deployer is denied for a moment only."""
    before = cluster.rbac()

    def meddle(asked: Asked, forward: Forward) -> Answered:
        answer = forward()
        if asked.method == "DELETE" and asked.path == BINDING and not asked.dry:
            path = f"/apis/{RBAC}/v1/namespaces/shop/roles/{NAME}"
            cluster.server.request("DELETE", path).expect(200)
        return answer

    with between(cluster.server, meddle) as address:
        config = through(address, cluster.server.kubeconfig(), tmp_path)
        session = opened(config, tmp_path / "state")
        outcome = apply(session)
        assert outcome.result is Result.FAILED
        assert outcome.detail.startswith("Denied, though it was to stay: ")
        assert outcome.detail.endswith("What was written before was taken back.")
        (entry,) = session.history.entries()
        assert not entry.undoable
        session.close()
    assert cluster.rbac() == before
    cluster.server.wait_until(lambda: 403 not in cluster.job(), "the job passes again")


def test_who_may_not_ask_swaps_all_the_same(cluster: Audited, tmp_path: Path) -> None:
    """Review tells that nobody can ask; it is applied, not verified, and taken back as well."""
    before = cluster.rbac()
    session = opened(cluster.server.kubeconfig("silent"), tmp_path)
    (planned,) = plan_of(session).changes
    assert planned.checked[-1].startswith("Afterwards nobody can ask the API server about 8 rights")
    outcome = apply(session)
    assert outcome.result is Result.APPLIED
    assert outcome.detail.startswith("The API server was not asked about 8 of 8 rights: ")
    cluster.server.wait_until(lambda: set(cluster.others()) == {403}, "all else is denied")
    assert 403 not in cluster.job()
    undone = take_back(session, outcome.entry)
    assert undone.result is Result.APPLIED, undone.detail
    assert cluster.rbac() == before
    session.close()


def test_who_has_less_cannot_grant_it(cluster: Audited, tmp_path: Path) -> None:
    """The server refuses to let somebody make a role of rights that they lack: nothing changes."""
    before = cluster.rbac()
    session = opened(cluster.server.kubeconfig("swapper"), tmp_path)
    (blocked,) = plan_of(session).blocked
    assert "attempting to grant RBAC permissions not currently held" in blocked.rejected
    assert cluster.rbac() == before
    assert session.history.entries() == ()
    session.close()
