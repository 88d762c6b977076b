"""Traffic: whether NetworkPolicies let one pod connect to another.

Source: kubernetes.io, Network Policies. Judged is what may come in; a policy that limits what the
source may send, and policies of the network plug-in's own kinds, are not looked at.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any

import msgspec

from k8sharden.analysis.reachability import in_namespace, isolates_ingress
from k8sharden.analysis.selectors import chooses
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers

_Rule = Mapping[str, Any]


class Connection(msgspec.Struct, frozen=True):
    """An attempt: from a pod to a port of another."""

    source: o.Pod
    target: o.Pod
    port: int
    protocol: str = "TCP"


def isolating(inventory: Inventory, target: o.Pod) -> tuple[o.NetworkPolicy, ...]:
    """Return the policies that select a pod for ingress: only what one of them allows comes in."""
    if target.spec.host_network:
        return ()
    labels = target.metadata.label
    every = in_namespace(kinds.NETWORK_POLICIES, o.NetworkPolicy, target.namespace, inventory)
    return tuple(
        policy
        for policy in every
        if isolates_ingress(policy) and chooses(policy.spec.pod_selector, labels)
    )


def allowed(inventory: Inventory, attempt: Connection) -> bool:
    """Whether a connection is let in."""
    source, target = attempt.source, attempt.target
    policies = isolating(inventory, target)
    if not policies:
        return True
    # A node always reaches its own pods: the kubelet has to probe them.
    if source.spec.host_network and source.spec.node_name == target.spec.node_name:
        return True
    rules = (rule for policy in policies for rule in policy.spec.ingress or ())
    return any(_port(rule, attempt) and _peer(rule, attempt, inventory) for rule in rules)


def _port(rule: _Rule, attempt: Connection) -> bool:
    ports = rule.get("ports") or ()
    return not ports or any(_is_port(known, attempt) for known in ports)


def _is_port(known: _Rule, attempt: Connection) -> bool:
    if (known.get("protocol") or "TCP") != attempt.protocol:
        return False
    first = known.get("port")
    if isinstance(first, str):
        return attempt.port in _named(first, attempt)
    if not isinstance(first, int):
        return True
    return first <= attempt.port <= int(known.get("endPort") or first)


def _named(name: str, attempt: Connection) -> set[int]:
    """Return the numbers that a port's name stands for in the pod that is connected to."""
    return {
        port.container_port
        for seen in visit_containers(attempt.target.spec)
        for port in seen.container.ports or ()
        if port.name == name and (port.protocol or "TCP") == attempt.protocol
    }


def _peer(rule: _Rule, attempt: Connection, inventory: Inventory) -> bool:
    peers = rule.get("from") or ()
    return not peers or any(_is_peer(known, attempt, inventory) for known in peers)


def _is_peer(known: _Rule, attempt: Connection, inventory: Inventory) -> bool:
    source = attempt.source
    if block := known.get("ipBlock"):
        return _in_block(block, (source.status.pod_ip if source.status else "") or "")
    # From the node's own network a connection comes with the node's address and nobody's labels.
    if source.spec.host_network:
        return False
    spaces, pods = known.get("namespaceSelector"), known.get("podSelector")
    if spaces is None:
        here = source.namespace == attempt.target.namespace
    else:
        here = chooses(spaces, _namespace_labels(source.namespace, inventory))
    return here and (pods is None or chooses(pods, source.metadata.label))


def _namespace_labels(name: str, inventory: Inventory) -> Mapping[str, str]:
    return next((each.metadata.label for each in inventory.namespaces if each.name == name), {})


def _in_block(block: _Rule, address: str) -> bool:
    """Whether an address is in a block; what is no address or no block is in none."""
    try:
        found = ipaddress.ip_address(address)
        blocks = [ipaddress.ip_network(text, strict=False) for text in _blocks(block)]
    except ValueError:
        return False
    return found in blocks[0] and not any(found in other for other in blocks[1:])


def _blocks(block: _Rule) -> list[str]:
    return [str(block.get("cidr")), *map(str, block.get("except") or ())]
