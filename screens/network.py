"""Network policies: what only this area shows."""

from typing import ClassVar

from textual.binding import BindingType

from k8sharden.analysis.network.cni import enforcement, said
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.keys import quiet
from screens.reach import ReachScreen
from screens.words import counted


class NetworkScreen(AreaScreen):
    """Network policies."""

    area = Area.NETWORK
    crumb = Area.NETWORK.value
    intro = "Which pods may talk to which; without a policy, all may."
    reads = (kinds.NAMESPACES, kinds.NETWORK_POLICIES)

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("network.picture", "P", "picture", "Picture", "Who may reach whom, by which policy"),
    ]

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        policies = scan.inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy)
        covered = {policy.namespace for policy in policies}
        known = len(scan.inventory.namespace_names)
        enforced = said(enforcement(scan.inventory))
        some = f"{len(covered)} of {counted(known, 'namespace')} have one"
        return f"{'; '.join(filter(None, (some, enforced)))}. P: the matrix."

    def action_picture(self) -> None:
        """Open the matrix of who may reach whom."""
        session, scan = self.desk.session, self.desk.scan
        if session is None or scan is None:
            self.say("Scan first: press r.")
            return
        self.app.push_screen(ReachScreen(self.desk, session, scan))
