"""Object metadata, decoded leniently: what a server may leave out or send as null is optional."""

from collections.abc import Mapping

import msgspec


class Struct(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Base of everything decoded from the API: immutable, camelCase, unknown fields ignored."""


class OwnerReference(Struct, frozen=True):
    """Who manages an object; the one with ``controller`` set decides its fate."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Meta(Struct, frozen=True):
    """The part of `ObjectMeta` that checks look at."""

    name: str = ""
    namespace: str | None = None
    uid: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None
    deletion_timestamp: str | None = None

    @property
    def label(self) -> Mapping[str, str]:
        """The labels, never null."""
        return self.labels or {}

    @property
    def annotation(self) -> Mapping[str, str]:
        """The annotations, never null."""
        return self.annotations or {}

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages this object, where it has one."""
        return next((owner for owner in self.owner_references or () if owner.controller), None)


FIELD_MANAGER = "k8sharden"
"""The name under which k8sharden writes the fields of objects."""


class FieldManager(Struct, frozen=True):
    """Somebody who wrote fields of an object; ``subresource`` is set for its status alone."""

    manager: str | None = None
    subresource: str | None = None


class Managed(Meta, frozen=True):
    """The metadata of the few types of which it counts who wrote them."""

    managed_fields: list[FieldManager] | None = None

    @property
    def managers(self) -> frozenset[str]:
        """Who wrote fields of the object; empty where nothing tells, such as in a file."""
        found = self.managed_fields or ()
        return frozenset(each.manager or "" for each in found if not each.subresource)


class Object(Struct, frozen=True):
    """Any object: its metadata. Secrets and ConfigMaps are never decoded further than this."""

    metadata: Meta

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """The object's namespace, empty for cluster-scoped ones."""
        return self.metadata.namespace or ""
