"""Default deny on a real API server, by the command line; nothing is left of it afterwards."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from k8sharden.export.reports import schema
from k8sharden.model import kinds
from tests.e2e.closed import (
    Json,
    Killer,
    everything,
    flows,
    give_to_cilium,
    killed,
    planned,
    policies,
    running,
    tried,
    undone,
)
from tests.e2e.run import Person
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

WAYS = ("net-no-default-deny-ingress", "net-no-default-deny-egress")
SPACES = ("payments", "shop")
BOTH = tuple(word for way in WAYS for word in ("--check", way))
ALL = (*BOTH, *(word for space in SPACES for word in ("--namespace", space)))
INGRESS = ("--check", WAYS[0], "--namespace", "payments")
SEEN = (
    "Deployment/shop/web,Deployment/payments/checkout,8080,TCP,40,allow,",
    "CronJob/payments/settlement,StatefulSet/payments/ledger,5432,TCP,12,allow,",
)
LEDGER = ("networkpolicy", "allow-ingress-ledger", "-n", "payments")
DENY: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "nobody", "namespace": "payments"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The company with Calico at work, where one controller only lets go of what is deleted."""
    yield from running(tmp_path_factory.mktemp("closed"))


@pytest.fixture
def person(tmp_path: Path, server: ControlPlane) -> Iterator[Person]:
    """Somebody at a shell; when they are done, each object is as it was, to its last version."""
    before = everything(server)
    yield Person(tmp_path, KUBECONFIG=str(server.kubeconfig()), K8SHARDEN_JOURNAL_KEY="file")
    assert everything(server) == before


def entries(document: Json) -> list[str]:
    """Return the journal's entries of what was applied."""
    return [change["journal"] for change in document["changes"]]


def test_both_namespaces_are_closed_and_opened_again(person: Person, server: ControlPlane) -> None:
    """What was planned is what the server tried and holds; the scan is content; undo ends it."""
    words = (*ALL, "--flows", flows(person.home, *SEEN))
    before, wanted = policies(server), planned(person, words)
    assert tried(server, wanted) == wanted
    applied = person.approve("apply", *words, "-o", "json")
    assert applied.code == 0, applied.err
    document = applied.json()
    jsonschema.validate(document, schema("plan"))
    kept = {(each["resource"]["namespace"], each["result"]) for each in document["changes"]}
    assert kept == {(space, "verified") for space in SPACES}
    assert len(document["changes"]) == len(SPACES) * len(WAYS)
    assert set(document["rechecked"].values()) == {"fixed"}
    assert policies(server) == before | wanted
    scanned = person("scan", *words, "-o", "json").json()["findings"]
    assert scanned == []
    undo = undone(person, *entries(document))
    assert undo.code == 0, undo.err
    assert policies(server) == before


def test_it_takes_the_place_of_what_only_closed_the_metadata(
    person: Person, server: ControlPlane
) -> None:
    """Applied one after the other both fixes end hardened; undone together they leave no trace."""
    before, opener = policies(server), ("NetworkPolicy", "shop", "deny-cloud-metadata")
    shop = ("--namespace", "shop", "-o", "json")
    first = person.approve("apply", "--check", "net-metadata-egress", *shop)
    assert first.code == 0, first.err
    assert policies(server).keys() - before.keys() == {opener}
    second = person.approve("apply", "--check", WAYS[1], *shop)
    assert second.code == 0, second.err
    closed = policies(server)
    assert opener not in closed
    assert ("NetworkPolicy", "shop", "default-deny-egress") in closed
    metadata = person("scan", "--check", "net-metadata-egress", *shop).json()
    assert metadata["findings"] == []
    listed = [*entries(second.json()), *entries(first.json())]
    refused = person("journal", "undo", listed[1])
    assert refused.code == 4, refused
    assert listed[0] in refused.out + refused.err
    undo = undone(person, *listed)
    assert undo.code == 0, undo.err
    assert policies(server) == before


def test_killed_in_the_middle_it_knows_what_stands_and_takes_it_back(
    person: Person, server: ControlPlane
) -> None:
    """`recover` tells what the server holds of the group, and undo takes back exactly that."""
    before = policies(server)
    digest = person("plan", *INGRESS, "-o", "json").json()["digest"]
    killed(server, person, Killer(2, after=False), "apply", *INGRESS, "--yes", "--digest", digest)
    stands = policies(server).keys() - before.keys()
    assert len(stands) == 1
    recovered = person("journal", "recover")
    assert recovered.code == 0, recovered
    (entry,) = person("journal", "list", "-o", "json").json()
    undo = undone(person, entry["id"])
    assert undo.code == 0, undo.err
    assert policies(server) == before


def test_killed_in_the_middle_it_goes_on_where_it_was(person: Person, server: ControlPlane) -> None:
    """The same command finishes the group: allows that stand stay, and the deny comes last."""
    before, wanted = policies(server), planned(person, INGRESS)
    digest = person("plan", *INGRESS, "-o", "json").json()["digest"]
    killed(server, person, Killer(2, after=True), "apply", *INGRESS, "--yes", "--digest", digest)
    assert person("journal", "recover").code == 0
    applied = person.approve("apply", *INGRESS, "-o", "json")
    assert applied.code == 0, applied.err
    assert policies(server) == before | wanted
    listed = [each["id"] for each in person("journal", "list", "-o", "json").json()]
    assert undone(person, *listed).code == 0
    assert policies(server) == before


def test_an_undo_leaves_a_policy_that_somebody_edited(tmp_path: Path, server: ControlPlane) -> None:
    """It is refused, and says which one; mended, all of it goes."""
    person = Person(tmp_path, KUBECONFIG=str(server.kubeconfig()), K8SHARDEN_JOURNAL_KEY="file")
    before = policies(server)
    applied = person.approve("apply", *INGRESS, "-o", "json").json()
    ours = policies(server)
    path = kinds.NETWORK_POLICIES.path("payments", "allow-ingress-ledger")
    kind = "application/json-patch+json"
    edit = [{"op": "replace", "path": "/spec/ingress/0/ports/0/port", "value": 6432}]
    server.request("PATCH", path, edit, content_type=kind).expect(200)
    refused = person("journal", "undo", *entries(applied))
    assert refused.code == 4
    assert "payments/allow-ingress-ledger was changed since we made it" in refused.err
    assert policies(server).keys() == ours.keys()
    edit[0]["value"] = 5432
    server.request("PATCH", path, edit, content_type=kind).expect(200)
    assert undone(person, *entries(applied)).code == 0
    assert policies(server) == before


def test_an_undo_under_somebody_elses_deny_needs_it_too(
    person: Person, server: ControlPlane
) -> None:
    """Without our allows their policy would cut the ledger off: that is told and refused."""
    before = policies(server)
    applied = person.approve("apply", *INGRESS, "-o", "json").json()
    path = kinds.NETWORK_POLICIES.path("payments")
    server.request("POST", path, DENY).expect(201)
    stands = policies(server)
    refused = person("journal", "undo", *entries(applied))
    assert refused.code == 4
    assert "payments/checkout → StatefulSet payments/ledger TCP 5432" in refused.err
    assert "--accept-cuts" in refused.err
    assert policies(server) == stands
    server.request("DELETE", f"{path}/nobody").expect(200)
    assert undone(person, *entries(applied)).code == 0
    assert policies(server) == before


HUBBLE = {
    "flow": {
        "verdict": "FORWARDED",
        "time": "2026-08-01T12:00:00Z",
        "IP": {"source": "10.244.1.20", "destination": "10.244.1.21"},
        "l4": {"TCP": {"destination_port": 8080}},
        "l7": {"type": "REQUEST", "http": {"url": "http://web/books?id=7"}},
        "is_reply": False,
        "source": {
            "namespace": "ingress",
            "labels": ["k8s:app=gateway"],
            "pod_name": "gateway",
            "workloads": [{"name": "gateway", "kind": "Deployment"}],
        },
        "destination": {
            "namespace": "shop",
            "labels": ["k8s:app=web"],
            "pod_name": "web",
            "workloads": [{"name": "web", "kind": "Deployment"}],
        },
    }
}


@pytest.fixture(scope="module")
def cilium(server: ControlPlane) -> ControlPlane:
    """The same server, on which Cilium is at work from here on: these tests stand last."""
    give_to_cilium(server)
    return server


@pytest.fixture
def user(cilium: ControlPlane, person: Person) -> Person:
    """Somebody at a shell on the cluster with Cilium."""
    assert cilium.url
    return person


def test_the_same_with_cilium(cilium: ControlPlane, user: Person) -> None:
    """Its own definition takes its policies, which the program applies and takes back."""
    before, wanted = policies(cilium), planned(user, ALL)
    assert {kind for kind, _, _ in wanted} >= {"CiliumNetworkPolicy"}
    assert tried(cilium, wanted) == wanted
    applied = user.approve("apply", *ALL, "-o", "json")
    assert applied.code == 0, applied.err
    assert policies(cilium) == before | wanted
    assert user("scan", *ALL, "-o", "json").json()["findings"] == []
    undo = undone(user, *entries(applied.json()))
    assert undo.code == 0, undo.err
    assert policies(cilium) == before


def test_the_exported_http_rules_are_ciliums(cilium: ControlPlane, user: Person) -> None:
    """Paths that Hubble saw come out as a file, which the definition takes as it is."""
    (user.home / "hubble.json").write_text(json.dumps(HUBBLE))
    words = ("--check", "net-l7", "--resource", "Deployment/shop/web")
    seen = ("--flows", str(user.home / "hubble.json"))
    folder = user.home / "files"
    done = user("export", *words, *seen, "--format", "artefacts", "--out", str(folder))
    assert done.code == 0, done.err
    (path,) = folder.rglob("http-policy.yaml")
    policy = yaml.safe_load(path.read_text())
    (rule,) = policy["spec"]["ingress"][0]["toPorts"]
    assert rule["rules"]["http"] == [{"path": "/books"}]
    policy_key = (policy["kind"], "shop", policy["metadata"]["name"])
    assert tried(cilium, {policy_key: policy}) == {policy_key: policy}
