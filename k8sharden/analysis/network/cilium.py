"""Cilium's settings: the ConfigMap that its agents read, and what of it switches policies off.

Source: Cilium's agent options, v1.20: `enable-policy` (default, always or never),
`policy-audit-mode`, `enable-k8s-networkpolicy`, `enable-l7-proxy`. An agent reads them when it
starts; a CiliumNodeConfig may say otherwise for a node, and `cilium-dbg endpoint config` for one
endpoint, which the API does not show.
"""

from collections.abc import Mapping

from k8sharden.analysis.network.plugins import CILIUM, agents
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Coverage, Inventory

CONFIG = "cilium-config"

Settings = Mapping[str, str]

_TRUE = ("1", "t", "true")
_FALSE = ("0", "f", "false")

UNENFORCED: Mapping[str, tuple[str, str]] = {
    "enable-policy": ("never", "no policy is enforced"),
    "policy-audit-mode": ("true", "what policies forbid is noted, and let through"),
    "enable-k8s-networkpolicy": ("false", "Kubernetes NetworkPolicies are not read"),
}
"""Which settings keep policies from being enforced: the value that does, and what then happens."""


def settings(namespace: str, inventory: Inventory) -> Settings | None:
    """Return the settings of the Cilium of a namespace; None where they were not read."""
    for item in inventory.whole.of(kinds.CONFIG_MAPS, n.ConfigMap):
        if (item.namespace, item.name) == (namespace, CONFIG):
            return item.settings
    return None


def switched_off(found: Settings) -> tuple[str, ...]:
    """Return the settings that keep policies from being enforced, in a stable order."""
    return tuple(key for key, (bad, _) in UNENFORCED.items() if _means(found.get(key, ""), bad))


def proxies(found: Settings) -> bool:
    """Whether rules of HTTP can be enforced: the agents' proxy is on."""
    return not _means(found.get("enable-l7-proxy", ""), "false")


def mode(found: Settings) -> str:
    """Return ``default``, ``always`` (a pod that no policy selects is closed) or ``never``."""
    return found.get("enable-policy", "").strip().lower() or "default"


def _means(value: str, wanted: str) -> bool:
    said = value.strip().lower()
    return said in {"true": _TRUE, "false": _FALSE}.get(wanted, (wanted,))


def may_be_unseen(inventory: Inventory) -> bool:
    """Whether Cilium may run where its DaemonSet could not be read: its types are not absent."""
    whole = inventory.whole
    there = whole.entry(kinds.CILIUM_POLICIES).status is not Coverage.ABSENT
    return there and not whole.entry(kinds.DAEMON_SETS).complete


def homes(inventory: Inventory) -> tuple[str, ...]:
    """Return the namespaces in which Cilium runs."""
    there = (each for each in agents(inventory.whole) if each.plugin == CILIUM and each.nodes)
    return tuple(dict.fromkeys(agent.namespace for agent in there))
