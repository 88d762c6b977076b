"""The training cluster with another network plug-in: what is found, and what is proven no more."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.assess import Assessment, assess
from k8sharden.cluster.api import Api
from k8sharden.cluster.collector import collect
from k8sharden.cluster.training import objects, training_cluster
from k8sharden.cluster.training.control_plane import TrainingCluster
from k8sharden.cluster.training.registry import SETTLED
from k8sharden.model.finding import Status
from k8sharden.model.inventory import Inventory, SourceKind
from remediations import OWN

HOLDS_WITHOUT = {"net-exposed", "net-external-ips", "net-hostnetwork", "net-ingress-nginx"}
"""Checks that look at no policy, whose passes need no engine."""


def daemon_set(name: str, container: str, image: str) -> dict[str, Any]:
    """Return a plug-in's DaemonSet, for all three nodes."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "hostNetwork": True,
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [{"name": container, "image": image}],
                },
            },
        },
    }


FLANNEL = [daemon_set("kube-flannel", "kube-flannel", "ghcr.io/flannel-io/flannel:v0.27.4")]


def cilium(**settings: str) -> list[dict[str, Any]]:
    """Return Cilium with these settings, ``_`` for ``-``."""
    return [
        daemon_set("cilium", "cilium-agent", "quay.io/cilium/cilium:v1.20.0"),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "cilium-config", "namespace": "kube-system"},
            "data": {key.replace("_", "-"): value for key, value in settings.items()},
        },
    ]


def scanned(cluster: TrainingCluster) -> Inventory:
    """Return what a scan reads."""
    return collect(
        Api(cluster.transport(), read_only=True),
        SourceKind.DEMO,
        name="training",
        progress=lambda _: None,
        cancelled=lambda: False,
        clock=lambda: 0.0,
    )


def assessed(plugin: list[dict[str, Any]]) -> Assessment:
    """Return what the network's checks say where this stands in Calico's place."""
    kept = [each for each in objects() if not each["metadata"]["name"].startswith("calico-node")]
    now = [0.0]
    cluster = training_cluster([*kept, *plugin], clock=lambda: now[0])
    read = scanned(cluster)
    for _ in range(10):  # one node after the other
        now[0] += 60.0
        read = scanned(cluster)
    mine = [item for item in OWN if item.id.startswith("net-")]
    return assess(mine, msgspec.structs.replace(read, facts=SETTLED))


def failing(found: Assessment) -> set[str]:
    """Return the checks that fail."""
    return {each.check for each in found.findings if each.counts}


def unproven(found: Assessment) -> set[str]:
    """Return the checks of which nothing but a question is left."""
    return {each.check for each in found.findings if each.status is Status.UNKNOWN}


def test_flannel_alone_is_found_and_no_policy_counts_as_a_pass() -> None:
    """What does not fail is unknown, but for the checks that look at no policy."""
    found = assessed(FLANNEL)
    assert "net-cni-unenforced" in failing(found)
    assert "net-cilium-mode" not in failing(found) | unproven(found)
    every = {item.id for item in OWN if item.id.startswith("net-")}
    passed = every - failing(found) - unproven(found)
    assert passed <= {"net-cilium-mode", *HOLDS_WITHOUT}


@pytest.mark.parametrize(
    "setting",
    [
        {"enable_policy": "never"},
        {"policy_audit_mode": "true"},
        {"enable_k8s_networkpolicy": "false"},
    ],
    ids=str,
)
def test_cilium_that_is_set_not_to_enforce_is_one_finding(setting: dict[str, str]) -> None:
    """Its setting fails; that nothing enforces is a question then, and no second defect."""
    found = assessed(cilium(**setting))
    assert "net-cilium-mode" in failing(found)
    assert "net-cni-unenforced" in unproven(found) - failing(found)


def test_cilium_as_it_comes_proves_what_calico_proved() -> None:
    """Another plug-in that enforces changes no verdict on policies."""
    found = assessed(cilium(enable_policy="default"))
    assert not {"net-cni-unenforced", "net-cilium-mode"} & (failing(found) | unproven(found))


def test_no_plug_in_leaves_all_open() -> None:
    """Where none is recognised nothing is claimed either way."""
    found = assessed([])
    assert "net-cni-unenforced" in unproven(found)
    assert "net-cni-unenforced" not in failing(found)
