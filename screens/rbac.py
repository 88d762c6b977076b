"""RBAC: what only this area shows."""

from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.words import counted


class RbacScreen(AreaScreen):
    """RBAC."""

    area = Area.RBAC
    crumb = Area.RBAC.value
    intro = "Who may do what, and who may do everything."
    reads = (kinds.CLUSTER_ROLE_BINDINGS, kinds.ROLE_BINDINGS)

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        bound = len(scan.inventory.of(kinds.ROLE_BINDINGS, o.Binding))
        wide = len(scan.inventory.of(kinds.CLUSTER_ROLE_BINDINGS, o.Binding))
        return f"Read: {counted(wide, 'cluster role binding')}, {counted(bound, 'role binding')}."
