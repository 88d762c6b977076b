"""The distribution: by version, nodes and kubeadm's traces."""

from typing import Any

import pytest

from k8sharden.cluster.transport import Response
from k8sharden.model import kinds
from tests.cluster.fakes import Answers, Scripted, page, refusal, scan


def node(**parts: Any) -> dict[str, Any]:
    """A node."""
    return {"metadata": {"name": "n", **parts.pop("metadata", {})}, **parts}


def image(name: str) -> dict[str, Any]:
    """A node that runs this operating system."""
    return node(status={"nodeInfo": {"osImage": name}})


def labelled(label: str) -> dict[str, Any]:
    """A node with a label."""
    return node(metadata={"labels": {label: "x"}})


CRI = {"annotations": {"kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/c.sock"}}


@pytest.mark.parametrize(
    ("version", "node", "name", "managed"),
    [
        ("v1.36.1-eks-1a2b3c", node(), "EKS", True),
        ("v1.36.1", labelled("eks.amazonaws.com/nodegroup"), "EKS", True),
        ("v1.36.1-gke.1034000", node(), "GKE", True),
        ("v1.36.1", labelled("kubernetes.azure.com/cluster"), "AKS", True),
        ("v1.36.1+k3s1", node(), "k3s", False),
        ("v1.36.1+rke2r1", node(), "RKE2", False),
        ("v1.36.1", labelled("node.openshift.io/os_id"), "OpenShift", False),
        ("v1.36.1", image("Talos (v1.11.0)"), "Talos", False),
        ("v1.36.1", node(spec={"providerID": "kind://docker/a/b"}, metadata=CRI), "kind", False),
        ("v1.36.1", node(metadata=CRI), "kubeadm", False),
        ("v1.36.1", node(spec={"providerID": "azure:///vm"}), "unknown", False),
        ("v1.36.1", node(spec={"providerID": "aws:///eu/i"}), "unknown", False),
    ],
)
def test_a_distribution_is_told_by_its_signs(
    version: str, node: dict[str, Any], name: str, *, managed: bool
) -> None:
    """Each distribution is known by what only it leaves; machines in a cloud prove nothing."""
    answers: Answers = {
        "/version": Response(200, b'{"gitVersion": "%s"}' % version.encode()),
        kinds.NODES.path(): page([node]),
    }
    inventory = scan(Scripted(answers))
    assert inventory.source.distribution == inventory.control_plane.distribution == name
    assert inventory.control_plane.managed is managed


@pytest.mark.parametrize(("status", "name"), [(200, "kubeadm"), (403, "unknown"), (404, "unknown")])
def test_kubeadm_is_told_by_its_config_map(status: int, name: str) -> None:
    """Where nodes may not be read, kubeadm's own ConfigMap tells; a refusal tells nothing."""
    found = Response(200, b'{"metadata": {"name": "kubeadm-config"}}')
    answers: Answers = {
        kinds.NODES.path(): refusal(403, "Forbidden"),
        kinds.CONFIG_MAPS.path("kube-system", "kubeadm-config"): (
            found if status == 200 else refusal(status, "Forbidden")
        ),
    }
    assert scan(Scripted(answers)).source.distribution == name
