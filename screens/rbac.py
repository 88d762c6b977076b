"""RBAC: what only this area shows."""

from typing import ClassVar

from textual.binding import BindingType

from k8sharden.analysis.rbac.cloud import caveat
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.access import AccessScreen
from screens.area import AreaScreen
from screens.keys import quiet
from screens.words import counted


class RbacScreen(AreaScreen):
    """RBAC."""

    area = Area.RBAC
    crumb = Area.RBAC.value
    intro = "Who may do what, and who may do everything."
    reads = (kinds.CLUSTER_ROLE_BINDINGS, kinds.ROLE_BINDINGS)

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("rbac.picture", "P", "picture", "Picture", "Who may do what, now and after fixes"),
    ]

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        bound = len(scan.inventory.of(kinds.ROLE_BINDINGS, o.Binding))
        wide = len(scan.inventory.of(kinds.CLUSTER_ROLE_BINDINGS, o.Binding))
        read = f"{counted(wide, 'cluster role binding')}, {counted(bound, 'role binding')}"
        # In its place where there is more to say: two lines are all there is.
        first = caveat(scan.inventory) or f"Read: {read}."
        return f"{first} P: who may do what."

    def action_picture(self) -> None:
        """Open the picture, on whom the finding under the cursor is about."""
        session, scan = self.desk.session, self.desk.scan
        if session is None or scan is None:
            self.say("Scan first: press r.")
            return
        about = self.current.resource if self.current else None
        self.app.push_screen(AccessScreen(self.desk, session, scan, about))
