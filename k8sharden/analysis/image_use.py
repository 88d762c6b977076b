"""The picture of the images: which registries they come from, and how many are pinned."""

from collections.abc import Iterable, Iterator

import msgspec

from k8sharden.analysis.registries import allowed, dead, image_of
from k8sharden.model.inventory import Entry, Inventory
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import workloads

INVALID = "(no valid reference)"
"""Stands for the registry of what no runtime would pull."""


class RegistryUse(msgspec.Struct, frozen=True):
    """A registry with the images that come from it.

    An image counts once, however many ``containers`` have it. Of ``images``, ``pinned`` have a
    digest, ``outside`` are not on the owner's list and ``dead`` get no fixes any more.
    """

    registry: str
    images: int
    pinned: int
    containers: int
    outside: int = 0
    dead: int = 0

    @property
    def share(self) -> float:
        """How many of its images are pinned, from 0 to 1."""
        return self.pinned / self.images if self.images else 0.0


def registries(inventory: Inventory) -> tuple[RegistryUse, ...]:
    """Return the registries, the one with the most images first."""
    counts: dict[str, int] = {}
    for reference in _references(inventory):
        counts[reference] = counts.get(reference, 0) + 1
    by_registry: dict[str, list[str]] = {}
    for reference in counts:
        image = image_of(reference, inventory)
        name = (image.domain or INVALID) if image else INVALID
        by_registry.setdefault(name, []).append(reference)
    uses = (
        _use(name, references, sum(counts[each] for each in references), inventory)
        for name, references in by_registry.items()
    )
    return tuple(sorted(uses, key=lambda use: (-use.images, use.registry)))


def unread(inventory: Inventory, namespaces: Iterable[str] = ()) -> str:
    """Say what was not read of the workloads that name images; empty where all was.

    With ``namespaces``, only what is missing there.
    """
    places = frozenset(namespaces)
    kinds = {kind.kind for kind in WORKLOADS}
    missing = [kind.key for kind in WORKLOADS if not _known(inventory.entry(kind), places)]
    missing += [
        each.ref.label
        for each in inventory.odd
        if each.ref.kind in kinds and (not places or each.ref.namespace in places)
    ]
    names = one_line(", ".join(missing), 200)
    return f"Not all was read: there may be more images in {names}." if missing else ""


def _known(entry: Entry, places: frozenset[str]) -> bool:
    return all(map(entry.covers, places)) if places else entry.complete


def _references(inventory: Inventory) -> Iterator[str]:
    for workload in workloads(inventory):
        for seen in visit_containers(workload.spec):
            yield seen.container.image


def _use(
    name: str, references: Iterable[str], containers: int, inventory: Inventory
) -> RegistryUse:
    names = list(references)
    images = [image for each in names if (image := image_of(each, inventory))]
    facts = inventory.facts
    return RegistryUse(
        name,
        len(names),
        sum(bool(image.digest) for image in images),
        containers,
        sum(not dead(image) and not allowed(image, facts) for image in images),
        sum(dead(image) is not None for image in images),
    )


def together(uses: Iterable[RegistryUse]) -> RegistryUse:
    """Return the sum of several registries."""
    each = list(uses)
    return RegistryUse(
        "all",
        *(sum(getattr(use, field) for use in each) for field in RegistryUse.__struct_fields__[1:]),
    )


def notes(use: RegistryUse) -> str:
    """Say what is wrong with a registry, in a few words; empty for nothing."""
    said = [(use.outside, "not allowed"), (use.dead, "without fixes")]
    return ", ".join(f"{count} {what}" for count, what in said if count)
