"""Rights that a cloud gives beside RBAC, of which no API object tells.

Source: AWS, EKS access entries; Google Cloud, IAM for GKE; Microsoft Entra ID and Azure RBAC for
Kubernetes authorization.
"""

from k8sharden.model.inventory import Inventory

_GIVERS = {
    "EKS": "EKS access entries give",
    "GKE": "Google Cloud IAM gives",
    "AKS": "Entra ID and Azure roles give",
}


def caveat(inventory: Inventory) -> str:
    """Say who else gives rights in a managed cluster, in a sentence; empty for other clusters."""
    plane = inventory.control_plane
    if not plane.managed:
        return ""
    giver = _GIVERS.get(plane.distribution, "The cluster's provider gives")
    return f"{giver} rights that RBAC does not show."
