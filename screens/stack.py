"""The stack around the seven areas: what was read of the cluster itself, and nothing guessed."""

from collections import Counter
from collections.abc import Iterable

from k8sharden.analysis.ownership import OwnerKind, owner_of
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, SourceKind
from screens.words import counted

UNKNOWN = "unknown"
NONE = "none recognised"

_PLUGINS = (
    ("calico-node", "Calico"),
    ("canal", "Canal"),
    ("cilium", "Cilium"),
    ("kube-flannel", "Flannel"),
    ("antrea-agent", "Antrea"),
    ("aws-node", "Amazon VPC CNI"),
    ("kindnet", "kindnet"),
    ("kube-router", "kube-router"),
    ("ovnkube-node", "OVN-Kubernetes"),
    ("weave-net", "Weave Net"),
)
"""The DaemonSets of network plugins: how the name begins, and whose it is."""

_TOOLS = {
    OwnerKind.HELM: "Helm",
    OwnerKind.ARGOCD: "Argo CD",
    OwnerKind.FLUX: "Flux",
    OwnerKind.OLM: "OLM",
    OwnerKind.ADDON_MANAGER: "addon manager",
    OwnerKind.OPERATOR: "operators",
}


def stack(inventory: Inventory) -> list[tuple[str, str]]:
    """Return what is known of the stack, as labels and values; nothing for manifests.

    It walks all objects.
    """
    if inventory.source.kind is SourceKind.MANIFESTS:
        return []
    read = _read(inventory, kinds.PODS)
    pods = counted(len(inventory.pods), "pod") if read else f"pods {UNKNOWN}"
    managed = ", managed" if inventory.control_plane.managed else ""
    return [
        ("Version", inventory.source.server_version or UNKNOWN),
        ("Platform", f"{inventory.source.distribution or UNKNOWN}{managed}"),
        ("Nodes", _nodes(inventory)),
        ("Network", _network(inventory)),
        ("Running", f"{pods} in {counted(len(inventory.namespace_names), 'namespace')}"),
        ("Owners", _tools(inventory)),
    ]


def _read(inventory: Inventory, kind: kinds.ResourceType) -> bool:
    return inventory.entry(kind).complete


def _nodes(inventory: Inventory) -> str:
    if not _read(inventory, kinds.NODES):
        return UNKNOWN
    infos = [node.status and node.status.node_info for node in inventory.of(kinds.NODES, o.Node)]
    systems = Counter(info.operating_system for info in infos if info and info.operating_system)
    told = _joined(f"{number} {name}" for name, number in systems.most_common())
    return counted(len(infos), "node") + (f": {told}" if told else "")


def _network(inventory: Inventory) -> str:
    names = [each.name for each in inventory.of(kinds.DAEMON_SETS, o.TemplateOwner)]
    found = [plugin for begin, plugin in _PLUGINS if any(name.startswith(begin) for name in names)]
    if found:
        return _joined(found)
    return "plugin not recognised" if _read(inventory, kinds.DAEMON_SETS) else UNKNOWN


def _tools(inventory: Inventory) -> str:
    owners = Counter(
        owner_of(item.metadata, kinds.BY_KEY[key].kind).kind
        for key, items in inventory.objects.items()
        for item in items
    )
    told = [f"{name} ({owners[kind]:,})" for kind, name in _TOOLS.items() if owners[kind]]
    return _joined(told) or NONE


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)
