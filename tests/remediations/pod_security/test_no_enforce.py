"""Enforcing a level: which one, of which version, and what is said beside it."""

import msgspec
import pytest

from k8sharden.model.change import Change, NoChange, Risk
from k8sharden.model.inventory import Source
from remediations.pod_security import no_enforce
from tests.remediations import harness
from tests.remediations.harness import Document

FAIL = {path.stem: path for path in harness.fixtures(no_enforce.ITEM.id, "fail")}
PREFIX = "pod-security.kubernetes.io/"
PASSING_BY_USER_NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostUsers: false
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: web
        image: registry.example/web:1
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""


def _labels(docs: list[Document], source: Source = harness.TRAINING) -> dict[str, str]:
    """Return the namespace's Pod Security labels after the fix."""
    change = _change(docs, source)
    labels = harness.applied(docs, [change])[0]["metadata"]["labels"]
    return {key.removeprefix(PREFIX): value for key, value in labels.items() if PREFIX in key}


def _change(docs: list[Document], source: Source = harness.TRAINING) -> Change:
    change = harness.remedy(no_enforce.ITEM, docs, source)
    assert isinstance(change, Change)
    return change


def test_the_level_is_the_strictest_that_everything_meets() -> None:
    """Enforce stops at what runs, pinned; audit asks for more; what somebody chose stays."""
    docs = harness.read(FAIL["baseline"])
    assert _labels(docs) == {
        "enforce": "baseline",
        "enforce-version": "v1.36",
        "audit": "restricted",
        "audit-version": "latest",
        "warn": "baseline",
    }
    change = _change(docs)
    assert change.risk is Risk.SAFE
    assert change.basis == {"level": "baseline", "version": "v1.36"}
    assert "Deployment shop/web" in change.warnings[0]


def test_an_empty_namespace_gets_restricted_with_a_warning() -> None:
    """Nothing can break today, and what comes tomorrow has to be told."""
    change = _change(harness.read(FAIL["empty"]))
    assert change.basis["level"] == "restricted"
    assert len(change.warnings) == 1
    assert "Nothing runs in it yet" in change.warnings[0]


def test_what_holds_the_level_back_is_named() -> None:
    """Where only privileged would do there is nothing to enforce, and the culprit is named."""
    answer = harness.remedy(no_enforce.ITEM, harness.read(FAIL["privileged"]))
    assert isinstance(answer, NoChange)
    assert "DaemonSet monitoring/node-exporter" in answer.reason


def test_many_culprits_are_counted() -> None:
    """A sentence names the first few, and says how many there are besides."""
    docs = harness.read(FAIL["privileged"])
    daemon = docs[1]
    copies = [{**daemon, "metadata": {**daemon["metadata"], "name": f"n{i}"}} for i in range(7)]
    answer = harness.remedy(no_enforce.ITEM, [docs[0], *copies])
    assert isinstance(answer, NoChange)
    assert "n4 and 2 more" in answer.reason


def test_a_pod_that_is_worse_than_its_template_counts() -> None:
    """What a webhook or an operator adds stands in the pod only, and would be refused with it."""
    docs = harness.read(FAIL["baseline"])
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "ownerReferences": [owner]},
        "spec": {"hostNetwork": True, "containers": [{"name": "web", "image": "web"}]},
    }
    answer = harness.remedy(no_enforce.ITEM, [*docs, pod])
    assert isinstance(answer, NoChange)
    assert "Deployment shop/web" in answer.reason


@pytest.mark.parametrize(
    ("version", "pinned"),
    [
        ("v1.34.1", "v1.34"),
        ("v1.30.4-eks-a18cd3a", "v1.30"),
        ("1.36", "v1.36"),
        ("v1.99.0", "v1.37"),
        ("", "latest"),
        ("unknown", "latest"),
    ],
)
def test_the_version_is_the_servers_as_far_as_it_is_known(version: str, pinned: str) -> None:
    """Pinned to what was evaluated; `latest` only where nobody said which version it is."""
    source = msgspec.structs.replace(harness.TRAINING, server_version=version)
    assert _labels(harness.read(FAIL["baseline"]), source)["enforce-version"] == pinned


def test_files_are_judged_by_themselves_and_say_so() -> None:
    """What else runs in the namespace stands in no file that was given."""
    change = _change(harness.read(FAIL["baseline"]), harness.FILES)
    assert any("Only these files" in warning for warning in change.warnings)


@pytest.mark.parametrize(
    ("version", "told"), [("", True), ("unknown", True), ("v1.36.0", False), ("v1.34.0", False)]
)
def test_a_level_that_only_newer_servers_see_is_told(version: str, *, told: bool) -> None:
    """With a user namespace 1.35 lets root run; where the version is not known it may be older."""
    pods = harness.documents(PASSING_BY_USER_NAMESPACE)
    source = msgspec.structs.replace(harness.TRAINING, server_version=version)
    warnings = " ".join(_change(pods, source).warnings)
    assert ("1.34 judges it would refuse pods of Deployment shop/web" in warnings) is told
