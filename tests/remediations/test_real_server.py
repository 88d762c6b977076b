"""What items propose, a real API server accepts; what they refuse to propose, it refuses."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest

from k8sharden.changes.compose import Wanted, compose
from k8sharden.cluster.training import objects
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind
from k8sharden.model.item import Item
from remediations import OWN, pod_security, runtime
from tests.remediations import harness
from tests.remediations.harness import Document
from tests.servers import crds
from tests.servers.client import Answer
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(control_plane: ControlPlane) -> ControlPlane:
    """A server with the namespaces of the training cluster."""
    for name in sorted({each["metadata"].get("namespace", "shop") for each in objects()}):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        control_plane.request("POST", "/api/v1/namespaces", body).expect(201, 409)
    crds.install_plain(control_plane)
    crds.install(control_plane, [crds.plain(kinds.constraints_of("K8sAllowedRepos"))])
    return control_plane


def _patched() -> Iterator[tuple[Item, Document]]:
    """Yield every object of a failing fixture as the item would leave it."""
    for item in OWN:
        if item.kind is not ChangeKind.PATCH:
            continue
        for path in harness.fixtures(item.id, "fail"):
            docs = harness.read(path)
            change = harness.remedy(item, docs)
            if isinstance(change, Change):
                after = harness.applied(docs, [change])
                refs = {write.ref for write in change.writes}
                ours = [doc for doc in after if doc["apiVersion"] != harness.OURS]
                yield from ((item, doc) for doc in ours if harness.ref_of(doc) in refs)


def _whole(document: Document) -> Document:
    """Fill in what a fixture leaves out and the API server insists on."""
    whole = copy.deepcopy(document)
    # A name of its own, since a namespace of the fixtures may be there already.
    whole["metadata"]["name"] = "probe"
    others = set(kinds.WORKLOADS) - {kinds.PODS}
    if kinds.type_of(harness.ref_of(document)) not in others:
        return whole
    spec = whole["spec"]
    if whole["kind"] == "CronJob":
        spec["schedule"] = "@daily"
        spec = spec["jobTemplate"]["spec"]
        spec["template"]["spec"]["restartPolicy"] = "Never"
    else:
        spec["selector"] = {"matchLabels": {"app": "probe"}}
    spec["template"].setdefault("metadata", {})["labels"] = {"app": "probe"}
    return whole


def _dry_run(server: ControlPlane, document: Document) -> Answer:
    ref = harness.ref_of(document)
    path = kinds.type_of(ref).path(ref.namespace)
    return server.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", document)


def test_every_patched_object_is_accepted(server: ControlPlane) -> None:
    """Volume names, mounts, digests, profiles and labels: all of it is valid, strictly."""
    patched = list(_patched())
    assert {item.id for item, _ in patched} == {
        item.id for item in OWN if item.kind is ChangeKind.PATCH
    }
    for item, document in patched:
        answer = _dry_run(server, _whole(document))
        assert answer.status == 201, f"{item.id}: {answer.text}"


def test_all_fixes_of_a_workload_are_accepted_in_one_patch(server: ControlPlane) -> None:
    """What the server took before, it takes once every item has had its way with it."""
    asked = [
        (path, _dry_run(server, _whole(before)).status, _dry_run(server, _whole(after)))
        for path, before, after in _composed()
    ]
    valid = [(path, answer) for path, status, answer in asked if status == 201]
    assert len(valid) > len(pod_security.TEMPLATES)
    for path, answer in valid:
        assert answer.status == 201, f"{path}: {answer.text}"


def _composed() -> Iterator[tuple[Path, Document, Document]]:
    """Yield objects of the templates' failing fixtures, before and after all items together."""
    for item in pod_security.TEMPLATES:
        for path in harness.fixtures(item.id, "fail"):
            docs = harness.read(path)
            after = harness.applied(docs, _changes(docs))
            pairs = zip(docs, after, strict=True)
            yield from ((path, old, new) for old, new in pairs if old != new)


def _changes(docs: list[Document]) -> list[Change]:
    seen = harness.inventory(docs)
    answers = [
        item.remediate(finding, seen)
        for item in (*pod_security.TEMPLATES, *runtime.ITEMS)
        for finding in harness.findings(item, docs)
    ]
    wanted = [Wanted(each, ()) for each in answers if isinstance(each, Change) and each.writes]
    composed, refused = compose(wanted)
    assert refused == []
    return [each.change for each in composed]


@pytest.mark.parametrize(
    ("context", "refused"),
    [
        ({"privileged": True}, True),
        ({"capabilities": {"add": ["CAP_SYS_ADMIN"]}}, True),
        ({"capabilities": {"add": ["NET_BIND_SERVICE"]}}, False),
    ],
)
def test_denying_escalation_is_refused_where_the_item_says_so(
    server: ControlPlane, context: Document, *, refused: bool
) -> None:
    """Beside full privileges the field would be a lie, and the server says 422."""
    container = {
        "name": "web",
        "image": "web",
        "securityContext": {"allowPrivilegeEscalation": False, **context},
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "probe", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    answer = _dry_run(server, _whole(deployment))
    assert answer.status == (422 if refused else 201), answer.text
    assert not refused or "allowPrivilegeEscalation" in answer.text
