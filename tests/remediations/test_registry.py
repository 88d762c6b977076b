"""The registry: our items, those of other packages, and what it says of bad ones."""

from importlib.metadata import EntryPoint
from typing import Any

import msgspec
import pytest

from k8sharden.errors import InputError
from k8sharden.model.finding import Area
from k8sharden.model.item import Item
from remediations import GROUP, OWN, assemble, item

THEIRS = msgspec.structs.replace(OWN[0], id="rbac-house-rule", area=Area.RBAC)
GOOD: tuple[Any, ...] = (THEIRS,)
TWICE: tuple[Any, ...] = (OWN[-1],)
ODD: tuple[Any, ...] = ("rbac-house-rule",)


def point(name: str) -> EntryPoint:
    """Return an entry point that names something in this module."""
    return EntryPoint(name="test", value=f"{__name__}:{name}", group=GROUP)


def refusal(*points: EntryPoint) -> str:
    """Return what is said of packages that cannot be used: one line, and no traceback."""
    with pytest.raises(InputError) as caught:
        assemble(OWN, points)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_another_packages_items_stand_in_their_area_after_ours() -> None:
    """A house rule about RBAC is read with RBAC."""
    ids = [each.id for each in assemble(OWN, [point("GOOD")])]
    ours = [each.id for each in OWN if each.area is Area.RBAC]
    assert ids.index("rbac-house-rule") == ids.index(ours[-1]) + 1


def test_an_id_that_is_taken_is_refused() -> None:
    """Else one of the two would be judged by the other's rule."""
    said = refusal(point("TWICE"))
    assert OWN[-1].id in said
    assert "test_registry:TWICE" in said


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("MISSING", "AttributeError"),
        ("ODD", "no Item"),
        ("point", "TypeError"),
    ],
)
def test_a_broken_package_gets_one_line(name: str, why: str) -> None:
    """It names the package and the reason; its checks are never silently left out."""
    said = refusal(point(name))
    assert why in said
    assert "uninstall" in said


def test_a_package_that_cannot_be_imported_gets_one_line() -> None:
    """An import may fail with anything."""
    missing = EntryPoint(name="x", value="no_such_package_anywhere:ITEMS", group=GROUP)
    assert "ModuleNotFoundError" in refusal(missing)


def test_an_item_is_found_by_its_id() -> None:
    """What `explain` and `--check` ask for."""
    found: Item = item("aud-off")
    assert found.area is Area.AUDIT


def test_a_wrong_id_gets_the_nearest_ones() -> None:
    """A typing error costs a second, not a search."""
    with pytest.raises(InputError, match="Did you mean rbac-cluster-admin"):
        item("rbac-clusteradmin")


def test_a_hostile_id_is_made_visible() -> None:
    """What somebody typed or pasted does not drive the terminal."""
    with pytest.raises(InputError) as caught:
        item("\x1b[2Jboo")
    assert "\x1b" not in str(caught.value)
