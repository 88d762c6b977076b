"""Policy engines that are no DaemonSet: those that distributions have built in, or leave out.

k3s has kube-router's policy controller in its own process, unless its servers are started with
`--disable-network-policy`; nodes carry the arguments as the annotation `k3s.io/node-args`. EKS Auto
Mode has an agent on its nodes that waits for the ConfigMap `kube-system/amazon-vpc-cni`. GKE and
AKS show each engine that they offer as a DaemonSet: where there is none, nothing enforces.

Source: docs.k3s.io, Networking Services; the EKS user guide, Network policies with Auto Mode; the
documentation of GKE and AKS, Network policy.
"""

from collections.abc import Iterator

import msgspec

from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.decoding import decode
from k8sharden.model.inventory import Inventory

ARGUMENTS = "k3s.io/node-args"
_OFF = "--disable-network-policy"

Verdict = tuple[bool | None, str, str]
"""Whether it enforces, its name, and why in a sentence."""

_BARE = {
    "gke": ("GKE without Dataplane V2", "neither anetd nor calico-node runs here"),
    "aks": ("AKS without a policy engine", "neither cilium, calico-node nor azure-npm runs here"),
}


def engine(inventory: Inventory, *, alone: bool) -> Verdict | None:
    """Return what the distribution itself enforces; None where that is for others to say.

    ``alone`` says that no plug-in was seen on the nodes.
    """
    name = inventory.control_plane.distribution.lower()
    if name == "k3s":
        return _k3s(inventory)
    if name == "eks" and _auto(inventory):
        return _auto_mode(inventory)
    if name in _BARE and alone:
        plugin, why = _BARE[name]
        return False, plugin, f"{plugin} enforces no NetworkPolicy: {why}."
    return None


def _k3s(inventory: Inventory) -> Verdict:
    servers = [words for words in _arguments(inventory) if words[:1] == ["server"]]
    name = "k3s"
    if not servers:
        why = f"No node of a k3s server says in {ARGUMENTS} how it was started"
        return None, name, f"{why}, so it is not known whether it enforces NetworkPolicies."
    if any(map(_disabled, servers)):
        return False, name, f"k3s enforces no NetworkPolicy: it was started with {_OFF}."
    return True, name, f"k3s enforces NetworkPolicies itself: no server was started with {_OFF}."


def _arguments(inventory: Inventory) -> Iterator[list[str]]:
    for node in inventory.of(kinds.NODES, o.Node):
        try:
            yield decode(node.metadata.annotation.get(ARGUMENTS, ""), list[str])
        except msgspec.MsgspecError:
            continue


def _disabled(words: list[str]) -> bool:
    """Whether the flag is there; its value may be the next word, as k3s writes it down."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        flag, _, value = word.partition("=")
        if flag == _OFF:
            return "false" not in (value.lower(), following.lower())
    return False


def _auto(inventory: Inventory) -> bool:
    label = "eks.amazonaws.com/compute-type"
    nodes = inventory.of(kinds.NODES, o.Node)
    return any(node.metadata.label.get(label) == "auto" for node in nodes)


def _auto_mode(inventory: Inventory) -> Verdict:
    key, name = "enable-network-policy-controller", "EKS Auto Mode"
    where = "ConfigMap kube-system/amazon-vpc-cni"
    if not inventory.entry(kinds.CONFIG_MAPS).covers("kube-system"):
        return None, name, f"Whether EKS Auto Mode enforces stands in {where}, which was not read."
    found = (
        (item.settings or {}).get(key)
        for item in inventory.of(kinds.CONFIG_MAPS, n.ConfigMap)
        if (item.namespace, item.name) == ("kube-system", "amazon-vpc-cni")
    )
    if "true" in found:
        return True, name, f"EKS Auto Mode enforces NetworkPolicies: {where} has {key}."
    return False, name, f"EKS Auto Mode enforces no NetworkPolicy: {where} has no {key}."
