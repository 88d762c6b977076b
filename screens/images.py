"""Image security: what only this area shows."""

from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.words import counted


class ImagesScreen(AreaScreen):
    """Image security."""

    area = Area.IMAGES
    crumb = Area.IMAGES.value
    intro = "Which images run, and whether they are still the ones that were checked."
    reads = (kinds.PODS,)

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        return f"Read: {counted(len(scan.inventory.pods), 'pod')}."
