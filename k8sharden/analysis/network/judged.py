"""Judged edges: whether the policies let a connection through that the applications need.

An end stands for several pods or addresses. The worst answer of any pair counts, since a workload
whose second pod is cut off is broken.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from itertools import product
from typing import cast

from k8sharden.analysis.network.decide import Answer, Side, Verdict, decide
from k8sharden.analysis.network.edges import Edge, End, EndKind
from k8sharden.analysis.network.parties import Party, outside, workload_parties
from k8sharden.analysis.network.policies import Policies
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads


def judge_edge(edge: Edge, policies: Policies, inventory: Inventory) -> Verdict:
    """Judge an edge between all pods and addresses of both ends; the worst verdict counts.

    Port 0 is any port. An end that was not read makes the answer unknown.
    """
    sources = parties_of(edge.source, inventory)
    targets = parties_of(edge.target, inventory)
    missing = [end for end, found in ((edge.source, sources), (edge.target, targets)) if not found]
    if missing:
        side = Side(Answer.UNKNOWN, said=f"{missing[0].label} was not read")
        return Verdict(side, side)
    return worst(
        decide(policies, source, target, edge.port, edge.protocol)
        for source, target in product(sources, targets)
    )


_RANK = (Answer.ALLOWED, Answer.UNKNOWN, Answer.DENIED)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts, of which there is at least one."""
    found: Verdict | None = None
    for verdict in verdicts:
        if found is None or _RANK.index(verdict.answer) > _RANK.index(found.answer):
            found = verdict
        if found.answer is Answer.DENIED:
            break
    assert found is not None  # noqa: S101 - said above
    return found


def parties_of(end: End, inventory: Inventory) -> tuple[Party, ...]:
    """Return who stands at an end; nobody where its workload was not read."""
    match end.kind:
        case EndKind.WORKLOAD:
            workload = _workloads(inventory).get(end.ref) if end.ref else None
            return workload_parties(workload, inventory) if workload else ()
        case EndKind.OUTSIDE:
            return tuple(map(outside, _bounds(end.address))) or (outside(),)
        case EndKind.CONTROL_PLANE:
            return tuple(map(outside, api_server_addresses(inventory))) or (outside(),)
        case EndKind.NODES:
            if end.address:
                return tuple(map(outside, _bounds(end.address)))
            return tuple(_nodes(inventory)) or (outside(),)


def _bounds(block: str) -> tuple[str, ...]:
    """Return the first and the last address of a block: the worst of both counts for all of it."""
    if not block:
        return ()
    try:
        known = ipaddress.ip_network(block, strict=False)
    except ValueError:
        return (block,)
    return tuple(dict.fromkeys((str(known[0]), str(known[-1]))))


def api_server_addresses(inventory: Inventory) -> tuple[str, ...]:
    """Return where the API server answers, from the endpoints of Service default/kubernetes."""
    found = (
        address
        for item in inventory.of(kinds.ENDPOINT_SLICES, n.EndpointSlice)
        if item.namespace == "default"
        and item.metadata.label.get("kubernetes.io/service-name") == "kubernetes"
        for endpoint in item.endpoints or ()
        for address in endpoint.addresses or ()
    )
    return tuple(dict.fromkeys(found))


def _nodes(inventory: Inventory) -> Iterable[Party]:
    for node in inventory.of(kinds.NODES, o.Node):
        addresses = (node.status.addresses if node.status else None) or ()
        known = tuple(each.address for each in addresses if each.type.endswith("IP"))
        yield Party(addresses=known, node=node.name)


def _workloads(inventory: Inventory) -> Mapping[Ref, Workload]:
    if "workloads-by-ref" not in inventory.cache:
        found = {workload.ref: workload for workload in workloads(inventory)}
        inventory.cache["workloads-by-ref"] = found
    return cast("Mapping[Ref, Workload]", inventory.cache["workloads-by-ref"])
