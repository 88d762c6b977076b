"""Keeping metadata out of reach: what is written, when it is held back, and beside what else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from k8sharden.changes.foreseen import foreseen_policies
from k8sharden.changes.make import make_plan
from k8sharden.model.change import Change, Create, NoChange
from k8sharden.model.finding import Status
from remediations.network import ITEMS, no_default_deny_egress
from remediations.network.metadata_egress import ITEM
from tests.remediations import harness
from tests.remediations.harness import Document
from tests.servers import crds
from tests.servers.control_plane import ControlPlane

FAILING = harness.fixtures(ITEM.id, "fail")
EKS = {"apiVersion": harness.OURS, "kind": "Evidence", "controlPlane": {"distribution": "EKS"}}


def deployment(name: str, host: str = "") -> Document:
    """Return a Deployment of the shop that may be set to call a host."""
    env = [{"name": "URL", "value": host}] if host else []
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": name, "image": "busybox", "env": env}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }


def created(docs: list[Document]) -> Iterator[Create]:
    """Yield what the item creates for all of its findings."""
    seen = harness.inventory(docs)
    for finding in ITEM.evaluate(seen):
        answer = ITEM.remediate(finding, seen)
        if finding.status is Status.FAIL and isinstance(answer, Change):
            yield from (write for write in answer.writes if isinstance(write, Create))


def test_everything_else_gets_out_as_before() -> None:
    """Pods, addresses of both families, on every port: only the metadata is missing."""
    (write,) = created([EKS, deployment("web", "https://api.example")])
    (rule,) = write.manifest["spec"]["egress"]
    assert write.manifest["spec"]["podSelector"] == {}
    assert rule == {
        "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}},
            {"ipBlock": {"cidr": "::/0", "except": ["fd00:ec2::254/128"]}},
            {"namespaceSelector": {}},
        ]
    }


def test_it_is_held_back_where_something_is_set_to_ask() -> None:
    """A setting that names the address says that the application needs it."""
    answer = harness.remedy(ITEM, [EKS, deployment("web", "http://169.254.169.254:80/latest")])
    assert isinstance(answer, NoChange)
    assert "Deployment shop/web (env URL of container web)" in answer.reason


def test_a_default_deny_in_the_same_plan_closes_it() -> None:
    """Policies add up: one that lets all but metadata out would undo the default deny."""
    docs = [EKS, deployment("web", "http://cart:80")]
    seen = harness.inventory(docs)
    items = {item.id: item for item in ITEMS}
    both = [*ITEM.evaluate(seen), *no_default_deny_egress.ITEM.evaluate(seen)]
    plan = make_plan(both, seen, ITEMS, lambda _: None)
    names = [bound.ref.name for each in plan.changes for bound in each.bound]
    assert "default-deny-egress" in names
    assert "deny-cloud-metadata" not in names
    assert "closed" in next(each.reason for each in plan.unfixed)
    after = foreseen_policies(both, seen, items)
    assert after is not None
    assert sorted(ref.name for ref in after.policies) == sorted(names)
    alone = make_plan(both[:1], seen, ITEMS, lambda _: None)
    (change,) = alone.changes
    assert [bound.ref.name for bound in change.bound] == ["deny-cloud-metadata"]


def test_a_long_name_stays_fit_to_be_a_label() -> None:
    """Where only some workloads are limited each other has a policy, named after it."""
    limited = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"]},
    }
    long = [f"{'recommendations-' * 3}{letter}" for letter in "ab"]
    names = [
        write.ref.name
        for write in created([EKS, deployment("web"), *map(deployment, long), limited])
    ]
    assert len(set(names)) == len(long)
    assert max(map(len, names)) == 63


@pytest.mark.real
@pytest.mark.parametrize("path", FAILING, ids=lambda path: path.stem)
def test_what_it_creates_is_accepted(control_plane: ControlPlane, path: Path) -> None:
    """The server takes it as it is, strictly."""
    crds.install_plain(control_plane)
    for write in created(harness.read(path)):
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": write.ref.namespace}}
        control_plane.request("POST", "/api/v1/namespaces", space).expect(201, 409)
        group, plural = write.ref.api_version, f"{write.ref.kind.lower()[:-1]}ies"
        url = f"/apis/{group}/namespaces/{write.ref.namespace}/{plural}"
        query = "?dryRun=All&fieldValidation=Strict"
        control_plane.request("POST", url + query, write.manifest).expect(201)
