"""The missions, by key strokes on a small terminal; what is done is asked of the cluster."""

from pathlib import Path

import pytest

from k8sharden.missions import MISSIONS, LineKind, Mission, Missions, StepKind, mission_of
from k8sharden.missions.training import Training
from k8sharden.places.files import open_files
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from screens.report import Report
from tests.screens.driver import SMALL, Driver, opened, run

MANIFEST = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"""


def guide(state: Path) -> Missions:
    """Return the missions as another program sees them: on what was kept of the cluster."""
    return Missions(Session(TrainingPlace(state), state), state)


def attack_works(state: Path, mission: Mission) -> bool:
    """Try the attack on what was kept of the cluster, whatever the app believes."""
    return mission.attack(Training(TrainingPlace(state))).succeeded


async def enter(driver: Driver) -> None:
    """Press Enter, and wait until the report is typed."""
    await driver.press("enter")
    await driver.until(lambda: not any(each.typing for each in driver.app.screen.query(Report)))
    await driver.settle()


async def fix(driver: Driver, *, runbook: bool) -> None:
    """Do what the screen offers for a fix, and come back to the mission."""
    await driver.press("enter")
    if runbook:
        await driver.press("tab", "enter")
        await driver.settle()
    else:
        assert driver.crumb == "review"
        await driver.press("a", "tab", "enter")
        await driver.until(lambda: driver.crumb == "result")
        await driver.press("escape")
    await driver.until(lambda: not driver.app.desk.scanning)
    await driver.settle()
    assert driver.crumb == "mission", driver.text


async def go_through(driver: Driver, number: int) -> None:
    """Play one mission from its beginning to its end."""
    mission = MISSIONS[number]
    state = driver.app.desk.state
    assert attack_works(state, mission)
    place = driver.app.desk.session.place if driver.app.desk.session else None
    assert isinstance(place, TrainingPlace)
    await driver.press("enter")
    assert driver.crumb == "mission"
    await driver.press("enter")
    assert driver.crumb == mission.area.value
    await driver.press("escape", "enter")
    await enter(driver)
    assert "It worked." in driver.text
    await driver.press("enter")
    await fix(driver, runbook=mission.steps[mission.place_of(StepKind.FIX)].runbook)
    await driver.until(lambda: "Enter runs the attack again." in driver.text, seconds=60)
    await driver.until(lambda: not mission.attack(Training(place)).succeeded)
    await enter(driver)
    assert "It fails now" in driver.text
    await driver.press("enter", "enter")
    assert guide(state).standing(mission.id).finished
    await driver.press("enter")
    assert driver.crumb == "missions"


def test_all_seven_missions_are_finished_by_key_strokes(tmp_path: Path) -> None:
    """At 80 by 24, with Enter, Tab, Esc and a: every attack worked before, and fails afterwards."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            driver.app.animation_level = "none"
            await driver.press("M")
            for number in range(len(MISSIONS)):
                await driver.press("g", *("j" * number))
                await go_through(driver, number)
            assert "7 of 7 missions done" in driver.text

    run(test())
    assert all(standing.finished for standing in guide(tmp_path).all())


def test_a_report_is_typed_line_by_line(tmp_path: Path) -> None:
    """Lines come one after the other, and the outcome only after the last."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press("M", "enter", "x")
            report = driver.app.screen.query_one(Report)
            assert report.typing
            assert "The attack works." not in driver.text
            await driver.until(lambda: not report.typing)
            assert "The attack works." in driver.text
            marks = {line.kind for line in report._lines}
            assert LineKind.COMMAND in marks

    run(test())


def test_a_step_is_not_finished_before_the_cluster_agrees(tmp_path: Path) -> None:
    """Checked too early, the fix is said not to be in, and the mission stays where it is."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            driver.app.animation_level = "none"
            await driver.press("M", "enter", "n", "x", "enter", "n")
            assert "the fix is not in yet" in driver.text
            assert guide(tmp_path).standing("rbac").done == 2

    run(test())


def test_a_fix_that_is_cancelled_is_not_done(tmp_path: Path) -> None:
    """Leaving the review or the question changes nothing in the cluster."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            driver.app.animation_level = "none"
            await driver.press("M", "enter", "n", "x", "enter", "enter", "escape")
            assert driver.crumb == "mission"
            assert "the fix is not in yet" in driver.text
            await driver.press("escape", "g", *"jjjj", "enter", "n", "x", "enter", "enter")
            assert driver.crumb == "AskScreen"
            await driver.press("enter")
            assert attack_works(tmp_path, mission_of("secrets"))

    run(test())


def test_a_fix_that_is_taken_back_opens_the_mission_again(tmp_path: Path) -> None:
    """Progress is checked against the cluster: after an undo the attack works again."""
    playing = guide(tmp_path)
    for _ in range(2):
        playing.finish("rbac")
        playing.run("rbac")

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            driver.app.animation_level = "none"
            await driver.press("M", "enter")
            await fix(driver, runbook=False)
            session = driver.app.desk.session
            assert session is not None
            entry = session.history.entries()[0].id
            driver.app.review_undo([entry])
            await driver.settle()
            await driver.press("a", "tab", "enter")
            await driver.until(lambda: driver.crumb == "result")
            await driver.press("escape", "M")
            assert "works again" in driver.text

    run(test())


def test_elsewhere_missions_say_where_they_run_and_open_it(tmp_path: Path) -> None:
    """On files the list is a sentence, and Enter opens the training cluster with the missions."""
    file = tmp_path / "shop.yaml"
    file.write_text(MANIFEST)

    async def test() -> None:
        async with opened(tmp_path, place=open_files([str(file)]), size=SMALL) as driver:
            await driver.press("M")
            assert "run on the training cluster only" in driver.text
            await driver.press("enter")
            await driver.until(lambda: "0 of 7 missions done" in driver.text)
            assert driver.app.desk.session is not None
            assert driver.app.desk.session.place.training

    run(test())


def test_a_read_only_app_attacks_but_does_not_fix(tmp_path: Path) -> None:
    """With --read-only the attack runs, and the runbook is refused with a reason."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL, read_only=True) as driver:
            driver.app.animation_level = "none"
            await driver.press("M", "g", *"jjjj", "enter", "n", "x")
            assert "It worked" in driver.text
            await driver.press("enter", "enter")
            assert any("Read-only" in said for said in driver.said)

    run(test())


@pytest.mark.parametrize("key", ["i", "L"])
def test_story_and_lesson_are_one_key_away(tmp_path: Path, key: str) -> None:
    """One key shows the story again, another the whole lesson."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press("M", "enter", key)
            shown = driver.text + " ".join(driver.said)
            assert ("Mallory opened" if key == "i" else "What an attacker does") in shown

    run(test())
