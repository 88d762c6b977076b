"""Secrets management: what only this area shows."""

from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.words import counted


class SecretsScreen(AreaScreen):
    """Secrets management."""

    area = Area.SECRETS
    crumb = Area.SECRETS.value
    intro = "Where secrets lie, and who can read them. Their values are never read."

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        flag = scan.inventory.control_plane.values("encryption-provider-config")
        if not flag:
            return "No API server's flags could be seen."
        return (
            f"{sum(map(bool, flag))} of {counted(len(flag), 'API server')} encrypt what they store."
        )
