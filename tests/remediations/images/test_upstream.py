"""What is written for Kyverno and Gatekeeper, and what is read, against the projects' own types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from k8sharden.analysis import image_policy
from k8sharden.analysis.guards import Engine, guards
from k8sharden.cluster.connect import connect
from k8sharden.cluster.training import objects
from k8sharden.model import kinds
from k8sharden.model.change import Change, Patch
from k8sharden.model.edits import edited
from k8sharden.model.kinds import ResourceType
from remediations.images import adm_audit_only, cve_critical, kyverno_legacy
from tests.cluster.fakes import scan
from tests.remediations.harness import inventory
from tests.servers import crds, upstream
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

Manifest = dict[str, Any]
EXEMPT = ("kube-system",)
TRUSTED = kinds.constraints_of("K8sTrustedImages")
MATCH = "config/crd/bases/match.gatekeeper.sh_matchcrd.yaml"


def constraint_definition(kind: ResourceType) -> Manifest:
    """The definition that Gatekeeper makes of a template, with its own schema of a match."""
    text = (upstream.folder(upstream.GATEKEEPER) / MATCH).read_text("utf-8")
    schema = yaml.safe_load(text)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    definition = crds.plain(kind)
    spec = {
        "enforcementAction": {"type": "string"},
        "match": schema["properties"]["embeddedMatch"],
        "parameters": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    }
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": spec}},
    }
    return definition


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A server with the projects' definitions; skipped where they cannot be had."""
    definitions = [*upstream.definitions(), constraint_definition(TRUSTED)]
    folder = tmp_path_factory.mktemp("upstream")
    with started(lambda: ControlPlane(folder)) as plane:
        crds.install(plane, definitions)
        yield plane


def dry_run(server: ControlPlane, manifest: Manifest) -> None:
    """Create an object without keeping it; no field may be unknown."""
    kind = kinds.find(manifest["apiVersion"], manifest["kind"])
    assert kind is not None
    path = kind.path(manifest["metadata"].get("namespace", ""))
    answer = server.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", manifest)
    assert answer.status == 201, answer.text


@pytest.mark.parametrize("registries", [(), ("ghcr.io/kestrel", "registry.kestrel.example:5000")])
def test_the_twins_are_of_the_projects_types(
    server: ControlPlane, registries: tuple[str, ...]
) -> None:
    """Every exported file is accepted by the definitions of the engine that it is for."""
    found = [
        document
        for file in image_policy.alternatives(registries, EXEMPT)
        for document in yaml.safe_load_all(file.text)
    ]
    assert len(found) == 3
    for document in found:
        dry_run(server, document)


def test_the_twins_count_as_policies() -> None:
    """Who uses a twin instead has a policy that asks for origin, and reports so far."""
    docs = [
        image_policy.kyverno((), EXEMPT),
        image_policy.gatekeeper_template(()),
        image_policy.gatekeeper_constraint(EXEMPT),
    ]
    found = guards(inventory(docs))
    assert [(each.engine, each.origin, each.enforces) for each in found] == [
        (Engine.KYVERNO, True, False),
        (Engine.GATEKEEPER, True, False),
    ]


def test_what_makes_them_deny_is_accepted(server: ControlPlane) -> None:
    """The words for denying are those of each engine, by its own definition."""
    docs = [
        image_policy.kyverno((), EXEMPT),
        image_policy.gatekeeper_template(()),
        image_policy.gatekeeper_constraint(EXEMPT),
        next(each for each in objects() if each["kind"] == "ClusterPolicy"),
    ]
    seen = inventory(docs)
    answers = [adm_audit_only.remediate(each, seen) for each in adm_audit_only.evaluate(seen)]
    assert len(answers) == 3
    for answer in answers:
        assert isinstance(answer, Change)
        (write,) = answer.writes
        assert isinstance(write, Patch)
        before = next(each for each in docs if each["kind"] == write.ref.kind)
        after = edited(before, write.edits)
        dry_run(server, after)
        assert any(each.enforces for each in guards(inventory([*docs, after])))


def test_what_replaces_an_old_policy_is_accepted(server: ControlPlane) -> None:
    """The file for the training cluster's old policy is a ValidatingPolicy by its definition."""
    seen = inventory([each for each in objects() if each["kind"] == "ClusterPolicy"])
    (finding,) = kyverno_legacy.evaluate(seen)
    answer = kyverno_legacy.remediate(finding, seen)
    assert isinstance(answer, Change)
    (text,) = [file.text for file in answer.files if file.path.endswith(".yaml")]
    dry_run(server, yaml.safe_load(text))


def test_the_training_cluster_holds_what_the_projects_take(server: ControlPlane) -> None:
    """Its policies and reports could stand in a real cluster, to the last field."""
    names = {each["metadata"]["namespace"] for each in objects() if _is_report(each)}
    for name in names:
        body = {"metadata": {"name": name}}
        server.request("POST", "/api/v1/namespaces", body).expect(201, 409)
    custom = {(kind.api_version, kind.kind) for kind in kinds.CUSTOM}
    found = [each for each in objects() if (each["apiVersion"], each["kind"]) in custom]
    assert {each["kind"] for each in found} >= {"ClusterPolicy", "VulnerabilityReport"}
    for each in found:
        dry_run(server, each)


def _is_report(value: Manifest) -> bool:
    return bool(value["kind"] == "VulnerabilityReport")


def test_a_report_that_the_definition_took_is_read(server: ControlPlane) -> None:
    """From the real server's list a scan learns the same vulnerabilities as from the training."""
    report = next(each for each in objects() if _is_report(each) and _count(each))
    namespace = report["metadata"]["namespace"]
    server.request("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    path = f"{kinds.VULNERABILITY_REPORTS.path(namespace)}?fieldValidation=Strict"
    labels = {**report["metadata"]["labels"], "trivy-operator.resource.kind": "ReplicaSet"}
    labels["trivy-operator.resource.name"] = "probe"
    body = report | {"metadata": {"name": "probe", "labels": labels}}
    server.request("POST", path, body).expect(201)
    artifact = report["report"]["artifact"]
    image = f"{report['report']['registry']['server']}/{artifact['repository']}:{artifact['tag']}"
    container = {"name": labels["trivy-operator.container.name"], "image": image}
    owner = {
        "metadata": {"name": "probe"},
        "spec": {
            "selector": {"matchLabels": {"app": "probe"}},
            "template": {
                "metadata": {"labels": {"app": "probe"}},
                "spec": {"containers": [container]},
            },
        },
    }
    server.request("POST", kinds.REPLICA_SETS.path(namespace), owner).expect(201)
    seen = scan(connect(kubeconfig=server.kubeconfig()).transport)
    (finding,) = cve_critical.evaluate(seen)
    assert finding.resource.name == "probe"
    wanted = report["report"]["vulnerabilities"][0]["vulnerabilityID"]
    assert finding.evidence["vulnerabilities"][0]["id"] == wanted


def _count(report: Manifest) -> int:
    return int(report["report"]["summary"]["criticalCount"])
