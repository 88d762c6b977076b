"""The catalogue: seven folders, one file per hardening item.

Each folder lists its items in a tuple, in the order of the checklist. A package of one's own joins
through the entry-point group `k8sharden.remediations`: an entry point names an iterable of `Item`.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import NoReturn

from k8sharden.errors import InputError
from k8sharden.model.finding import Area
from k8sharden.model.item import Item
from k8sharden.model.text import one_line
from remediations import audit, images, network, pod_security, rbac, runtime, secrets

GROUP = "k8sharden.remediations"

OWN: tuple[Item, ...] = (
    *rbac.ITEMS,
    *network.ITEMS,
    *pod_security.ITEMS,
    *images.ITEMS,
    *secrets.ITEMS,
    *runtime.ITEMS,
    *audit.ITEMS,
)
"""The items that come with k8sharden."""


@cache
def catalogue() -> tuple[Item, ...]:
    """Return every item, area by area. Raises `InputError` for a package that cannot be used."""
    return assemble(OWN, entry_points(group=GROUP))


def item(check: str) -> Item:
    """Return the item of this id. Raises `InputError`, naming the nearest ids, where none is."""
    known = {each.id: each for each in catalogue()}
    if check in known:
        return known[check]
    near = get_close_matches(check, known, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    raise InputError(
        f"There is no check {one_line(check, 80)}. {hint}`k8sharden checks` lists them all."
    )


def assemble(own: Iterable[Item], plugins: Iterable[EntryPoint]) -> tuple[Item, ...]:
    """Join our own items and those of other packages, refusing an id that is taken."""
    order = list(Area)
    found: dict[str, str] = {}
    items: list[Item] = []
    sources = [("k8sharden", tuple(own)), *((_label(point), _load(point)) for point in plugins)]
    for source, offered in sources:
        for each in offered:
            if each.id in found:
                raise InputError(
                    f"Two checks are called {one_line(each.id, 80)}: one of {found[each.id]}, "
                    f"one of {source}. Rename one, or uninstall its package."
                )
            found[each.id] = source
            items.append(each)
    return tuple(sorted(items, key=lambda each: order.index(each.area)))


def _load(point: EntryPoint) -> tuple[Item, ...]:
    """Import one package's items; whatever is wrong with it becomes one sentence."""
    try:
        items = tuple(point.load())
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything at import
        _refuse(point, f"{type(error).__name__}: {error}", error)
    if not all(isinstance(each, Item) for each in items):
        _refuse(point, "it holds something that is no Item", None)
    return items


def _refuse(point: EntryPoint, why: str, cause: Exception | None) -> NoReturn:
    raise InputError(
        f"The checks of {_label(point)} cannot be used: {one_line(why, 300)}. "
        "Repair the package or uninstall it."
    ) from cause


def _label(point: EntryPoint) -> str:
    package = point.dist.name if point.dist else "an unknown package"
    return one_line(f"{package} ({point.value})", 200)
