"""The policy for images, in the three engines: what it asks for, and that it is put into effect."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8sharden.analysis import image_policy
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

DIGEST = "@sha256:" + "a" * 64
PINNED = f"registry.kestrel.example/shop/web:1.8{DIGEST}"
REGISTRIES = ("registry.kestrel.example", "docker.io/library", "ghcr.io/kestrel/app")
AUDIT = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"
SECONDS = 20.0


def pod(name: str, image: str = PINNED, **spec: Any) -> dict[str, Any]:
    """A pod whose main container runs an image."""
    containers = [{"name": "main", "image": image}]
    return {"metadata": {"name": name}, "spec": {"containers": containers, **spec}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A server with an audit log; the policy denies in one namespace, and warns elsewhere."""
    folder = tmp_path_factory.mktemp("policy")
    with started(lambda: ControlPlane(folder, audit_policy=AUDIT)) as plane:
        for name in ("denying", "warning"):
            body = {"metadata": {"name": name}}
            plane.request("POST", "/api/v1/namespaces", body).expect(201)
        _create(plane, kinds.ADMISSION_POLICIES, image_policy.native("trusted-images", REGISTRIES))
        warning = image_policy.binding("trusted-images", ("kube-system", "denying"))
        denying = copy.deepcopy(image_policy.binding("trusted-images", ("kube-system", "warning")))
        denying["metadata"]["name"] = "denying"
        denying["spec"]["validationActions"] = ["Deny"]
        for each in (warning, denying):
            _create(plane, kinds.ADMISSION_POLICY_BINDINGS, each)
        _until_in_effect(plane)
        yield plane


def _create(plane: ControlPlane, kind: ResourceType, manifest: dict[str, Any]) -> None:
    plane.request("POST", f"{kind.path()}?fieldValidation=Strict", manifest).expect(201)


def _pods(namespace: str, *, dry: bool = True) -> str:
    return kinds.PODS.path(namespace) + "?dryRun=All" * dry


def _until_in_effect(plane: ControlPlane) -> None:
    """The server compiles policies a moment after they are made."""
    deadline = time.monotonic() + SECONDS
    for namespace, sign in (("denying", 422), ("warning", 201)):
        while True:
            answer = plane.request("POST", _pods(namespace), pod("probe", "web"))
            if answer.status == sign and (sign != 201 or answer.headers.get("Warning")):
                break
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)


@pytest.mark.real
@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (PINNED, ""),
        (f"registry.kestrel.example/shop/web{DIGEST}", ""),
        (f"nginx{DIGEST}", ""),
        (f"docker.io/library/nginx:1.27{DIGEST}", ""),
        (f"docker.io/nginx:1.27{DIGEST}", ""),
        (f"index.docker.io/nginx{DIGEST}", ""),
        (f"index.docker.io/library/nginx{DIGEST}", ""),
        (f"docker.io.example/nginx{DIGEST}", "registry that is allowed: docker.io.example/nginx"),
        (f"ghcr.io/kestrel/app:2{DIGEST}", ""),
        (f"ghcr.io/kestrel/app/worker{DIGEST}", ""),
        ("registry.kestrel.example/shop/web:1.8", "not pinned by digest: registry.kestrel"),
        ("registry.kestrel.example/shop/web@sha256:abc", "not pinned by digest"),
        (f"kestrel/web{DIGEST}", "registry that is allowed: docker.io/kestrel/web"),
        (f"ghcr.io/kestrel/app-two{DIGEST}", "registry that is allowed"),
        (f"registry.kestrel.example.evil.test/web{DIGEST}", "registry that is allowed"),
        (f"registryxkestrel.example/web{DIGEST}", "registry that is allowed"),
        (f"localhost:5000/nginx{DIGEST}", "registry that is allowed: localhost:5000/nginx"),
    ],
)
def test_the_server_refuses_what_the_policy_does_not_trust(
    server: ControlPlane, image: str, problem: str
) -> None:
    """Denying, a pod is created with pinned images of allowed registries, and with no others."""
    answer = server.request("POST", _pods("denying"), pod("web", image))
    assert answer.status == (422 if problem else 201), answer.text
    assert problem in answer.text


@pytest.mark.real
def test_init_containers_are_judged(server: ControlPlane) -> None:
    """A pinned main container does not vouch for what runs before it."""
    init = [{"name": "first", "image": "registry.kestrel.example/tool:1"}]
    answer = server.request("POST", _pods("denying"), pod("web", initContainers=init))
    assert answer.status == 422, answer.text
    init[0]["image"] += DIGEST
    server.request("POST", _pods("denying"), pod("web", initContainers=init)).expect(201)


@pytest.mark.real
def test_ephemeral_containers_are_judged(server: ControlPlane) -> None:
    """Nobody slips an image into a pod that runs; a label on a pod from before still goes on."""
    server.request("POST", _pods("denying", dry=False), pod("old")).expect(201)
    one = kinds.PODS.path("denying", "old")
    for image, status in (("busybox", 422), (f"busybox{DIGEST}", 200)):
        body = {"spec": {"ephemeralContainers": [{"name": f"debug-{status}", "image": image}]}}
        answer = server.request(
            "PATCH",
            f"{one}/ephemeralcontainers",
            body,
            content_type="application/strategic-merge-patch+json",
        )
        assert answer.status == status, answer.text


@pytest.mark.real
def test_pods_from_before_can_still_be_changed(server: ControlPlane) -> None:
    """A Job's controller takes its finalizer off a pod: with an image from before that must go."""
    server.request("POST", _pods("warning", dry=False), pod("old", "web:1")).expect(201)
    one = kinds.PODS.path("warning", "old")
    merge = "application/merge-patch+json"
    labelled = {"metadata": {"labels": {"a": "b"}}}
    answer = server.request("PATCH", one, labelled, content_type=merge).expect(200)
    assert not answer.headers.get("Warning")
    other = {"spec": {"containers": [{"name": "main", "image": "web:2"}]}}
    strategic = "application/strategic-merge-patch+json"
    answer = server.request("PATCH", one, other, content_type=strategic).expect(200)
    assert "web:2" in str(answer.headers.get("Warning"))


@pytest.mark.real
def test_auditing_warns_and_leaves_a_trace(server: ControlPlane) -> None:
    """Before it denies, whoever creates such a pod is told, and the audit log keeps why."""
    answer = server.request("POST", _pods("warning"), pod("traced", "web:7")).expect(201)
    assert "not pinned by digest: web:7" in str(answer.headers.get("Warning"))
    deadline = time.monotonic() + SECONDS
    while not (found := [line for line in _audited(server) if "web:7" in line]):
        assert time.monotonic() < deadline, "the audit log does not have it"
        time.sleep(0.2)
    notes = json.loads(found[0])["annotations"]
    assert "not pinned by digest" in notes["validation.policy.admission.k8s.io/validation_failure"]


def _audited(server: ControlPlane) -> list[str]:
    return server.audit_log.read_text("utf-8").splitlines()


def test_the_clusters_own_namespaces_are_exempt() -> None:
    """What the cluster is made of comes by tags, and would not come back without them."""
    (selector,) = image_policy.binding("x", ("kube-system",))["spec"]["matchResources"].values()
    assert selector["matchExpressions"][0]["values"] == ["kube-system"]


def test_a_registry_cannot_break_out_of_the_expression() -> None:
    """What settings hold is data: a quote in it ends no string."""
    text = json.dumps(image_policy.native("x", ("a' || true || '",)))
    assert "a' ||" not in text


def test_the_alternatives_are_yaml() -> None:
    """Each file holds the manifests of its engine, and none of them denies anything yet."""
    files = image_policy.alternatives(REGISTRIES, ("kube-system",))
    documents = [doc for file in files for doc in yaml.safe_load_all(file.text)]
    assert [each["kind"] for each in documents] == [
        "ValidatingPolicy",
        "ConstraintTemplate",
        "K8sTrustedImages",
    ]
    assert documents[0]["spec"]["validationActions"] == ["Audit"]
    assert documents[2]["spec"]["enforcementAction"] == "dryrun"
    assert all(not Path(file.path).is_absolute() for file in files)
