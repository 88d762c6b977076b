"""Runtime security: what only this area shows."""

from collections import Counter

from k8sharden.analysis.releases import minor
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.finding import Area
from k8sharden.model.inventory import Inventory
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.words import counted

_SHOWN = 3


class RuntimeScreen(AreaScreen):
    """Runtime security."""

    area = Area.RUNTIME
    crumb = Area.RUNTIME.value
    intro = "What a process can do once it runs in a container."
    reads = (kinds.PODS,)

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        pods = counted(len(scan.inventory.pods), "pod")
        return f"Read: {pods}{_kubelets(scan.inventory)}."


def _kubelets(inventory: Inventory) -> str:
    """Say how many nodes run which version of the kubelet, the most frequent ones first."""
    nodes = inventory.of(kinds.NODES, o.Node)
    if not nodes:
        return ""
    releases = Counter(_release(node) for node in nodes).most_common()
    shown = ", ".join(f"{number} of {release}" for release, number in releases[:_SHOWN])
    rest = sum(number for _, number in releases[_SHOWN:])
    return f"; kubelets: {shown}" + (f", {rest} others" if rest else "")


def _release(node: o.Node) -> str:
    info = node.status.node_info if node.status else None
    number = minor(info.kubelet_version) if info else None
    return "an unknown version" if number is None else f"1.{number}"
