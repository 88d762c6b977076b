"""Who may reach whom: the matrix of namespaces, what is behind a cell, and the fixes."""

from pathlib import Path

from k8sharden.model import kinds
from screens.grid import Grid, Place
from tests.screens.clusters import Hidden
from tests.screens.driver import COMFORTABLE, SMALL, Driver, opened, run

LARGE = (200, 60)


class NoPolicies(Hidden):
    """The user may not list network policies."""

    hidden = (kinds.NETWORK_POLICIES,)


def grid(driver: Driver) -> Grid:
    """Return the matrix that is seen."""
    return driver.app.screen.query_one(Grid)


async def on(driver: Driver, source: str, target: str) -> None:
    """Put the cursor on the cell from one row to one column, by the keys of a person."""
    spots = driver.app.screen._found.comparison.spots  # type: ignore[attr-defined]
    names = [spot.ref.name if spot.ref else spot.label for spot in spots]
    cursor = grid(driver).cursor
    assert cursor is not None
    down, right = names.index(source) - cursor.row, names.index(target) - cursor.column
    await driver.press(*(("j" if down > 0 else "k",) * abs(down)))
    await driver.press(*(("l" if right > 0 else "h",) * abs(right)))


def test_a_cell_tells_the_policy_behind_it(tmp_path: Path) -> None:
    """What is open, by which rule, and who needs it stand under the matrix."""

    async def test() -> None:
        async with opened(tmp_path, size=LARGE) as driver:
            await driver.press("2", "P")
            assert driver.crumb == "reach"
            await on(driver, "ingress", "catalogue")
            text = " ".join(driver.text.split())
            assert "ingress → catalogue" in text
            assert "NetworkPolicy catalogue/search-from-gateway, spec.ingress[0]," in text
            assert "Needed Deployment ingress/gateway → Deployment catalogue/search" in text
            assert "k8sharden reach --demo" in text

    run(test())


def test_the_fixes_close_what_nobody_needs(tmp_path: Path) -> None:
    """After all fixes fewer pairs are open; what changes is starred in both, and f changes them."""

    async def test() -> None:
        async with opened(tmp_path, size=LARGE) as driver:
            await driver.press("2", "P")
            await on(driver, "ci", "payments")
            assert "Shown: now" in driver.text
            now = grid(driver)._sheet.word(*grid(driver).cursor or Place(0, 0))
            await driver.press("f")
            assert "k8sharden reach --after --demo" in driver.text
            assert "Shown: after all fixes" in driver.text
            then = grid(driver)._sheet.word(*grid(driver).cursor or Place(0, 0))
            assert now == ("some*", "grid--some")
            assert then[0] == "·*"
            assert "Then      nothing gets through" in driver.text

    run(test())


def test_what_nothing_tells_is_said(tmp_path: Path) -> None:
    """Of a Service that nobody is known to call the pane says so, where the cell leads to it."""

    async def test() -> None:
        async with opened(tmp_path, size=LARGE) as driver:
            await driver.press("2", "P")
            await on(driver, "catalogue", "legacy")
            assert "Not known nothing tells who calls Service legacy/royalties" in driver.text

    run(test())


def test_enter_goes_into_a_namespace_and_escape_comes_back(tmp_path: Path) -> None:
    """Within a namespace the workloads stand by name, with ports; P leads to the findings."""

    async def test() -> None:
        async with opened(tmp_path, size=COMFORTABLE) as driver:
            await driver.press("2", "P")
            await on(driver, "shop", "databases")
            await driver.press("enter")
            assert "connections in databases" in driver.text
            assert "orders-db" in driver.text
            assert "TCP 5432" in driver.text
            assert "k8sharden reach -n databases --demo" in driver.text
            await driver.press("enter", "escape")
            assert "namespace pairs" in driver.text
            await driver.press("enter", "P")
            assert driver.crumb == "network"

    run(test())


def test_the_matrix_scrolls_with_its_cursor(tmp_path: Path) -> None:
    """On a small terminal the last row and the last column come into sight, heads included."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press("2", "P")
            assert "▸" in driver.text
            await driver.press("G", *("right",) * 20)
            last = len(grid(driver)._sheet.rows) - 1
            assert grid(driver).cursor == Place(last, last)
            assert "outside → outside" in driver.text
            assert "◂" in driver.text
            assert "▸" not in driver.text
            await driver.press("g", "pagedown", "pageup")
            assert grid(driver).cursor == Place(0, last)

    run(test())


def test_what_was_not_read_is_no_open_door(tmp_path: Path) -> None:
    """Where policies may not be listed, cells are unknown and never all or nothing."""

    async def test() -> None:
        async with opened(tmp_path, place=NoPolicies(tmp_path), size=LARGE) as driver:
            await driver.press("2", "P")
            await on(driver, "ci", "payments")
            word, _ = grid(driver)._sheet.word(*grid(driver).cursor or Place(0, 0))
            assert word.rstrip("*") == "?"

    run(test())
