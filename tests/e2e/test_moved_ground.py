"""Default deny on a real API server, where the cluster is another one than was reviewed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType
from tests.e2e.closed import Json, policies, running, undone
from tests.e2e.proxy import Answered, Asked, Forward, between, through
from tests.e2e.run import Person, Ran
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

INGRESS = ("--check", "net-no-default-deny-ingress", "--namespace", "payments")
LEDGER = [{"name": "LEDGER_URL", "value": "postgres://ledger.payments.svc:5432"}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The company with Calico at work."""
    yield from running(tmp_path_factory.mktemp("moved"))


def meddled(server: ControlPlane, person: Person, what: Callable[[], object]) -> Ran:
    """Apply a group before whose first write somebody does something."""
    digest = person("plan", *INGRESS, "-o", "json").json()["digest"]
    met = False

    def meddle(asked: Asked, forward: Forward) -> Answered:
        nonlocal met
        answer = forward()
        if asked.writes and asked.dry and not met:
            met = True
            what()
        return answer

    with between(server, meddle) as address:
        config = str(through(address, server.kubeconfig(), person.home))
        words = ("apply", *INGRESS, "--yes", "--digest", digest, "--kubeconfig", config)
        ran = person(*words)
    assert met, ran
    return ran


def a_policy(server: ControlPlane) -> Callable[[], object]:
    """Somebody makes a policy of the name that one of the planned ones has."""
    path = kinds.NETWORK_POLICIES.path("payments")
    spec = {"podSelector": {"matchLabels": {"app": "other"}}, "policyTypes": ["Ingress"]}
    metadata = {"name": "allow-ingress-ledger", "namespace": "payments"}
    allow = {"metadata": metadata, "spec": spec}
    server.request("POST", path, allow).expect(201)
    return lambda: server.request("DELETE", f"{path}/allow-ingress-ledger").expect(200)


def a_port(server: ControlPlane) -> Callable[[], object]:
    """Somebody leads a Service to another port."""
    path = kinds.SERVICES.path("payments", "ledger")
    old = server.request("GET", path).expect(200).json()["spec"]["ports"]
    new = [{**port, "targetPort": 5433} for port in old]

    def put(ports: list[Json]) -> None:
        kind = "application/merge-patch+json"
        server.request("PATCH", path, {"spec": {"ports": ports}}, content_type=kind).expect(200)

    put(new)
    return lambda: put(old)


def a_pod(server: ControlPlane) -> Callable[[], object]:
    """Somebody runs a pod that nothing selects, and that calls the ledger."""
    return made(server, kinds.PODS, "payments", template(LEDGER))


def a_caller(server: ControlPlane) -> Callable[[], object]:
    """Somebody deploys what calls the ledger, in a namespace that the plan has nothing to do with.

    No controller is there to make its pods.
    """
    spec = {"selector": {"matchLabels": {"app": "psql"}}, "template": template(LEDGER)}
    return made(server, kinds.DEPLOYMENTS, "legacy", {"spec": spec})


def a_stranger(server: ControlPlane) -> Callable[[], object]:
    """Somebody runs a pod there that has nothing to do with payments."""
    return made(server, kinds.PODS, "legacy", template([]))


def template(env: list[Json]) -> Json:
    """Return a pod without its name, that is told whom to call."""
    container = {"name": "psql", "image": "registry.test/psql:1", "env": env}
    return {"metadata": {"labels": {"app": "psql"}}, "spec": {"containers": [container]}}


def made(
    server: ControlPlane, kind: ResourceType, namespace: str, item: Json
) -> Callable[[], object]:
    """Make an object, and return what takes it away again."""
    path = kind.path(namespace)
    metadata = {**item.get("metadata", {}), "name": "psql"}
    server.request("POST", path, {**item, "metadata": metadata}).expect(201)
    return lambda: server.request("DELETE", f"{path}/psql?gracePeriodSeconds=0").expect(200)


class Case(NamedTuple):
    """What somebody does, and what is shown of it."""

    meddle: Callable[[ControlPlane], Callable[[], object]]
    shown: str


CASES = (
    Case(a_policy, "allow-ingress-ledger"),
    Case(a_port, "port: 5433"),
    Case(a_pod, "app: psql"),
    Case(a_caller, "kubernetes.io/metadata.name: legacy"),
)


@pytest.fixture
def person(tmp_path: Path, server: ControlPlane) -> Iterator[Person]:
    """Somebody at a shell; when they are done, all policies are as they were."""
    before = policies(server)
    yield Person(tmp_path, KUBECONFIG=str(server.kubeconfig()), K8SHARDEN_JOURNAL_KEY="file")
    server.wait_until(lambda: policies(server) == before, "nothing is left")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.meddle.__name__)
def test_what_changed_since_the_review_is_refused_with_the_new_diff(
    person: Person, server: ControlPlane, case: Case
) -> None:
    """A policy, a Service, a pod or a caller from elsewhere: nothing is written, all is told."""
    ran = during(server, person, case.meddle)
    assert ran.code == 4, ran
    assert "since it was reviewed" in ran.err or "already" in ran.err
    assert case.shown in ran.err


def test_what_has_nothing_to_do_with_it_is_no_reason_to_refuse(
    person: Person, server: ControlPlane
) -> None:
    """A pod of another namespace comes meanwhile, and the plan is applied as it was shown."""
    ran = during(server, person, a_stranger)
    assert ran.code == 0, ran
    (entry,) = person("journal", "list", "-o", "json").json()
    assert undone(person, entry["id"]).code == 0


def during(
    server: ControlPlane, person: Person, meddle: Callable[[ControlPlane], Callable[[], object]]
) -> Ran:
    """Apply the group while somebody does something, which is taken back afterwards."""
    back: list[Callable[[], object]] = []
    try:
        return meddled(server, person, lambda: back.append(meddle(server)))
    finally:
        for each in back:
            each()
