"""The Pod Security screen: the picture of its namespaces by level."""

from pathlib import Path

import pytest

from k8sharden.changes.reach import NamespaceReach
from k8sharden.session import Scan, Session
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


def test_levels_are_worked_out_for_those_who_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a large cluster they take seconds: looking through findings does not pay for them."""
    asked: list[Scan] = []

    def counted(session: Session, scan: Scan) -> tuple[NamespaceReach, ...]:
        asked.append(scan)
        return reaches(session, scan)

    reaches = Session.reaches
    monkeypatch.setattr(Session, "reaches", counted)

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press("3")
            assert not asked
            await driver.press("P")
            assert len(asked) == 1
            await driver.press("P", "P")
            assert len(asked) == 1

    run(test())
