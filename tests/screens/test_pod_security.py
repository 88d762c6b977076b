"""The Pod Security screen: the picture of its namespaces by level."""

from pathlib import Path

from tests.screens.driver import SMALL, opened, run


def test_the_picture_shows_levels_now_and_after_the_fixes(tmp_path: Path) -> None:
    """P shows each namespace in 80 columns, and below them what is in the way; P goes back."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press("3")
            await driver.press("P")
            assert "Severity" not in driver.text
            rows = {line.split()[0]: line.split()[1:4] for line in driver.text.splitlines() if line}
            assert rows["catalogue"] == ["restricted", "restricted", "restricted"]
            assert "after fixes." in driver.text
            assert "kube-system" not in driver.text
            await driver.press("tab")
            await driver.press("end")
            assert "exporter of the node" in " ".join(driver.text.split())
            await driver.press("P")
            assert "Severity" in driver.text

    run(test())
