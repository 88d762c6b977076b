"""Refusals: which pods Pod Security would not admit under a new label, or of a new template."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.pod_security.policy import PREFIX
from k8sharden.analysis.refusals import refused_in, refused_pods
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import (
    Coverage,
    Entry,
    Inventory,
    OddObject,
    Source,
    SourceKind,
)

ENFORCE, VERSION = f"{PREFIX}enforce", f"{PREFIX}enforce-version"
GOOD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "web",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}
PLAIN: dict[str, Any] = {"containers": [{"name": "web"}]}
HOST: dict[str, Any] = {"hostNetwork": True, "containers": [{"name": "web"}]}
SOURCE = Source(SourceKind.CLUSTER, "test", server_version="v1.36.2")


def deployment(name: str, spec: dict[str, Any], replicas: int = 2) -> dict[str, Any]:
    """Return a Deployment of namespace shop."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "uid": name},
        "spec": {"replicas": replicas, "template": {"spec": spec}},
    }


def pod(name: str, owner: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return a pod of namespace shop, which a ReplicaSet would stand above in a cluster."""
    above = {"apiVersion": "apps/v1", "kind": "Deployment", "name": owner, "controller": True}
    references = [above | {"uid": owner}] if owner else []
    meta = {"name": name, "namespace": "shop", "ownerReferences": references}
    return {"metadata": meta, "spec": spec, "status": {"phase": "Running"}}


def inventory(*objects: dict[str, Any], **gaps: Entry) -> Inventory:
    """Return an inventory of these Deployments and pods, everything else read and empty."""
    deployments = tuple(convert(v, o.TemplateOwner) for v in objects if v.get("kind"))
    pods = tuple(convert(v, o.Pod) for v in objects if not v.get("kind"))
    ledger = {kind.key: Entry(kind.key, Coverage.READ) for kind in kinds.ALL}
    held = {kinds.DEPLOYMENTS.key: deployments, kinds.PODS.key: pods}
    return Inventory(SOURCE, held, ledger | gaps)


CLUSTER = inventory(
    deployment("good", GOOD),
    deployment("plain", PLAIN),
    deployment("idle", HOST, 0),
    pod("good-1", "good", GOOD),
    pod("good-2", "good", HOST),
    pod("plain-1", "plain", PLAIN),
    pod("bare", "", PLAIN),
)


@pytest.mark.parametrize(
    ("level", "count", "said"),
    [
        ("baseline", 1, "refuse 1 and 1 of 4 running pods and 3 pod templates"),
        ("restricted", 3, "refuse 3 and 2 of 4 running pods and 3 pod templates"),
        ("nonsense", 3, "Pod Security (restricted:latest) would refuse 3"),
    ],
)
def test_a_stricter_label_counts_what_falls_short(level: str, count: int, said: str) -> None:
    """Running pods and templates are counted apart; the workloads are named."""
    found = refused_in("shop", {}, {ENFORCE: level}, CLUSTER, {})
    assert found is not None
    assert found.count == count
    assert said in found.said
    assert "Deployment shop/idle" in found.said


def test_what_the_plan_repairs_before_is_judged_repaired() -> None:
    """The pods of a workload that an earlier change rolls out are those of its new template."""
    later = {
        kinds.DEPLOYMENTS.ref("shop", name): deployment(name, GOOD)
        for name in ("good", "plain", "idle")
    }
    found = refused_in("shop", {}, {ENFORCE: "restricted"}, CLUSTER, later)
    assert found is not None
    assert (found.count, "Pod bare" in found.said) == (1, True)


def test_pods_that_are_all_replaced_by_then_are_not_counted() -> None:
    """Nobody reads of no running pods where it is the templates that count."""
    live = inventory(deployment("plain", PLAIN), pod("plain-1", "plain", PLAIN))
    later = {kinds.DEPLOYMENTS.ref("shop", "plain"): deployment("plain", GOOD)}
    found = refused_in("shop", {}, {ENFORCE: "baseline"}, live, later)
    assert found is not None
    assert found.said == "Pod Security (baseline:latest) would refuse nothing of 1 pod template."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({}, {ENFORCE: "privileged"}),
        ({ENFORCE: "baseline"}, {ENFORCE: "baseline"}),
        ({}, {f"{PREFIX}warn": "restricted"}),
    ],
)
def test_labels_that_enforce_nothing_new_refuse_nothing(
    before: dict[str, str], after: dict[str, str]
) -> None:
    """Without another enforced level there is nothing to tell."""
    assert refused_in("shop", before, after, CLUSTER, {}) is None


def test_a_namespace_that_meets_the_level_is_said_to() -> None:
    """Nothing refused is told with how much was looked at."""
    calm = inventory(deployment("good", GOOD), pod("good-1", "good", GOOD))
    found = refused_in("shop", {}, {ENFORCE: "restricted", VERSION: "v1.36"}, calm, {})
    assert found is not None
    assert found.count == 0
    assert found.said == (
        "Pod Security (restricted:v1.36) would refuse nothing of 1 running pod and 1 pod template."
    )


def test_what_was_not_read_cannot_be_told() -> None:
    """A gap in the ledger, or one odd object, leaves the count open, and is named."""
    gap = inventory(pods=Entry("pods", Coverage.FORBIDDEN))
    odd = OddObject(kinds.PODS.ref("shop", "strange"), "no")
    for unread, name in (
        (gap, "pods could not be read in shop"),
        (msgspec.structs.replace(CLUSTER, odd=(odd,)), "Pod shop/strange could not be read"),
    ):
        found = refused_in("shop", {}, {ENFORCE: "baseline"}, unread, {})
        assert found is not None
        assert found.count is None
        assert name in found.said


@pytest.mark.parametrize(
    ("spec", "labels", "count"),
    [
        (GOOD, {ENFORCE: "restricted"}, None),
        (PLAIN, {ENFORCE: "baseline"}, None),
        (PLAIN, {}, None),
        (PLAIN, {ENFORCE: "restricted"}, 2),
        (HOST, {ENFORCE: "baseline"}, 2),
    ],
)
def test_a_new_template_is_judged_by_the_namespaces_level(
    spec: dict[str, Any], labels: dict[str, str], count: int | None
) -> None:
    """A rollout whose pods would be refused is told before it hangs; others say nothing."""
    found = refused_pods(deployment("web", spec), labels, 36)
    assert (found.count if found else None) == count


def test_a_template_that_does_not_decode_cannot_be_told() -> None:
    """Unknown is not admitted."""
    found = refused_pods(deployment("web", {"containers": 7}), {ENFORCE: "baseline"}, 36)
    assert found is not None
    assert found.count is None


@pytest.mark.parametrize(
    ("version", "minor", "count"),
    [("v1.18", 36, None), ("v1.19", 36, 2), ("v1.36", 18, None), ("latest", None, 2)],
)
def test_versions_are_the_label_s_up_to_the_server_s(
    version: str, minor: int | None, count: int | None
) -> None:
    """Seccomp is asked for since 1.19: by an older label, or on an older server, it is not."""
    spec = GOOD | {"securityContext": {"runAsNonRoot": True}}
    labels = {ENFORCE: "restricted", VERSION: version}
    found = refused_pods(deployment("web", spec), labels, minor)
    assert (found.count if found else None) == count
