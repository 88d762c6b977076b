"""Who keeps an object as it is, and would put a live change back.

Sources: the labels and annotations that Helm, Argo CD, Flux, OLM and the addon manager document.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import cast

import msgspec

from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.meta import Meta
from k8sharden.model.ref import Ref


class OwnerKind(StrEnum):
    """The tools that are recognised."""

    NONE = "none"
    HELM = "helm"
    ARGOCD = "argocd"
    FLUX = "flux"
    OLM = "olm"
    ADDON_MANAGER = "addon-manager"
    OPERATOR = "operator"


class Owner(msgspec.Struct, frozen=True):
    """A tool, and the name of its release, application or resource."""

    kind: OwnerKind = OwnerKind.NONE
    name: str = ""

    @property
    def warning(self) -> str:
        """Say who would put a live change back; empty where nobody would."""
        if self.kind is OwnerKind.NONE:
            return ""
        return (
            f"{_NAMES[self.kind]} {self.name} manages this object and may put a live change back: "
            "make the change at its source."
        )


_NAMES = {
    OwnerKind.HELM: "The Helm release",
    OwnerKind.ARGOCD: "The Argo CD application",
    OwnerKind.FLUX: "The Flux resource",
    OwnerKind.OLM: "The OLM operator",
    OwnerKind.ADDON_MANAGER: "The addon manager in mode",
    OwnerKind.OPERATOR: "The custom resource",
}
_BUILT_IN = ("", "apps", "batch")


def owner_of(meta: Meta) -> Owner:
    """Tell who owns an object, from what it says of itself."""
    return next((Owner(kind, name) for kind, name in _claims(meta) if name), Owner())


def _claims(meta: Meta) -> Iterator[tuple[OwnerKind, str]]:
    """Yield each tool's name for the object, the most telling mark first; empty where unmarked."""
    labels, annotations = meta.label, meta.annotation
    tracking = annotations.get("argocd.argoproj.io/tracking-id", "")
    yield OwnerKind.ARGOCD, tracking.partition(":")[0]
    for prefix in ("kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"):
        yield OwnerKind.FLUX, labels.get(f"{prefix}/name", "")
    yield OwnerKind.HELM, annotations.get("meta.helm.sh/release-name", "")
    yield OwnerKind.OLM, labels.get("olm.owner", "")
    yield OwnerKind.ADDON_MANAGER, labels.get("addonmanager.kubernetes.io/mode", "")
    above = meta.controller
    if above is not None and above.api_version.rpartition("/")[0] not in _BUILT_IN:
        yield OwnerKind.OPERATOR, f"{above.kind}/{above.name}"


def owner_of_ref(ref: Ref | None, inventory: Inventory) -> Owner:
    """Tell who owns the object of the inventory that is meant."""
    found = _objects(inventory).get(ref) if ref else None
    return owner_of(found.metadata) if found else Owner()


def _objects(inventory: Inventory) -> Mapping[Ref, o.Object]:
    if "by-ref" not in inventory.cache:
        inventory.cache["by-ref"] = {
            kinds.BY_KEY[key].ref(item.namespace, item.name): item
            for key, items in inventory.objects.items()
            for item in items
        }
    return cast("Mapping[Ref, o.Object]", inventory.cache["by-ref"])
