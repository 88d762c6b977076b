"""Network policies: what only this area shows."""

from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.words import counted


class NetworkScreen(AreaScreen):
    """Network policies."""

    area = Area.NETWORK
    crumb = Area.NETWORK.value
    intro = "Which pods may talk to which; without a policy, all may."
    reads = (kinds.NAMESPACES, kinds.NETWORK_POLICIES)

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        policies = scan.inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy)
        covered = {policy.namespace for policy in policies}
        known = len(scan.inventory.namespace_names)
        return f"{len(covered)} of {counted(known, 'namespace')} have a network policy."
