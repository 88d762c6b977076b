"""Decodes the pages of a list into typed structs; an odd object is caught alone.

A page is decoded in one go, which is the fastest. Only where that fails are its items taken one by
one, so that the odd one is found and the others still count.
"""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from k8sharden.errors import ClusterUnavailable
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.decoding import decode, decoder
from k8sharden.model.inventory import OddObject
from k8sharden.model.kinds import ResourceType, family
from k8sharden.model.text import one_line

T = TypeVar("T")


class _ListMeta(msgspec.Struct, gc=False):
    remainingItemCount: int | None = None  # noqa: N815 - the API's own spelling


class _List(msgspec.Struct, Generic[T]):
    """A list. Its items may be null; an answer that has none at all is no list, and not empty."""

    items: list[T] | None
    metadata: _ListMeta | None = None


class Page(msgspec.Struct, frozen=True):
    """The objects of one page, the odd ones apart; ``remaining`` where the server says it."""

    objects: tuple[o.Object, ...]
    odd: tuple[OddObject, ...]
    remaining: int | None


class PageDecoder:
    """Decodes the pages of one resource type."""

    def __init__(self, kind: ResourceType) -> None:
        struct = o.STRUCTS[family(kind)]
        self._kind = kind
        listed: type[_List[o.Object]] = _List[struct]  # type: ignore[valid-type]
        self._whole = decoder(listed)
        self._item = decoder(struct)

    def decode(self, body: bytes) -> Page:
        """Decode a page. Raises `ClusterUnavailable` where it is no list at all."""
        try:
            page = self._whole.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self._one_by_one(body)
        found = page.items or []
        if not all(item.metadata.name for item in found):
            return self._one_by_one(body)
        return Page(self._kept(found, body), (), _remaining(page))

    @property
    def _secret(self) -> bool:
        return self._kind is kinds.SECRETS

    def _one_by_one(self, body: bytes) -> Page:
        try:
            page = decode(body, _List[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ClusterUnavailable(
                f"The list of {self._kind.key} cannot be read ({type(error).__name__}): "
                "is this address an API server?"
            ) from error
        objects: list[o.Object] = []
        odd: list[OddObject] = []
        for number, raw in enumerate(page.items or ()):
            found = self._lenient(raw, number)
            if isinstance(found, OddObject):
                odd.append(found)
            else:
                objects.append(found)
        return Page(self._kept(objects, body), tuple(odd), _remaining(page))

    def _kept(self, found: list[o.Object], body: bytes) -> tuple[o.Object, ...]:
        """Return what is kept of decoded objects."""
        if self._secret:
            return tuple(map(_without_values, found))
        if self._kind is kinds.CONFIG_MAPS and any(n.is_settings(each) for each in found):
            whole = _data(body)
            return tuple(n.configured(e, whole.get((e.namespace, e.name))) for e in found)
        return tuple(found)

    def _lenient(self, raw: msgspec.Raw, number: int) -> o.Object | OddObject:
        try:
            item = self._item.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            namespace, name = _where(raw)
            # The sentence names a field and a type; a secret's value is never in it.
            why = one_line(str(error) or type(error).__name__, 200)
            return OddObject(self._kind.ref(namespace, name or f"(item {number})"), why)
        if item.metadata.name:
            return item
        ref = self._kind.ref(item.namespace, f"(item {number})")
        return OddObject(ref, "it has no name")


def _remaining(page: _List[Any]) -> int | None:
    return page.metadata.remainingItemCount if page.metadata else None


def _data(body: bytes) -> dict[tuple[str, str], Any]:
    """Return the whole data of the ConfigMaps of a page that has settings of the network."""
    found = {}
    for raw in decode(body, _List[msgspec.Raw]).items or ():
        where = _where(raw)
        if where in n.SETTINGS:
            found[where] = decode(raw, dict[str, Any]).get("data")
    return found


def _without_values(secret: o.Object) -> o.Object:
    """Keep the keys of a secret's annotations only: last-applied can hold the secret itself."""
    if not secret.metadata.annotations:
        return secret
    keys = dict.fromkeys(secret.metadata.annotations, "")
    meta = msgspec.structs.replace(secret.metadata, annotations=keys)
    return msgspec.structs.replace(secret, metadata=meta)


def _where(raw: msgspec.Raw) -> tuple[str, str]:
    """Read namespace and name of an object that did not decode, as far as they are there."""
    try:
        value = decode(raw, object)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "", ""
    meta = value.get("metadata") if isinstance(value, dict) else None
    texts = _texts(meta if isinstance(meta, dict) else {})
    return next(texts), next(texts)


def _texts(meta: dict[str, Any]) -> Iterator[str]:
    for key in ("namespace", "name"):
        value = meta.get(key)
        yield value[:253] if isinstance(value, str) else ""
