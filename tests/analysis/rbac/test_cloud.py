"""What a cloud gives beside RBAC is named, and only where there is a cloud."""

import pytest

from k8sharden.analysis.rbac.cloud import caveat
from k8sharden.model.evidence import ControlPlane
from k8sharden.model.inventory import Inventory, Source, SourceKind


def said(distribution: str, *, managed: bool) -> str:
    """Return what is said of a cluster of this distribution."""
    plane = ControlPlane(distribution=distribution, managed=managed)
    return caveat(Inventory(Source(SourceKind.CLUSTER, "prod"), {}, {}, plane))


@pytest.mark.parametrize(
    ("distribution", "giver"),
    [
        ("EKS", "EKS access entries give"),
        ("GKE", "Google Cloud IAM gives"),
        ("AKS", "Entra ID and Azure roles give"),
        ("Nimbus", "The cluster's provider gives"),
    ],
)
def test_managed_clusters_have_another_giver_of_rights(distribution: str, giver: str) -> None:
    """Whoever reads the findings learns whom else to ask."""
    assert said(distribution, managed=True) == f"{giver} rights that RBAC does not show."


def test_other_clusters_have_none() -> None:
    """Where RBAC is all there is, nothing is said."""
    assert said("kubeadm", managed=False) == ""
