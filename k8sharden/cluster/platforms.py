"""Detects the distribution, since it decides where a control plane's settings are made.

Sources: what each distribution writes into its version (`-eks-`, `-gke.`, `+k3s`, `+rke2r`), its
nodes' provider ids, labels and OS images, and kubeadm's ConfigMap `kube-system/kubeadm-config`.
"""

from collections.abc import Callable, Sequence

import msgspec

from k8sharden.cluster.api import Api
from k8sharden.errors import ApiError, ClusterUnavailable
from k8sharden.model import kinds
from k8sharden.model import objects as o


class Platform(msgspec.Struct, frozen=True):
    """A distribution; ``managed`` where a provider runs the control plane, out of our sight."""

    name: str
    managed: bool = False


def detect(api: Api, version: str, nodes: Sequence[o.Node], pods: Sequence[o.Pod]) -> Platform:
    """Name the distribution, ``unknown`` where nothing tells."""
    for platform, holds in _SIGNS:
        if holds(version, nodes):
            return platform
    return Platform("kubeadm" if _is_kubeadm(api, nodes, pods) else "unknown")


_Sign = Callable[[str, Sequence[o.Node]], bool]


def _version(part: str) -> _Sign:
    return lambda version, _: part in version


def _label(prefix: str) -> _Sign:
    return lambda _, nodes: any(
        label.startswith(prefix) for node in nodes for label in node.metadata.label
    )


def _provider(scheme: str) -> _Sign:
    return lambda _, nodes: any(
        (node.spec.provider_id or "").startswith(scheme) for node in nodes if node.spec
    )


def _image(name: str) -> _Sign:
    return lambda _, nodes: any(
        node.status.node_info.os_image.startswith(name)
        for node in nodes
        if node.status and node.status.node_info
    )


_SIGNS: tuple[tuple[Platform, _Sign], ...] = (
    (Platform("EKS", managed=True), _version("-eks-")),
    (Platform("EKS", managed=True), _label("eks.amazonaws.com/")),
    (Platform("GKE", managed=True), _version("-gke.")),
    (Platform("AKS", managed=True), _label("kubernetes.azure.com/cluster")),
    (Platform("RKE2"), _version("+rke2")),
    (Platform("k3s"), _version("+k3s")),
    (Platform("OpenShift"), _label("node.openshift.io/")),
    (Platform("Talos"), _image("Talos")),
    (Platform("kind"), _provider("kind://")),
)
"""Signs in order: `azure://` or `aws://` alone say where machines stand, not who runs them."""


def _is_kubeadm(api: Api, nodes: Sequence[o.Node], pods: Sequence[o.Pod]) -> bool:
    marks = ("kubeadm.alpha.kubernetes.io/", "kubeadm.kubernetes.io/")
    system = (pod for pod in pods if pod.namespace == "kube-system")
    annotations = (key for item in (*nodes, *system) for key in item.metadata.annotation)
    if any(key.startswith(marks) for key in annotations):
        return True
    try:
        api.get(kinds.CONFIG_MAPS.ref("kube-system", "kubeadm-config"))
    except (ApiError, ClusterUnavailable):
        return False
    return True
