"""Open rules: those of a policy that let everybody through, and whether that is meant.

Meant are rules for DNS alone; for ports that are called from where no label reaches (a load
balancer, a node, the API server); and for a port of a host outside whose address is not known, the
cloud's metadata excepted.
"""

import ipaddress
from collections.abc import Iterator, Sequence

import msgspec

from k8sharden.analysis.network.allows import needed
from k8sharden.analysis.network.blocks import network
from k8sharden.analysis.network.labelled import workloads_selected
from k8sharden.analysis.network.parties import template_party
from k8sharden.analysis.network.policies import Direction, directions, policies_of
from k8sharden.analysis.network.public import CALLERS_BEYOND, front_doors, perhaps_doors
from k8sharden.analysis.network.rules import Beyond, Need
from k8sharden.analysis.network.units import unit_of
from k8sharden.analysis.selectors import is_empty
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.workloads import Workload

_METADATA = tuple(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254")))
_DNS = (53, "dns", "dns-tcp")


class Opened(msgspec.Struct, frozen=True):
    """An open rule by its index: ``to`` says for whom it is open.

    Not ``sure`` where it may be meant, for what could not be read.
    """

    way: Direction
    rule: int
    to: str
    ports: bool
    sure: bool


def open_rules(policy: n.NetworkPolicy, way: Direction, inventory: Inventory) -> Iterator[Opened]:
    """Yield the rules of a policy that are open to everybody, and are not meant to be."""
    if way not in directions(policy):
        return
    under = workloads_selected(policy, inventory)
    for number, rule in enumerate(rules_of(policy, way)):
        to = _open_to(peers_of(rule, way))
        if to and not _is_meant(rule, policy, way, under, inventory):
            perhaps = way is Direction.INGRESS and _is_perhaps_meant(rule, under, inventory)
            yield Opened(way, number, to, bool(rule.ports), not perhaps)


def lets_all_out(policy: n.NetworkPolicy) -> bool:
    """Whether a policy lets pods out to every address on every port, but perhaps to a few of them.

    Where nothing else limits them that may be meant; beside a default deny it undoes that.
    """
    return any(
        not rule.ports and any(map(_is_every_address, rule.to or ()))
        for rule in rules_of(policy, Direction.EGRESS)
    )


def rules_of(policy: n.NetworkPolicy, way: Direction) -> Sequence[n.Rule]:
    """Return a policy's rules of one direction."""
    return (policy.spec.ingress if way is Direction.INGRESS else policy.spec.egress) or ()


def peers_of(rule: n.Rule, way: Direction) -> Sequence[n.Peer]:
    """Return whom a rule of a direction names."""
    return (rule.from_ if way is Direction.INGRESS else rule.to) or ()


def _open_to(peers: Sequence[n.Peer]) -> str:
    """Say to whom a rule with these peers is open, the widest first; empty where it is not."""
    if not peers:
        return "everybody"
    if any(map(_is_every_address, peers)):
        return "every address"
    return "every pod of the cluster" if any(map(_is_every_pod, peers)) else ""


def _is_every_address(peer: n.Peer) -> bool:
    known = network(peer.ip_block.cidr) if peer.ip_block else None
    return known is not None and known.prefixlen == 0


def _is_every_pod(peer: n.Peer) -> bool:
    anywhere = peer.namespace_selector is not None and is_empty(peer.namespace_selector)
    return anywhere and is_empty(peer.pod_selector)


_Under = Sequence[Workload]


def _is_meant(
    rule: n.Rule, policy: n.NetworkPolicy, way: Direction, under: _Under, inventory: Inventory
) -> bool:
    """Whether all that an open rule lets in is called from where no label reaches."""
    if way is Direction.EGRESS:
        return _is_meant_out(rule, policy, under, inventory)
    return bool(under) and all(_is_public(rule, each, inventory) for each in under)


def _is_perhaps_meant(rule: n.Rule, under: _Under, inventory: Inventory) -> bool:
    """Whether it may be meant where nobody could read what the API server calls, or classes."""
    read = all(inventory.entry(kind).complete for kind in CALLERS_BEYOND)
    doors = perhaps_doors(inventory)
    return bool(under) and all(
        each.ref in doors
        or _is_public(rule, each, inventory)
        or (not read and any(_ports(rule, each)))
        for each in under
    )


def _is_public(rule: n.Rule, workload: Workload, inventory: Inventory) -> bool:
    """Whether every port that a rule opens of a workload has to be open to anybody."""
    if workload.ref in front_doors(inventory):
        return True
    unit = unit_of(workload.ref, inventory)
    needs = needed(unit, Direction.INGRESS, inventory) if unit else ()
    public = {(need.port, need.protocol) for need in needs if _is_anybody(need)}
    opened = set(_ports(rule, workload))
    return bool(opened) and opened <= public


def _is_anybody(need: Need) -> bool:
    return isinstance(need.peer, Beyond) and not need.peer.blocks


def _ports(rule: n.Rule, workload: Workload) -> Iterator[tuple[int | str, str]]:
    """Yield the ports of a workload that a rule opens: by their numbers, as containers name them.

    A rule without ports opens all that the containers name.
    """
    named = [
        (port.name, port.container_port, port.protocol or "TCP")
        for seen in visit_containers(workload.spec)
        for port in seen.container.ports or ()
    ]
    if not rule.ports:
        yield from ((number, protocol) for _, number, protocol in named)
    for port in rule.ports or ():
        protocol = port.protocol or "TCP"
        numbers = [number for name, number, its in named if (name, its) == (port.port, protocol)]
        yield from ((number, protocol) for number in numbers or [_number(port)])


def _number(port: n.PolicyPort) -> int:
    """Return the number of a port; a range, all ports or an unknown name is nobody's."""
    return port.port if isinstance(port.port, int) and port.end_port is None else 0


def _is_meant_out(
    rule: n.Rule, policy: n.NetworkPolicy, under: _Under, inventory: Inventory
) -> bool:
    """Whether it is for DNS alone, or keeps out the cloud's metadata and is no more than that."""
    if rule.ports and all(port.port in _DNS for port in rule.ports):
        return True
    wide = [peer for peer in rule.to or () if _is_every_address(peer)]
    if not wide or not all(map(_spares_metadata, wide)):
        return False
    return bool(rule.ports) or not _undoes(policy, under, inventory)


def _spares_metadata(peer: n.Peer) -> bool:
    block = peer.ip_block or n.IPBlock()
    known, excepted = network(block.cidr), map(network, block.except_ or ())
    out = [each for each in excepted if each is not None]
    return all(
        any(address in each for each in out)
        for address in _METADATA
        if known is not None and address in known
    )


def _undoes(policy: n.NetworkPolicy, under: _Under, inventory: Inventory) -> bool:
    """Whether another policy limits the same pods, which a rule for all but metadata undoes."""
    policies = policies_of(inventory)
    chosen = (policies.selecting(template_party(each), Direction.EGRESS) for each in under)
    return any(clause.ref.name != policy.name for found in chosen for clause in found)
