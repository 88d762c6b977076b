"""Audit logging: what only this area shows."""

from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.words import counted


class AuditScreen(AreaScreen):
    """Audit logging."""

    area = Area.AUDIT
    crumb = Area.AUDIT.value
    intro = "Whether it can be told afterwards who did what."

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        flag = scan.inventory.control_plane.values("audit-policy-file")
        if not flag:
            return "No API server's flags could be seen."
        return f"{sum(map(bool, flag))} of {counted(len(flag), 'API server')} have an audit policy."
