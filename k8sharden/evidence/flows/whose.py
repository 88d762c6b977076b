"""Where flows were observed: those of another cluster would allow what nobody needs in this one.

Cilium gives each cluster a name, which flows carry and cilium-config has. Where that does not tell,
the workloads do: pods come and go, what makes them stays.
"""

from k8sharden.evidence.whose import Verdict, Whose
from k8sharden.model import kinds
from k8sharden.model.flows import FlowEnd, Flows
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.network import ConfigMap
from k8sharden.model.text import one_line

_ENOUGH = 3
"""Namespaces that it names, none of which is here, that make it another cluster's."""
_EVERYWHERE = ("default", "kube-system", "kube-public", "kube-node-lease")
_UNNAMED = "default"
"""The name that Cilium gives a cluster where nobody chooses one."""


def judge_flows(flows: Flows, inventory: Inventory) -> Verdict:
    """Tell whether flows are of the cluster that was read."""
    return (
        _by_name(flows, inventory)
        or _by_namespaces(flows, inventory)
        or Verdict(Whose.UNKNOWN, "Nothing in the flows tells whether they are of this cluster.")
    )


def _by_name(flows: Flows, inventory: Inventory) -> Verdict | None:
    """Compare the names of clusters; the one that all have by default proves nothing."""
    here = cluster_name(inventory)
    if not here or not flows.clusters or here == _UNNAMED:
        return None
    if here in flows.clusters:
        return Verdict(Whose.THIS, f"They name the cluster {one_line(here, 100)}, which this is.")
    other = one_line(flows.clusters[0], 100)
    return Verdict(
        Whose.ANOTHER, f"they name the cluster {other}, and this is {one_line(here, 100)}."
    )


def cluster_name(inventory: Inventory) -> str:
    """Return what Cilium calls this cluster; empty where that is not known."""
    found = (
        (item.settings or {}).get("cluster-name", "")
        for item in inventory.of(kinds.CONFIG_MAPS, ConfigMap)
        if item.name == "cilium-config"
    )
    return next(filter(None, found), "")


def _by_namespaces(flows: Flows, inventory: Inventory) -> Verdict | None:
    """Look for the namespaces that they name."""
    ends = {end for flow in flows.flows for end in (flow.source, flow.target) if end.namespace}
    told = {end.namespace for end in ends}.difference(_EVERYWHERE)
    here = told.intersection(inventory.namespace_names)
    if here:
        return _by_names(ends, inventory)
    complete = inventory.entry(kinds.NAMESPACES).complete
    if len(told) >= _ENOUGH and complete and inventory.source.kind is not SourceKind.MANIFESTS:
        some = ", ".join(one_line(name, 63) for name in sorted(told)[:_ENOUGH])
        return Verdict(Whose.ANOTHER, f"none of their namespaces is here: {some}.")
    return None


def _by_names(ends: set[FlowEnd], inventory: Inventory) -> Verdict | None:
    """Look for an object that is called like an end, or begins the name of a pod that is gone."""
    names = {
        (item.namespace, item.name)
        for items in inventory.objects.values()
        for item in items
        if item.namespace
    }
    for end in sorted(ends):
        words = (end.workload.partition("/")[2], end.pod, end.pod.rpartition("-")[0])
        known = (word for word in words if (end.namespace, word) in names)
        if next(known, None):
            shown = one_line(f"{end.namespace}/{next(filter(None, words))}", 130)
            return Verdict(Whose.THIS, f"{shown} is here.")
    return None
