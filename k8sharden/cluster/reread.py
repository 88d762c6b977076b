"""Reads a few lists again into an inventory: what a change rests on, as it is at its turn."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from k8sharden.cluster.api import Api
from k8sharden.cluster.decode import Page, PageDecoder
from k8sharden.cluster.transport import JSON, METADATA_LIST
from k8sharden.errors import NotFound
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.admission import constraint_types
from k8sharden.model.change import Listing
from k8sharden.model.inventory import Coverage, Inventory, OddObject
from k8sharden.model.kinds import ResourceType
from k8sharden.model.ref import Ref


class _Found(msgspec.Struct, frozen=True):
    """One list, and when it was read."""

    at: float
    objects: tuple[o.Object, ...]
    odd: tuple[OddObject, ...]


class Rereader:
    """Reads lists again while one plan is applied; ``clock`` counts seconds from anywhere.

    A list that may have some age is kept, so that many changes that rest on the whole cluster do
    not each read it.
    """

    def __init__(self, api: Api, clock: Callable[[], float]) -> None:
        self._api = api
        self._clock = clock
        self._kept: dict[tuple[str, str], _Found] = {}

    def __call__(self, inventory: Inventory, listings: Sequence[Listing]) -> Inventory:
        """Return the inventory with these lists as they are now.

        A type of which the scan could read some namespaces only is read in those. Raises `ApiError`
        or `ClusterUnavailable` where a list cannot be read any more.
        """
        # The newest last, since it holds where two lists have the same objects.
        for listing in sorted(set(listings), key=lambda each: (-each.age, each)):
            for place in _places(inventory, listing):
                inventory = _with(inventory, place, self._found(inventory, place))
        return msgspec.structs.replace(inventory, cache={})

    def _found(self, inventory: Inventory, place: Listing) -> _Found:
        key = place.resource, place.namespace
        known = self._kept.get(key)
        if known is None or self._clock() - known.at >= place.age:
            known = self._kept[key] = _read(self._api, inventory, place, self._clock())
        return known


def _places(inventory: Inventory, listing: Listing) -> Iterator[Listing]:
    """Yield the lists that the scan could read, of those that are asked for."""
    entry = inventory.entry(kinds.BY_KEY[listing.resource])
    if entry.status is not Coverage.READ:
        return
    if entry.namespaces is None or listing.namespace:
        yield listing
    else:
        for name in sorted(entry.namespaces):
            yield msgspec.structs.replace(listing, namespace=name)


def _read(api: Api, inventory: Inventory, listing: Listing, now: float) -> _Found:
    kind = kinds.BY_KEY[listing.resource]
    accept = METADATA_LIST if kind is kinds.SECRETS else JSON
    pages = [
        page
        for each in _types(kind, inventory)
        for page in _pages(api, each, listing.namespace, accept)
    ]
    objects = tuple(each for page in pages for each in page.objects)
    return _Found(now, objects, tuple(each for page in pages for each in page.odd))


def _with(inventory: Inventory, listing: Listing, found: _Found) -> Inventory:
    """Return the inventory with one list in the place of what it had of it."""
    kind, space = kinds.BY_KEY[listing.resource], listing.namespace
    kept = [
        each for each in inventory.objects.get(kind.key, ()) if _elsewhere(each.namespace, space)
    ]
    others = [
        each
        for each in inventory.odd
        if _family(each.ref) != kind or _elsewhere(each.ref.namespace, space)
    ]
    objects = {**inventory.objects, kind.key: (*kept, *found.objects)}
    return msgspec.structs.replace(inventory, objects=objects, odd=(*others, *found.odd))


def _pages(api: Api, kind: ResourceType, space: str, accept: str) -> Iterator[Page]:
    decoder = PageDecoder(kind)
    try:
        for body in api.pages(kind, space, accept=accept):
            yield decoder.decode(body)
    except NotFound:
        # As at the scan: a template whose type is not served yet, or any more, has no constraints.
        if kinds.family(kind) != kinds.CONSTRAINTS:
            raise


def _types(kind: ResourceType, inventory: Inventory) -> tuple[ResourceType, ...]:
    """Return the types that are listed for one: of constraints there are as many as templates."""
    if kind != kinds.CONSTRAINTS:
        return (kind,)
    return constraint_types(inventory.of(kinds.CONSTRAINT_TEMPLATES, o.Object))


def _family(ref: Ref) -> ResourceType:
    return kinds.family(kinds.type_of(ref))


def _elsewhere(namespace: str, space: str) -> bool:
    """Whether an object is not of the list that was read; one of all namespaces holds each."""
    return bool(space) and namespace != space
