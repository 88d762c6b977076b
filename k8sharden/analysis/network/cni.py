"""Whether the network plug-in enforces NetworkPolicies, by what runs on the nodes.

A plug-in's types alone prove nothing: they stay when it goes. What counts is a DaemonSet that is
ready on the nodes, and how it is set. What only a probe could tell is unknown.

Source: the documentation of each plug-in and distribution; see `plugins` and `embedded`.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import cast

import msgspec

from k8sharden.analysis.network import cilium, embedded
from k8sharden.analysis.network.plugins import CILIUM, Agent, agents, unknown_plugins
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Coverage, Inventory, SourceKind
from k8sharden.model.kinds import ResourceType

_CACHED = "enforcement"


class State(StrEnum):
    """Whether policies are enforced, the best first."""

    ENFORCED = "enforced"
    UNKNOWN = "unknown"
    NOT_ENFORCED = "not enforced"


class Enforcement(msgspec.Struct, frozen=True):
    """Whether ``plugin`` enforces NetworkPolicies; ``said`` is a sentence with the evidence.

    ``plugin`` is empty where none is recognised. ``mode`` is Cilium's ``enable-policy``, empty
    for others and where it was not read; in ``always`` a pod that no policy selects is closed.
    """

    state: State
    plugin: str
    said: str
    mode: str = ""


def enforcement(inventory: Inventory) -> Enforcement | None:
    """Say whether NetworkPolicies are enforced; None where nothing runs that they could protect.

    So it is in files, which any cluster may run, and on an API server without pods and nodes.
    """
    whole = inventory.whole
    if _CACHED not in whole.cache:
        whole.cache[_CACHED] = _enforcement(whole)
    return cast("Enforcement | None", whole.cache[_CACHED])


def said(found: Enforcement | None) -> str:
    """Say in a few words whether policies are enforced; empty where there is nothing to say."""
    if found is None:
        return ""
    match found.state:
        case State.ENFORCED:
            return f"{found.plugin} enforces policies"
        case State.NOT_ENFORCED:
            return f"{found.plugin} does not enforce policies"
        case State.UNKNOWN:
            return "not known whether policies are enforced"


def _enforcement(inventory: Inventory) -> Enforcement | None:
    if inventory.source.kind is SourceKind.MANIFESTS:
        return None
    entry = inventory.entry(kinds.DAEMON_SETS)
    if not entry.complete:
        missing = f" Missing permission: {entry.permission}." if entry.permission else ""
        why = "DaemonSets were not all read, which tell the network plug-in and what it enforces."
        return Enforcement(State.UNKNOWN, "", why + missing)
    if all(_has_none(kind, inventory) for kind in (kinds.PODS, kinds.NODES)):
        return None
    found = sorted(_candidates(inventory), key=lambda each: _RANKS[each.state])
    return found[0] if found else _unrecognised(inventory)


def _has_none(kind: ResourceType, inventory: Inventory) -> bool:
    return inventory.entry(kind).complete and not inventory.of(kind, o.Object)


_RANKS = {state: rank for rank, state in enumerate(State)}


def _candidates(inventory: Inventory) -> Iterator[Enforcement]:
    """Yield what is said by each plug-in that runs, and by what distributions have built in."""
    running = [agent for agent in agents(inventory) if agent.nodes]
    yield from (_by_agent(agent, inventory) for agent in running)
    if verdict := embedded.engine(inventory, alone=not running):
        enforces, plugin, why = verdict
        yield Enforcement(_STATES[enforces], plugin, why)


_STATES = {True: State.ENFORCED, False: State.NOT_ENFORCED, None: State.UNKNOWN}


def _by_agent(agent: Agent, inventory: Inventory) -> Enforcement:
    if agent.enforces is None:
        return _unknown(agent, f"It is not known whether {agent.plugin} enforces: {agent.why}")
    if not agent.enforces:
        why = f"{agent.plugin} enforces no NetworkPolicy: {agent.why} ({agent.label})."
        return Enforcement(State.NOT_ENFORCED, agent.plugin, why)
    if not agent.ready:
        return _unknown(agent, f"{agent.plugin} is ready on none of its {agent.nodes} nodes")
    there = _nodes(inventory)
    if agent.nodes < there:
        return _unknown(agent, f"{agent.plugin} runs on {agent.nodes} of {there} nodes only")
    found = _by_settings(agent, inventory) if agent.plugin == CILIUM else _enforced(agent)
    if found.state is not State.ENFORCED or inventory.entry(kinds.NODES).complete:
        return found
    why = f"{agent.plugin} is ready on {agent.ready} of its nodes; whether there are others without"
    return _unknown(agent, f"{why} it is not known, since nodes were not read", found.mode)


def _unknown(agent: Agent, why: str, mode: str = "") -> Enforcement:
    return Enforcement(State.UNKNOWN, agent.plugin, f"{why} ({agent.label}).", mode)


def _enforced(agent: Agent, mode: str = "") -> Enforcement:
    where = f"{agent.label} is ready on {agent.ready} of {agent.nodes} nodes"
    why = f"{agent.plugin} enforces NetworkPolicies: {where}."
    return Enforcement(State.ENFORCED, agent.plugin, why, mode)


def _by_settings(agent: Agent, inventory: Inventory) -> Enforcement:
    """Judge Cilium, which may run and enforce nothing."""
    config = f"ConfigMap {agent.namespace}/{cilium.CONFIG}"
    found = cilium.settings(agent.namespace, inventory)
    if found is None:
        return _unknown(agent, f"Whether Cilium enforces stands in {config}, which was not read")
    off = cilium.switched_off(found)
    if not off:
        return _enforced(agent, cilium.mode(found))
    what = " and ".join(cilium.UNENFORCED[key][1] for key in off)
    said = f"Cilium runs and does not enforce: {what} ({', '.join(off)} in {config})."
    return Enforcement(State.NOT_ENFORCED, CILIUM, said, cilium.mode(found))


def _nodes(inventory: Inventory) -> int:
    """Return how many nodes there are that run Linux, where plug-ins have to be."""
    return sum(
        node.metadata.label.get("kubernetes.io/os", "linux") == "linux"
        for node in inventory.of(kinds.NODES, o.Node)
    )


def _unrecognised(inventory: Inventory) -> Enforcement:
    idle = [agent.label for agent in agents(inventory)]
    others = unknown_plugins(inventory)
    if idle:
        why = f"{idle[0]} has no node to run on, and no other network plug-in is recognised"
    elif others:
        why = f"It is not known whether the network plug-in of {others[0]} enforces policies"
    else:
        why = "No network plug-in is recognised, so it is not known whether policies are enforced"
    return Enforcement(State.UNKNOWN, "", f"{why}.{_left_over(inventory)}")


def _left_over(inventory: Inventory) -> str:
    """Say whose types are there without it."""
    types = ((CILIUM, kinds.CILIUM_POLICIES), ("Calico", kinds.CALICO_POLICIES))
    names = [name for name, kind in types if inventory.entry(kind).status is Coverage.READ]
    return f" Types of {' and '.join(names)} are there, which may be left over." if names else ""
