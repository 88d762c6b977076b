"""The whole way on the training cluster: look, mark, review, confirm, apply, undo, export."""

from pathlib import Path

from k8sharden.changes.journal import State
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from tests.screens.driver import CLOSE, SMALL, Driver, opened, run


def objects(state: Path) -> object:
    """Return what the training cluster of this folder holds, the server's bookkeeping aside."""
    session = Session(TrainingPlace(state), state)
    inventory = session.scan().inventory
    return {
        key: sorted((item.namespace, item.name) for item in items)
        for key, items in inventory.objects.items()
    }


def states(driver: Driver) -> list[State]:
    """Return the states of the journal's entries, newest first."""
    session = driver.app.desk.session
    assert session is not None
    return [entry.state for entry in session.history.entries()]


async def apply_marked(driver: Driver) -> None:
    """Review what is marked, confirm it, and come to the result."""
    await driver.press("a")
    assert driver.crumb == "review"
    await driver.press("a", "tab", "enter")
    await driver.until(lambda: driver.crumb == "result")


def test_a_change_is_applied_and_taken_back(tmp_path: Path) -> None:
    """From the overview to a verified change and back, every step by keyboard."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            before = objects(tmp_path)
            await driver.press(*CLOSE, "space")
            assert len(driver.app.desk.marks) == 1
            await apply_marked(driver)
            assert "verified" in driver.text
            assert states(driver) == [State.VERIFIED]
            assert objects(tmp_path) != before
            await driver.press("u")
            assert driver.crumb == "review"
            await driver.press("a", "tab", "enter")
            await driver.until(lambda: driver.crumb == "result")
            assert "undone" in driver.text
            assert objects(tmp_path) == before

    run(test())


def test_what_somebody_owns_is_applied_only_by_choice(tmp_path: Path) -> None:
    """The review exports it by default, o overrules its owner, and the last question says whom."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("6", "slash", *"invoices", "enter", "space", "a")
            assert driver.crumb == "review"
            assert "export: flux" in driver.text
            assert "Flux Kustomization office manages this object" in driver.text
            await driver.press("a")
            assert driver.crumb == "review"
            await driver.press("o", "a")
            assert "Overruled: The Flux Kustomization office" in driver.text
            assert "--override-owner flux/office" in driver.text
            await driver.press("tab", "enter")
            await driver.until(lambda: driver.crumb == "result")
            assert states(driver) == [State.VERIFIED]

    run(test())


def test_the_journal_takes_marked_entries_back(tmp_path: Path) -> None:
    """Undo from the journal goes the same way: review, confirm, apply, result."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            before = objects(tmp_path)
            await driver.press(*CLOSE, "space", "space")
            await apply_marked(driver)
            await driver.press("escape")
            await driver.until(lambda: not driver.app.desk.scanning)
            await driver.press("J")
            assert driver.crumb == "journal"
            await driver.press("space", "space", "u")
            assert driver.crumb == "review"
            assert "2 changes" in driver.text
            await driver.press("a", "tab", "enter")
            await driver.until(lambda: driver.crumb == "result")
            assert objects(tmp_path) == before

    run(test())


def test_applying_ends_with_a_new_scan(tmp_path: Path) -> None:
    """After the result the findings that were answered are gone, and so are their marks."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            before, failing = driver.app.desk.scan, len(driver.app.desk.findings)
            await driver.press(*CLOSE, "space")
            await apply_marked(driver)
            await driver.press("enter")
            await driver.until(lambda: driver.app.desk.scan is not before)
            assert len(driver.app.desk.findings) == failing - 1
            assert not driver.app.desk.marks

    run(test())


def test_a_dropped_change_is_not_applied(tmp_path: Path) -> None:
    """What is dropped from the plan stays unfixed, and the plan says so."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press(*CLOSE, "space", "space", "a", "x")
            assert "1 change for 1 finding" in driver.text
            assert "1 not fixed" in driver.text
            await driver.press("a", "tab", "enter")
            await driver.until(lambda: driver.crumb == "result")
            assert states(driver) == [State.VERIFIED]

    run(test())


def test_cancel_changes_nothing(tmp_path: Path) -> None:
    """Enter on the confirmation is Cancel: one stray key never writes."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press(*CLOSE, "space", "a", "a", "enter")
            assert driver.crumb == "review"
            assert any("nothing was changed" in said for said in driver.said)
            assert states(driver) == []

    run(test())


def test_an_artefact_is_exported_not_applied(tmp_path: Path) -> None:
    """A plan of files only says that it is exported, and the export writes it."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("7", "space", "a", "a")
            assert any("export" in said for said in driver.said)
            await driver.press("e")
            assert driver.crumb == "export"
            screen = driver.app.screen
            screen.query_one("#folder").value = str(tmp_path / "out")  # type: ignore[attr-defined]
            await driver.press("f2")
            assert "files written" in driver.text
            assert any(path.is_file() for path in (tmp_path / "out").rglob("*"))

    run(test())


def test_an_export_does_not_overwrite(tmp_path: Path) -> None:
    """A file that exists with other contents is named, and the app goes on."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press(*CLOSE, "space", "e")
            driver.app.screen.query_one("#folder").value = str(tmp_path / "out")  # type: ignore[attr-defined]
            await driver.press("f2")
            written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
            for path in written:
                path.write_text("mine")
            await driver.press("f2")
            # The sentence is wrapped where the folder's name happens to end.
            said = "".join(driver.text.replace("┃", " ").split())
            assert "existswithothercontents" in said
            await driver.press("escape")
            assert driver.crumb == "export"

    run(test())


def test_lesson_evidence_and_diff_of_a_finding(tmp_path: Path) -> None:
    """L, E and d open, and Esc comes back to the same finding."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("1", "L")
            assert "What an attacker does" in driver.text
            await driver.press("escape", "E")
            assert driver.crumb == "evidence"
            await driver.press("escape", "d")
            assert "@@" in driver.text
            assert "\n+" in driver.app.screen.query_one("DiffView").text  # type: ignore[attr-defined]
            await driver.press("escape")
            assert driver.crumb == "rbac"

    run(test())


def test_every_action_shows_its_command(tmp_path: Path) -> None:
    """Overview, area, diff and review each say how to do the same in a shell."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            assert "k8sharden scan --demo" in driver.text
            await driver.press("2")
            assert "k8sharden scan --area network --demo" in driver.text
            await driver.press("d")
            assert "k8sharden plan -o diff --finding" in driver.text
            await driver.press("a")
            assert "k8sharden apply --finding" in driver.text

    run(test())


def test_help_names_the_keys_of_the_screen(tmp_path: Path) -> None:
    """The help of an area explains marking; Esc leads back."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("3", "question_mark")
            assert "Mark for the plan" in driver.text
            await driver.press("escape")
            assert driver.crumb == "pod-security"

    run(test())


def test_the_palette_finds_an_area_by_name(tmp_path: Path) -> None:
    """The colon opens the palette, and a name in it opens the area."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.pilot.press("colon")
            await driver.pilot.pause()
            await driver.pilot.press(*"audit")
            await driver.until(lambda: "Audit logging" in driver.text)
            await driver.pilot.press("enter")
            await driver.until(lambda: driver.crumb == "audit")

    run(test())
