"""What belongs to the cluster itself: shown in a bucket of its own, and never fixed by us.

Source: the namespaces that Kubernetes and its distributions create, and the label that the API
server puts on its own RBAC objects. An attacker can deploy there too, so nothing is hidden.
"""

from k8sharden.model.meta import Meta

_NAMES = frozenset(
    {
        "kube-system",
        "kube-public",
        "kube-node-lease",
        "gmp-system",
        "gmp-public",
        "app-routing-system",
        "gatekeeper-system",
        "calico-system",
        "calico-apiserver",
        "tigera-operator",
        "local-path-storage",
    }
)
_PREFIXES = ("amazon-", "gke-", "cilium", "openshift-")

_KUBELET_CLIENT = "kube-apiserver-kubelet-client"
"""As whom the API server asks kubelets, on clusters that kubeadm made."""

_BROAD = (
    "system:anonymous",
    "system:unauthenticated",
    "system:authenticated",
    "system:serviceaccounts",
)


def is_system_namespace(name: str) -> bool:
    """Whether a namespace holds the cluster's own parts."""
    return name in _NAMES or name.startswith(_PREFIXES)


def is_bootstrap_rbac(meta: Meta) -> bool:
    """Whether the API server made this role or binding, and would restore it."""
    return meta.label.get("kubernetes.io/bootstrapping") == "rbac-defaults"


def is_broad_group(name: str) -> bool:
    """Whether a group holds everybody: anonymous, all authenticated, all service accounts."""
    return name in _BROAD


def is_system_subject(name: str) -> bool:
    """Whether a user or group is one of the control plane's own."""
    if is_broad_group(name) or name.startswith(
        ("system:serviceaccounts:", "system:serviceaccount:")
    ):
        return False
    return name == _KUBELET_CLIENT or name.startswith(("system:", "eks:"))
