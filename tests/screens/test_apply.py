"""Applying takes its time: Esc stops between two objects, and nothing else gets in the way."""

import threading
from pathlib import Path
from typing import Any

from k8sharden.changes.answers import Answer
from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.plan import Plan, Planned, bind_change
from k8sharden.changes.write import Writer, WrittenObject
from k8sharden.cluster.api import Access
from k8sharden.model import kinds
from k8sharden.model.change import AccessReview, Change, ChangeKind, Create, Risk
from k8sharden.model.ref import Ref
from k8sharden.places.training import TrainingPlace
from screens.apply import ApplyScreen
from screens.result import ResultScreen
from tests.screens.driver import CLOSE, opened, run


class SlowWriter:
    """A cluster that makes an object only once it is let go."""

    def __init__(self, writer: Writer, go: threading.Event) -> None:
        self._writer = writer
        self._go = go
        self.get = writer.get
        self.patch = writer.patch
        self.delete = writer.delete

    def ask(self, question: AccessReview) -> Answer:
        """Answer at once."""
        return self._writer.ask(question)

    def create(self, manifest: dict[str, Any], ref: Ref, *, dry_run: bool = False) -> WrittenObject:
        """Make an object; a dry run does not wait."""
        if not dry_run:
            self._go.wait(10)
        return self._writer.create(manifest, ref, dry_run=dry_run)


class SlowPlace(TrainingPlace):
    """A training cluster behind such a writer."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.go = threading.Event()

    @property
    def writer(self) -> Writer:
        """The slow writer."""
        return SlowWriter(super().writer, self.go)


def test_esc_stops_after_the_current_object(tmp_path: Path) -> None:
    """The object that is being written is finished and verified; the next one is not started."""

    async def test() -> None:
        place = SlowPlace(tmp_path)
        async with opened(tmp_path, place=place) as driver:
            await driver.press(*CLOSE, "space", "space", "a", "a", "tab")
            await driver.pilot.press("enter")
            await driver.until(lambda: "writing…" in driver.text)
            await driver.pilot.press("q", "1", "c", "question_mark")
            assert driver.crumb == "applying"
            await driver.pilot.press("escape")
            await driver.until(lambda: "stopping after this one" in driver.text)
            place.go.set()
            await driver.until(lambda: driver.crumb == "result")
            assert "1 of 2 changes done" in driver.text
            assert "1 skipped" in driver.text
            assert not driver.app.desk.applying

    run(test())


def test_a_palette_left_open_does_not_hide_the_result(tmp_path: Path) -> None:
    """The result is shown even where something was opened above the progress."""

    async def test() -> None:
        place = SlowPlace(tmp_path)
        async with opened(tmp_path, place=place) as driver:
            await driver.press(*CLOSE, "space", "a", "a", "tab")
            await driver.pilot.press("enter")
            await driver.until(lambda: "writing…" in driver.text)
            await driver.pilot.press("colon")
            await driver.until(lambda: driver.crumb == "CommandPalette")
            place.go.set()
            await driver.until(lambda: driver.crumb == "result")

    run(test())


class Behind(TrainingPlace):
    """A training cluster whose authorizer says no until somebody lets it answer."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.go = threading.Event()

    @property
    def writer(self) -> Writer:
        """The writer with that authorizer."""
        return Unsure(super().writer, self.go)


class Unsure(SlowWriter):
    """Writes at once; every right is denied until it may answer."""

    def create(self, manifest: dict[str, Any], ref: Ref, *, dry_run: bool = False) -> WrittenObject:
        """Make an object."""
        return self._writer.create(manifest, ref, dry_run=dry_run)

    def ask(self, question: AccessReview) -> Answer:
        """Answer as it is, or deny everything."""
        return super().ask(question) if self._go.is_set() else Access(allowed=False)


def test_asking_about_rights_is_told(tmp_path: Path) -> None:
    """How many rights are as they were meant stands there while an authorizer is behind."""

    async def test() -> None:
        place = Behind(tmp_path)
        async with opened(tmp_path, place=place) as driver:
            session = driver.app.desk.session
            assert session is not None
            who = ("admin", ("system:masters",))
            stays = AccessReview(*who, "get", resource="pods", allowed=True)
            goes = AccessReview("nobody", (), "get", resource="pods")
            plan = Plan(place.source(), (asking(place, "asked", stays, goes),))
            driver.app.push_screen(ApplyScreen(driver.app.desk, session, plan))
            await driver.until(lambda: "Asking the API server: 1 of 2 rights." in driver.text)
            assert "asking…" in driver.text
            place.go.set()
            await driver.until(lambda: driver.crumb == "result")
            assert "The API server confirms it: 1 right kept and 1 right gone." in driver.text

    run(test())


def test_the_result_begins_with_what_could_not_be_verified(tmp_path: Path) -> None:
    """Where nothing failed, a right that stays although it was to go is what is read first."""

    async def test() -> None:
        place = TrainingPlace(tmp_path)
        async with opened(tmp_path, place=place) as driver:
            session = driver.app.desk.session
            assert session is not None
            plan = Plan(place.source(), tuple(asking(place, name) for name in ("one", "two")))
            ends = ((Result.VERIFIED, ""), (Result.APPLIED, "Still allowed, though it was to go."))
            outcomes = (
                Outcome(planned, *end) for planned, end in zip(plan.changes, ends, strict=True)
            )
            driver.app.push_screen(ResultScreen(driver.app.desk, session, plan, tuple(outcomes)))
            await driver.until(lambda: driver.crumb == "result")
            await driver.until(lambda: "Still allowed, though it was to go." in driver.text)

    run(test())


def asking(place: TrainingPlace, name: str, *reviews: AccessReview) -> Planned:
    """Return a change that makes a role, and asks then."""
    role = kinds.ROLES.ref("shop", name)
    head = {"apiVersion": role.api_version, "kind": role.kind, "rules": []}
    made = Create(role, {**head, "metadata": {"name": name, "namespace": "shop"}})
    change = Change(ChangeKind.CREATE, "Ask", Risk.ACCESS, (made,), reviews=reviews)
    return bind_change(change, (), place.fetch)
