"""Pod Security Standards: what only this area shows."""

from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.words import counted


class PodSecurityScreen(AreaScreen):
    """Pod Security Standards."""

    area = Area.POD_SECURITY
    crumb = Area.POD_SECURITY.value
    intro = "What pods may ask of the node they run on."
    reads = (kinds.NAMESPACES,)

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        spaces = scan.inventory.namespaces
        enforced = sum(
            "pod-security.kubernetes.io/enforce" in space.metadata.label for space in spaces
        )
        return f"{enforced} of {counted(len(spaces), 'namespace')} enforce a level."
