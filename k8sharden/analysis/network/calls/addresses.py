"""Addresses: whose they are, as far as the inventory shows it."""

import ipaddress
from typing import cast

from k8sharden.analysis.network.edges import End, EndKind
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import pods_of

METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23"})
"""Where clouds answer with the credentials of the node, or of the pod."""


class Addresses:
    """The addresses of pods and nodes of a cluster."""

    def __init__(self, inventory: Inventory) -> None:
        self._pods: dict[str, Ref] = {}
        for ref, pods in pods_of(inventory).items():
            for pod in pods:
                if pod.status and not pod.spec.host_network:
                    own = [each.ip for each in pod.status.pod_ips or ()]
                    self._pods.update(dict.fromkeys((*own, pod.status.pod_ip or ""), ref))
        self._pods.pop("", None)
        nodes = inventory.of(kinds.NODES, o.Node)
        known = (each for node in nodes if node.status for each in node.status.addresses or ())
        self._nodes = {each.address for each in known}
        self._nodes |= {_host(pod) for pod in inventory.pods if pod.spec.host_network} - {""}

    def end(self, address: str) -> End | None:
        """Return who has an address; None for what is no address, or leads nowhere else."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return None
        text = str(found)
        if text in self._pods:
            return End(EndKind.WORKLOAD, self._pods[text])
        block = f"{text}/{found.max_prefixlen}"
        if text in self._nodes:
            return End(EndKind.NODES, address=block)
        nowhere = found.is_loopback or found.is_unspecified or found.is_multicast
        return None if nowhere or text in METADATA else End(EndKind.OUTSIDE, address=block)


def _host(pod: o.Pod) -> str:
    return (pod.status.pod_ip if pod.status else None) or ""


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    if not text[:1].isdigit() and ":" not in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def addresses_of(inventory: Inventory) -> Addresses:
    """Return the addresses of an inventory, indexed once."""
    if "calls-addresses" not in inventory.cache:
        inventory.cache["calls-addresses"] = Addresses(inventory)
    return cast("Addresses", inventory.cache["calls-addresses"])


def service_addresses(service: n.Service) -> tuple[str, ...]:
    """Return the addresses inside the cluster at which a Service answers."""
    spec = service.spec or n.ServiceSpec()
    found = (spec.cluster_ip, *(spec.cluster_ips or ()))
    return tuple(dict.fromkeys(each for each in found if each and each != "None"))
