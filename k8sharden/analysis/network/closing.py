"""Closing a namespace in one direction: its allow policies first, and its default deny last.

No prefix of these writes, nor of their undo in reverse, cuts an edge that the start and the end
both have. Each object chooses one unit, so that only this unit's traffic changes with it, and it
holds all that the unit needs in that direction; once the default deny comes, each unit that needs
anything is isolated already, and the default deny adds nothing for it. Our own policies that let
out all but the cloud's metadata go last: until then they let through what they always did.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from k8sharden.analysis.network.allows import (
    Wants,
    allow,
    created,
    free_name,
    speaks_cilium,
    wants,
)
from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.calls.untold import unread
from k8sharden.analysis.network.cni import State, enforcement
from k8sharden.analysis.network.edges import Edge
from k8sharden.analysis.network.ground import ground
from k8sharden.analysis.network.isolation import in_namespace
from k8sharden.analysis.network.opened import lets_all_out, open_rules
from k8sharden.analysis.network.own import openers, without_openers
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.units import units
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, ChangeKind, Create, Delete, Risk
from k8sharden.model.inventory import Inventory
from k8sharden.model.text import one_line
from k8sharden.model.workloads import workloads_in

_SHOWN = 8


def closing(namespace: str, way: Direction, inventory: Inventory) -> Change:
    """Return the change that denies a direction in a namespace, and keeps what is expected."""
    hosts = not speaks_cilium(inventory)
    found = [each for each in units(namespace, inventory) if hosts or not each.on_hosts]
    gone = openers(namespace, inventory) if way is Direction.EGRESS else ()
    seen = without_openers(inventory) if gone else inventory
    wanted = [wants(unit, way, seen, inventory) for unit in found]
    allows = tuple(allow(each, inventory) for each in wanted if each.needs)
    deletes = (Delete(kinds.NETWORK_POLICIES.ref(namespace, each.name)) for each in gone)
    return Change(
        ChangeKind.GROUP,
        f"Deny {way} by default in {namespace}, and allow what is expected",
        Risk.TRAFFIC,
        (*allows, _deny(namespace, way, inventory), *deletes),
        basis=_basis(wanted),
        rests_on=ground(namespace),
        warnings=(*_openers_go(gone), *_warnings(namespace, way, wanted, seen)),
    )


def covering(wanted: Wants, inventory: Inventory) -> Change:
    """Return the change that isolates one unit in one direction, and keeps what is expected."""
    unit, way = wanted.unit, wanted.way
    return Change(
        ChangeKind.CREATE,
        f"Let only the expected {way} through for {unit.label} in {unit.namespace}",
        Risk.TRAFFIC,
        (allow(wanted, inventory),),
        basis=_basis([wanted]),
        rests_on=ground(unit.namespace),
        warnings=tuple(_unit_warnings(unit.namespace, way, [wanted], inventory)),
    )


def _deny(namespace: str, way: Direction, inventory: Inventory) -> Create:
    name = free_name(f"default-deny-{way}", namespace, inventory)
    spec = {"podSelector": {}, "policyTypes": [way.type]}
    return created(kinds.NETWORK_POLICIES, namespace, name, spec)


def _basis(wanted: Iterable[Wants]) -> dict[str, Any]:
    """Return what the change rests on beside its objects: names, by unit, and no counts of flows.

    A key for each unit, so that the changes of one unit and of its namespace can become one.
    """
    return {
        f"{each.way} of {each.unit.namespace}/{each.unit.name}": {
            "isolated": each.isolated,
            "keeps": sorted(map(_shown, each.keeps)),
            "denied": sorted(map(_shown, each.denied)),
        }
        for each in wanted
    }


def _shown(edge: Edge) -> str:
    port = edge.port or "any port"
    return f"{edge.source.label} to {edge.target.label} {port}/{edge.protocol}"


def _openers_go(gone: Sequence[n.NetworkPolicy]) -> Iterator[str]:
    if gone:
        yield (
            "These k8sharden wrote to keep the cloud's metadata out of reach. They let everything "
            "else out, so they are deleted last, and what takes their place does not open it: "
            f"{_list([each.name for each in gone])}."
        )


def _warnings(
    namespace: str, way: Direction, wanted: Sequence[Wants], inventory: Inventory
) -> Iterator[str]:
    """Say what stops, what is opened wider than it is asked for, and what nobody knows."""
    if way is Direction.INGRESS:
        bare = [each.unit.label for each in wanted if _is_cut_off(each)]
        if bare:
            yield f"Nothing is known to call these, so nothing will reach them: {_list(bare)}."
    policies = in_namespace(kinds.NETWORK_POLICIES, n.NetworkPolicy, namespace, inventory)
    wide = [each.name for each in policies if _is_wide(each, way, inventory)]
    if wide:
        yield (
            "These policies let everybody through and stay as they are, so that for the pods that "
            f"they choose nothing is closed: {_list(wide)}."
        )
    yield from _unit_warnings(namespace, way, wanted, inventory)
    hosts = [each for each in workloads_in(namespace, inventory) if each.spec.host_network]
    if hosts:
        names = _list([f"{each.ref.kind} {each.ref.name}" for each in hosts])
        yield (
            f"These run on their nodes' network, where most plug-ins hold to no policy, so that "
            f"nothing is closed for them: {names}."
        )


def _is_wide(policy: n.NetworkPolicy, way: Direction, inventory: Inventory) -> bool:
    """Whether a policy lets everybody through, if only once something else limits its pods."""
    out = way is Direction.EGRESS and lets_all_out(policy)
    return out or any(open_rules(policy, way, inventory))


def _is_cut_off(wanted: Wants) -> bool:
    """Whether nothing is left that could reach a unit; what runs to its end waits for nobody."""
    passing = all(each.ref.kind in ("Job", "CronJob") for each in wanted.unit.workloads)
    return not (wanted.needs or wanted.isolated or passing or wanted.unit.on_hosts)


def _unit_warnings(
    namespace: str, way: Direction, wanted: Sequence[Wants], inventory: Inventory
) -> Iterator[str]:
    yield from _reasons(wanted)
    yield from _owned(wanted)
    denied = [_shown(edge) for each in wanted for edge in each.denied]
    if denied:
        yield f"Expected, and denied today by policies that stay as they are: {_list(denied)}."
    yield from _untold(namespace, way, wanted, inventory)
    yield from _unread(namespace, inventory)
    yield from _enforced(inventory)


def _reasons(wanted: Iterable[Wants]) -> Iterator[str]:
    """Say once for each reason which ports it is about."""
    found: dict[str, list[str]] = {}
    for each in wanted:
        for reason, port in each.said:
            found.setdefault(reason, []).append(f"{each.unit.label} {port}")
    for reason, ports in sorted(found.items()):
        yield f"{reason[:1].upper()}{reason[1:]}: {_list(ports)}."


def _owned(wanted: Iterable[Wants]) -> Iterator[str]:
    owners = [each.unit.owner for each in wanted if each.unit.owner and each.needs]
    if owners:
        yield (
            f"Needs testing: the pods of {_list(owners)} are chosen by the labels that they have "
            "now, which their owner may change."
        )


def _untold(
    namespace: str, way: Direction, wanted: Iterable[Wants], inventory: Inventory
) -> Iterator[str]:
    """Say what nothing tells of these units' traffic in this direction."""
    mine = {workload.ref for each in wanted for workload in each.unit.workloads}
    said = [
        each.words
        for each in calls_of(inventory).untold
        if (each.workload in mine or (each.about.namespace == namespace and each.workload is None))
        and (each.among or each.into is (way is Direction.INGRESS))
    ]
    if said:
        shown = _list([one_line(text.rstrip("."), 200) for text in dict.fromkeys(said)])
        yield f"Needs testing, since not everything is known: {shown}."
    else:
        yield "Needs testing: what no setting, route or flow shows is cut."
    if inventory.facts.flows is None:
        yield "No observed flows were given: with --flows FILE, what only they show is kept, too."


def _unread(namespace: str, inventory: Inventory) -> Iterator[str]:
    if not inventory.entry(kinds.SERVICES).covers(namespace):
        yield "Services could not be read, so it is not known which of them stop answering."
    gaps = unread(inventory)
    if gaps:
        yield f"Needs testing: calls may be missing that something shows, since {_list(gaps)}."


def _enforced(inventory: Inventory) -> Iterator[str]:
    known = enforcement(inventory)
    if known is None:
        yield "It works only where the network plug-in enforces NetworkPolicies."
    elif known.state is not State.ENFORCED:
        yield f"It may do nothing here: {known.said}"


def _list(names: Sequence[str]) -> str:
    more = f"; and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "; ".join(names[:_SHOWN]) + more
