"""The Images screen: the picture of its registries, and asking them."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from k8sharden.cluster.progress import Progress
from k8sharden.errors import Cancelled
from k8sharden.model.facts import ImageFact
from k8sharden.places.training import TrainingPlace, TrainingRegistries
from screens.picture import Sketch, bar, drawn
from tests.screens.driver import SMALL, opened, run


class SlowRegistries(TrainingRegistries):
    """Registries that answer nothing until somebody stops waiting."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(
        self,
        references: Sequence[str],
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Mapping[str, ImageFact]:
        """Count, then wait."""
        self.asked += 1
        while not cancelled():
            progress(Progress("images", 0, len(references), finished=False))
            time.sleep(0.05)
        raise Cancelled("Stopped. Nothing was changed.")


def test_the_picture_takes_the_place_of_the_details(tmp_path: Path) -> None:
    """P shows the registries with their pinned share, in 80 columns; P again goes back."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press("4")
            assert "Severity" in driver.text
            await driver.press("P")
            assert "Severity" not in driver.text
            rows = [line for line in driver.text.splitlines() if "█" in line or "░" in line]
            assert "registry.kestrel.example" in rows[0]
            assert "Same in a shell: k8sharden images --demo" in driver.text
            assert any("docker.io" in row and "not allowed" in row for row in rows)
            await driver.press("j")
            assert "registry.kestrel.example" in driver.text
            await driver.press("P")
            assert "Severity" in driver.text
            assert "Same in a shell: k8sharden scan --area images" in driver.text
            assert "░" not in driver.text

    run(test())


def test_asking_the_registries_gives_fixes_their_digests(tmp_path: Path) -> None:
    """R scans and asks; what they said is counted, kept by later scans, and in the command."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("4")
            assert "Registries know" not in " ".join(driver.text.split())
            await driver.press("R")
            assert "Registries know" in " ".join(driver.text.split())
            assert "--registries" in driver.text
            await driver.press("r")
            assert "Registries know" in " ".join(driver.text.split())

    run(test())


class Refusing(TrainingRegistries):
    """Registries that know nothing, and say why."""

    def ask(
        self,
        references: Sequence[str],
        progress: Callable[[Progress], None],  # noqa: ARG002 - their shape
        cancelled: Callable[[], bool],  # noqa: ARG002 - as above
    ) -> Mapping[str, ImageFact]:
        """Refuse each."""
        return {name: ImageFact(name, problem=f"{name}: no such image.") for name in references}


def test_what_registries_refused_stands_below_the_picture(tmp_path: Path) -> None:
    """Nothing fails; the first refusals are told in their own words, the others are counted."""

    async def test() -> None:
        place = TrainingPlace(tmp_path)
        place.registries = Refusing()
        async with opened(tmp_path, place=place) as driver:
            await driver.press("4", "R", "P", "tab", "G")
            text = " ".join(driver.text.split())
            assert "Registries know 0 of" in text
            assert "no such image." in text
            assert "more." in text

    run(test())


def test_esc_stops_asking_and_the_next_scan_asks_nobody(tmp_path: Path) -> None:
    """Who stopped it did not want it: from then on a scan reads the cluster alone."""

    async def test() -> None:
        place = TrainingPlace(tmp_path)
        slow = SlowRegistries()
        place.registries = slow
        async with opened(tmp_path, place=place) as driver:
            await driver.press("4")
            await driver.pilot.press("R")
            await driver.until(lambda: slow.asked == 1)
            await driver.pilot.press("escape")
            await driver.until(lambda: "images  " in driver.text)
            await driver.press("escape")
            assert not driver.app.desk.scanning
            await driver.press("r")
            assert driver.app.desk.scan is not None
            assert slow.asked == 1

    run(test())


def test_a_picture_fits_and_keeps_both_ends_of_a_name() -> None:
    """What comes from outside is cut in the middle, cleaned, and never wider than the screen."""
    rows = (
        ("registry-of-a-very-long-name.example" * 3, bar(0.5)),
        ("evil\x1b[31m.example", bar(1)),
    )
    text = str(drawn(Sketch("Two.", ("Registry", "Share"), rows), 60))
    assert all(len(line) <= 60 for line in text.splitlines())
    assert "\x1b" not in text
    assert "…" in text
    assert (bar(0), bar(1)) == ("░" * 16, "█" * 16)


def test_a_long_note_is_cut_rather_than_wrapped() -> None:
    """Thousands of images in 80 columns: each registry keeps its one line."""
    note = "1200 not allowed, 110 without fixes"
    rows = (("registry.kestrel.example", "520 of 1340", bar(0.4), note),)
    lines = drawn(Sketch("", ("Registry", "  Pinned", "", "Note"), rows), 76).plain.splitlines()
    assert max(map(len, lines)) <= 76
    assert "520 of 1340" in lines[-1]
