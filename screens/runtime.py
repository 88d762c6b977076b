"""Runtime security: what only this area shows."""

from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.words import counted


class RuntimeScreen(AreaScreen):
    """Runtime security."""

    area = Area.RUNTIME
    crumb = Area.RUNTIME.value
    intro = "What a process can do once it runs in a container."
    reads = (kinds.PODS,)

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        return f"Read: {counted(len(scan.inventory.pods), 'pod')}."
