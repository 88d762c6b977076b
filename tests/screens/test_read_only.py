"""Read-only: every action can be called, and says why it does nothing."""

from pathlib import Path

from tests.screens.driver import CLOSE, opened, run


def test_review_says_why_nothing_is_applied(tmp_path: Path) -> None:
    """The plan can be read, the confirmation never opens, and the reason names the option."""

    async def test() -> None:
        async with opened(tmp_path, read_only=True) as driver:
            assert "READ-ONLY" in driver.text
            await driver.press(*CLOSE, "space", "a")
            assert driver.crumb == "review"
            assert "sha256:" in driver.text
            await driver.press("a")
            assert driver.crumb == "review"
            assert any("--read-only" in said for said in driver.said)

    run(test())


def test_a_scan_and_a_plan_write_no_journal(tmp_path: Path) -> None:
    """Looking at findings, their fixes and the plan leaves only where one stopped on the disk."""

    async def test() -> None:
        async with opened(tmp_path, read_only=True) as driver:
            await driver.press("2", "d", "escape", "space", "a")

    run(test())
    assert [path.name for path in tmp_path.iterdir()] == ["resume.json"]


def test_write_is_shown_where_writing_is_possible(tmp_path: Path) -> None:
    """The bar says which of the two it is."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            assert "WRITE" in driver.text
            assert "DEMO" in driver.text

    run(test())
