"""The seven area screens, in the order of the checklist."""

from k8sharden.model.finding import Area
from screens.area import AreaScreen
from screens.audit import AuditScreen
from screens.images import ImagesScreen
from screens.network import NetworkScreen
from screens.pod_security import PodSecurityScreen
from screens.rbac import RbacScreen
from screens.runtime import RuntimeScreen
from screens.secrets import SecretsScreen

AREAS: dict[Area, type[AreaScreen]] = {
    screen.area: screen
    for screen in (
        RbacScreen, NetworkScreen, PodSecurityScreen, ImagesScreen, SecretsScreen, RuntimeScreen,
        AuditScreen,
    )
}  # fmt: skip
