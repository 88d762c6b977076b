"""Who keeps an object as it is, and would put a live change back.

Sources: the marks that each tool documents. Helm: the annotations ``meta.helm.sh/release-*``,
written by install and upgrade, not by ``helm template``. Argo CD, Resource Tracking: the annotation
``argocd.argoproj.io/tracking-id``, which counts only where it names the object that carries it; the
older label ``app.kubernetes.io/instance`` is also what charts set, and counts only beside Argo CD's
field manager. Flux: the labels ``kustomize.toolkit.fluxcd.io/*`` and ``helm.toolkit.fluxcd.io/*``.
OLM: ``olm.owner``, and since v1 ``olm.operatorframework.io/owner-*``. The addon manager's README:
mode Reconcile is put back, EnsureExists is not. Field managers tell where no mark is left.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, cast

import msgspec

from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from k8sharden.model.meta import Meta
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


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
    """A tool, and the name of its release, application or resource; empty where none is known.

    ``leaves_alone`` is set where the tool was told, on the object, not to put changes back;
    ``resource`` is the kind of the tool's own resource, where the tool has several.
    """

    kind: OwnerKind = OwnerKind.NONE
    name: str = ""
    leaves_alone: bool = False
    resource: str = ""

    @property
    def reverts(self) -> bool:
        """Whether a live change is the owner's to undo: it belongs at the owner's source."""
        return self.kind is not OwnerKind.NONE and not self.leaves_alone

    @property
    def key(self) -> str:
        """``argocd/intranet``: what a person names to overrule this owner."""
        return one_line(f"{self.kind}/{self.name}" if self.name else str(self.kind), 300)

    @property
    def title(self) -> str:
        """``The Argo CD application intranet``."""
        what = f"The Flux {self.resource}" if self.resource else _NAMES[self.kind]
        return one_line(f"{what} {self.name}".rstrip(), 300)

    @property
    def warning(self) -> str:
        """Say who would put a live change back, and when; empty where nobody would."""
        if not self.reverts:
            return ""
        when = _HELM_RELEASE if self.resource == "HelmRelease" else _WHEN[self.kind]
        return f"{self.title} manages this object: {when}"


_NAMES = {
    OwnerKind.NONE: "Nobody",
    OwnerKind.HELM: "The Helm release",
    OwnerKind.ARGOCD: "The Argo CD application",
    OwnerKind.FLUX: "The Flux resource",
    OwnerKind.OLM: "The OLM operator",
    OwnerKind.ADDON_MANAGER: "The addon manager",
    OwnerKind.OPERATOR: "The custom resource",
}
_WHEN = {
    OwnerKind.HELM: (
        "its next `helm upgrade` or rollback puts a live change back, or stops at the conflict."
    ),
    OwnerKind.ARGOCD: (
        "its next sync puts a live change back, at once where self-heal is on; until then it "
        "shows as out of sync."
    ),
    OwnerKind.FLUX: "its next reconciliation, minutes from now, puts a live change back.",
    OwnerKind.OLM: "OLM puts a live change back at once.",
    OwnerKind.ADDON_MANAGER: (
        "it puts a live change back within minutes, from the files on the control plane."
    ),
    OwnerKind.OPERATOR: "its operator puts a live change back when it next reconciles.",
}
_HELM_RELEASE = (
    "its next upgrade puts a live change back, or its next reconciliation where drift detection "
    "is on."
)
_BUILT_IN = ("", "apps", "batch")
_MANAGERS = {
    "argocd-controller": OwnerKind.ARGOCD,
    "argocd-application-controller": OwnerKind.ARGOCD,
    "kustomize-controller": OwnerKind.FLUX,
    "helm-controller": OwnerKind.FLUX,
    "helm": OwnerKind.HELM,
}
"""The field managers that write whole objects. An operator's own name tells nothing."""
_INSTANCE = "app.kubernetes.io/instance"


def owner_of(meta: Meta, kind: str, managers: frozenset[str] = frozenset()) -> Owner:
    """Tell who owns an object of ``kind`` from what it says of itself.

    ``managers`` are its field managers, where they were read: a scan leaves them out, since they
    are most of what a list holds.
    """
    return next(_marks(meta, kind, managers), Owner())


def owner_of_object(value: Mapping[str, Any]) -> Owner:
    """Tell who owns an object that was read whole, its field managers included."""
    try:
        meta = convert(value.get("metadata") or {}, Meta)
    except msgspec.ValidationError:
        return Owner()
    return owner_of(meta, str(value.get("kind", "")), field_managers(value))


def field_managers(value: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of those that wrote fields of an object; writers of its status do not count.

    Raises nothing: what is no list of entries names nobody.
    """
    metadata = value.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    return frozenset(
        str(entry.get("manager", ""))
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and not entry.get("subresource")
    )


def _marks(meta: Meta, kind: str, managers: frozenset[str]) -> Iterator[Owner]:
    """Yield the owners that an object names, the one that has the last word first."""
    yield from _argocd(meta, kind, managers)
    yield from _flux(meta)
    if release := meta.annotation.get("meta.helm.sh/release-name", ""):
        yield Owner(OwnerKind.HELM, release)
    yield from _olm(meta)
    yield from _addon(meta)
    above = meta.controller
    if above is not None and above.api_version.rpartition("/")[0] not in _BUILT_IN:
        yield Owner(OwnerKind.OPERATOR, f"{above.kind}/{above.name}")
    for manager in sorted(managers & _MANAGERS.keys()):
        yield Owner(_MANAGERS[manager])


def _argocd(meta: Meta, kind: str, managers: frozenset[str]) -> Iterator[Owner]:
    """Yield the application; a copy keeps the annotation of the object that it was copied from."""
    app, _, about = meta.annotation.get("argocd.argoproj.io/tracking-id", "").partition(":")
    group_kind, _, where = about.partition(":")
    namespace, _, name = where.rpartition("/")
    own = (group_kind.rpartition("/")[2], name) == (kind, meta.name)
    # For an object without a namespace Argo CD may write that of the application's destination.
    if app and own and meta.namespace in (None, "", namespace):
        yield Owner(OwnerKind.ARGOCD, app)
    if any(_MANAGERS.get(manager) is OwnerKind.ARGOCD for manager in managers):
        yield Owner(OwnerKind.ARGOCD, meta.label.get(_INSTANCE, ""))


def _flux(meta: Meta) -> Iterator[Owner]:
    settings = {**meta.label, **meta.annotation}
    told = (
        settings.get("kustomize.toolkit.fluxcd.io/reconcile", "").lower() == "disabled",
        settings.get("kustomize.toolkit.fluxcd.io/ssa", "").lower() in ("ignore", "ifnotpresent"),
    )
    if name := meta.label.get("kustomize.toolkit.fluxcd.io/name", ""):
        yield Owner(OwnerKind.FLUX, name, any(told), "Kustomization")
    if name := meta.label.get("helm.toolkit.fluxcd.io/name", ""):
        yield Owner(OwnerKind.FLUX, name, resource="HelmRelease")


def _olm(meta: Meta) -> Iterator[Owner]:
    for label in ("olm.owner", "olm.operatorframework.io/owner-name"):
        if name := meta.label.get(label, ""):
            yield Owner(OwnerKind.OLM, name)
    for above in meta.owner_references or ():
        # OLM marks what it makes for an operator as owned, and not as controlled.
        if above.kind == "ClusterServiceVersion":
            yield Owner(OwnerKind.OLM, above.name)


def _addon(meta: Meta) -> Iterator[Owner]:
    if mode := meta.label.get("addonmanager.kubernetes.io/mode", ""):
        yield Owner(OwnerKind.ADDON_MANAGER, mode, leaves_alone=mode == "EnsureExists")


def owner_of_ref(ref: Ref | None, inventory: Inventory) -> Owner:
    """Tell who owns the object of the inventory that is meant."""
    known: dict[Ref | None, Owner] = inventory.cache.setdefault("owner-by-ref", {})
    if ref not in known:
        found = _objects(inventory).get(ref) if ref else None
        known[ref] = owner_of(found.metadata, ref.kind) if found and ref else Owner()
    return known[ref]


def _objects(inventory: Inventory) -> Mapping[Ref, o.Object]:
    if "by-ref" not in inventory.cache:
        inventory.cache["by-ref"] = {
            o.ref_of(kinds.BY_KEY[key], item): item
            for key, items in inventory.objects.items()
            for item in items
        }
    return cast("Mapping[Ref, o.Object]", inventory.cache["by-ref"])
