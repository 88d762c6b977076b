"""Leaving and coming back: marks, area, filter and cursor are where they were."""

from pathlib import Path

from k8sharden.resume import Spot, keep, spot
from screens.findings_list import FindingsList
from tests.screens.driver import CLOSE, Driver, opened, run


def uid(driver: Driver) -> str:
    """Return the uid of the cluster that is open."""
    scan = driver.app.desk.scan
    assert scan is not None
    return scan.inventory.source.cluster_uid


def test_one_comes_back_to_where_one_was(tmp_path: Path) -> None:
    """The overview names the area, Enter goes on in it: same filter, same finding, same marks."""
    here: list[str] = []
    marks: set[str] = set()

    async def leave() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("3", "slash", *"shop", "enter", "space", "j")
            current = driver.app.screen.query_one(FindingsList).current
            assert current is not None
            here.append(current.id)
            marks.update(driver.app.desk.marks)
            assert marks

    async def come_back() -> None:
        async with opened(tmp_path) as driver:
            assert driver.crumb == "overview"
            assert any("You stopped in Pod Security" in said for said in driver.said)
            assert "1 marked" in driver.text
            await driver.press("enter")
            assert driver.crumb == "pod-security"
            rows = driver.app.screen.query_one(FindingsList)
            assert rows.current is not None
            assert rows.current.id == here[0]
            assert rows.shown < len(driver.app.desk.of(rows.current.area))
            assert driver.app.desk.marks == marks

    run(leave())
    run(come_back())


def test_the_spot_is_kept_while_one_works(tmp_path: Path) -> None:
    """A program that is killed has lost a few seconds of marking at most."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press(*CLOSE, "space")
            await driver.until(lambda: bool(spot(tmp_path, uid(driver)).marks))

    run(test())


def test_what_is_gone_is_not_missed(tmp_path: Path) -> None:
    """Marks, a finding and an area that no longer exist leave the app at its beginning."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            cluster = uid(driver)
        keep(tmp_path, cluster, Spot("no-area", "no-finding", "x", ("gone",)))
        async with opened(tmp_path) as driver:
            assert not driver.app.desk.marks
            await driver.press("1")
            assert driver.app.screen.query_one(FindingsList).current is not None

    run(test())


def test_a_broken_file_does_not_keep_anybody_out(tmp_path: Path) -> None:
    """The app starts as for the first time."""
    (tmp_path / "resume.json").write_bytes(b"\x00{")

    async def test() -> None:
        async with opened(tmp_path) as driver:
            assert driver.crumb == "overview"
            assert not any("You stopped" in said for said in driver.said)

    run(test())
