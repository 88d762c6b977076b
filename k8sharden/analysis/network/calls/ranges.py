"""Ranges: which addresses are the cluster's own although nobody has them now.

An address outside is one that a policy may name; one of a pod that is gone is not.
"""

import ipaddress
from datetime import datetime

from k8sharden.analysis.network.calls.addresses import service_addresses
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NEAR = {4: 16, 6: 64}
"""How long the prefix is that two pods of one cluster share, as most network plug-ins set it up."""


class Ranges:
    """The addresses of pods and Services, with all that lie beside them."""

    def __init__(self, inventory: Inventory) -> None:
        nodes = inventory.of(kinds.NODES, o.Node)
        told = (cidr for node in nodes if node.spec for cidr in _cidrs(node.spec))
        self._told = frozenset(each for cidr in told if (each := _network(cidr)))
        self._lengths = {(each.version, each.prefixlen) for each in self._told}
        found = [*_pod_addresses(inventory), *_service_addresses(inventory)]
        self._near = frozenset(filter(None, map(_around, found)))
        self._started = _started(inventory)

    def inside(self, address: str, *, sure: bool) -> bool:
        """Whether an address may be a pod's or a Service's.

        Where somebody says that it is outside (``sure``), only what nodes give out contradicts.
        """
        found = ipaddress.ip_address(address)
        around = (_wide(address, n) for version, n in self._lengths if version == found.version)
        if not self._told.isdisjoint(around):
            return True
        return not sure and not found.is_global and _around(address) in self._near

    def is_younger(self, address: str, when: float) -> bool:
        """Whether the pod at an address was started after a time, in seconds since 1970."""
        return bool(when) and self._started.get(address, 0.0) > when


def _cidrs(spec: o.NodeSpec) -> tuple[str, ...]:
    return (*(spec.pod_cidrs or ()), *((spec.pod_cidr,) if spec.pod_cidr else ()))


def _pod_addresses(inventory: Inventory) -> list[str]:
    """Return the addresses of pods, but for those that are their nodes'."""
    seen = (pod for pod in inventory.pods if pod.status and not pod.spec.host_network)
    return [each for pod in seen for each in _addresses(pod)]


def _addresses(pod: o.Pod) -> tuple[str, ...]:
    status = pod.status or o.PodStatus()
    return (*(each.ip for each in status.pod_ips or ()), status.pod_ip or "")


def _service_addresses(inventory: Inventory) -> list[str]:
    services = inventory.of(kinds.SERVICES, n.Service)
    return [address for each in services for address in service_addresses(each)]


def _network(cidr: str) -> _Network | None:
    try:
        return ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None


def _around(address: str) -> _Network | None:
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return None
    return _wide(address, _NEAR[version])


def _wide(address: str, length: int) -> _Network | None:
    return _network(f"{address}/{length}")


def _started(inventory: Inventory) -> dict[str, float]:
    """Return when the pod at each address was started."""
    found: dict[str, float] = {}
    for pod in inventory.pods:
        began = (pod.status.start_time if pod.status else None) or ""
        if began and not pod.spec.host_network:
            found.update(dict.fromkeys(_addresses(pod), _seconds(began)))
    return found


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
