"""Workloads that nobody may simply patch, or that do not count: held by every item on templates.

Each item brings the template of one of its failing fixtures; here it gets other owners, other
places and other ends. Source: docs/decisions and CONTRIBUTING.md, "the owner is fixed".
"""

import copy
from collections.abc import Iterator

import pytest

from k8sharden.changes.make import remediation
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Finding, Status
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import MIRROR
from remediations import OWN
from tests.remediations import harness
from tests.remediations.harness import Document

SHOP = "shop"
DEPLOYMENT = kinds.DEPLOYMENTS.ref(SHOP, "web")
OPERATOR = {"apiVersion": "db.example.org/v1", "kind": "Database", "name": "orders", "uid": "u-9"}
HARDENED: Document = {
    "spec": {
        "automountServiceAccountToken": False,
        "hostUsers": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "app",
                "image": f"registry.kestrel.example/shop/web:1@sha256:{'0' * 64}",
                "resources": {"limits": {"memory": "64Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
}
"""A template that no item finds anything in."""


def template(item: Item) -> Document | None:
    """Return the first pod template that the item finds something in, otherwise nothing."""
    for path in harness.fixtures(item.id, "fail"):
        documents = harness.read(path)
        for each in (doc for doc in documents if doc["apiVersion"] != harness.OURS):
            alone = copy.deepcopy(_template(each))
            if alone and _failing(item, [deployment(alone)], DEPLOYMENT):
                return alone
    return None


def _template(document: Document) -> Document:
    """Return the pod template of a workload, with its metadata; of a Pod, the whole."""
    spec = document.get("spec", {})
    inner = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    if inner is None and document["kind"] == "Pod":
        inner = {"spec": spec, "metadata": {}}
    return inner or {}


def _failing(item: Item, documents: list[Document], ref: Ref) -> list[Finding]:
    found = harness.findings(item, documents)
    return [each for each in found if each.resource == ref]


def deployment(pods: Document, namespace: str = SHOP) -> Document:
    """Return a Deployment of such pods."""
    return _owner("Deployment", "web", pods, namespace)


def _owner(kind: str, name: str, pods: Document, namespace: str = SHOP) -> Document:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "uid": f"u-{name}"},
        "spec": {"template": copy.deepcopy(pods), "replicas": 1},
    }


def pod(pods: Document, name: str = "web-1") -> Document:
    """Return one such pod, running."""
    metadata = copy.deepcopy(pods.get("metadata", {})) | {"name": name, "namespace": SHOP}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": copy.deepcopy(pods["spec"]),
        "status": {"phase": "Running"},
    }


def owned(document: Document, owner: Document) -> Document:
    """Return an object that is controlled by another one."""
    reference = {**owner, "controller": True}
    return {**document, "metadata": {**document["metadata"], "ownerReferences": [reference]}}


def reference(document: Document) -> Document:
    """Return the owner reference to an object."""
    metadata = document["metadata"]
    return {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def _cases() -> Iterator[object]:
    for item in OWN:
        if set(kinds.WORKLOADS) <= set(item.needs) and (bad := template(item)):
            yield pytest.param(item, bad, id=item.id)


CASES = tuple(_cases())
each_item = pytest.mark.parametrize(("item", "bad"), CASES)


def answers(item: Item, documents: list[Document]) -> dict[str, tuple[Finding, Change | NoChange]]:
    """Return each failing finding with its answer, by the object that it is about."""
    seen = harness.inventory(documents)
    failing = [each for each in item.evaluate(seen) if each.status is Status.FAIL]
    return {each.resource.label: (each, remediation(each, seen, item)) for each in failing}


@each_item
def test_the_item_finds_the_template_where_nothing_is_special(item: Item, bad: Document) -> None:
    """Otherwise the rest of this module would prove nothing."""
    assert list(answers(item, [deployment(bad)])) == ["Deployment shop/web"]
    assert list(answers(item, [pod(bad)])) == ["Pod shop/web-1"]


@each_item
def test_a_system_namespace_is_shown_and_never_changed(item: Item, bad: Document) -> None:
    """An attacker can deploy there too, and the distribution would put a change back."""
    said = answers(item, [deployment(bad, "kube-system")])
    finding, answer = said["Deployment kube-system/web"]
    assert finding.system
    assert not finding.counts
    assert isinstance(answer, NoChange)


def writes_nothing(answer: Change | NoChange, why: str) -> bool:
    """Whether no object is patched, for this reason; an artefact leaves it to whoever reads it."""
    if isinstance(answer, NoChange):
        return why in answer.reason
    return answer.kind is ChangeKind.ARTEFACT and not answer.writes


@each_item
def test_a_mirror_pod_is_changed_on_its_node(item: Item, bad: Document) -> None:
    """The API server only shows a copy of what the kubelet read from a file, without any token."""
    mirror = pod(bad)
    mirror["metadata"].setdefault("annotations", {})[MIRROR] = "0123"
    found = answers(item, [mirror])
    if item.id == "rbac-automount":
        assert found == {}
        return
    _, answer = found["Pod shop/web-1"]
    assert writes_nothing(answer, "on the node")


@each_item
@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_is_nobodys_risk(item: Item, bad: Document, phase: str) -> None:
    """What has ended runs no more, and only its record is left."""
    ended = pod(bad) | {"status": {"phase": phase}}
    assert answers(item, [ended]) == {}


@each_item
def test_what_an_operator_keeps_is_reported_with_its_resource(item: Item, bad: Document) -> None:
    """Its own resource is what has to change; a patch would be put back."""
    for document in (pod(bad), _owner("StatefulSet", "web-1", bad)):
        said = answers(item, [owned(document, OPERATOR)])
        ((finding, answer),) = said.values()
        assert finding.resource == harness.ref_of(document)
        assert writes_nothing(answer, "Database orders (db.example.org/v1)")


@each_item
def test_an_injected_sidecar_is_not_held_against_the_template(item: Item, bad: Document) -> None:
    """A webhook puts it into the pods: the template neither has it nor can be rid of it."""
    owner = deployment(HARDENED)
    replica_set = owned(_owner("ReplicaSet", "web-7d4", HARDENED), reference(owner))
    running = owned(pod(bad), reference(replica_set))
    running["spec"]["containers"] = [*HARDENED["spec"]["containers"], *_renamed(bad)]
    assert answers(item, [owner, replica_set, running]) == {}


@each_item
def test_a_fix_leaves_an_injected_sidecar_out(item: Item, bad: Document) -> None:
    """The patch of a template names only the containers that the template has."""
    owner = deployment(bad)
    replica_set = owned(_owner("ReplicaSet", "web-7d4", bad), reference(owner))
    running = owned(pod(bad), reference(replica_set))
    alone = answers(item, [owner, replica_set, running])
    running["spec"]["containers"] += _renamed(bad)
    assert answers(item, [owner, replica_set, running]) == alone
    assert list(alone) == ["Deployment shop/web"]


@each_item
def test_an_empty_replica_set_is_passed_over(item: Item, bad: Document) -> None:
    """Old revisions of a Deployment are kept as ReplicaSets of none, for a rollback."""
    empty = _owner("ReplicaSet", "web-old", bad)
    assert list(answers(item, [empty])) == ["ReplicaSet shop/web-old"]
    empty["spec"]["replicas"] = 0
    assert answers(item, [empty]) == {}
    owner = deployment(HARDENED)
    assert answers(item, [owner, owned(empty, reference(owner))]) == {}


def _renamed(bad: Document) -> list[Document]:
    """Return the containers of a template as a webhook would add them."""
    found = copy.deepcopy(bad["spec"].get("containers") or [])
    return [{**each, "name": f"injected-{number}"} for number, each in enumerate(found)]
