"""Every screen, in every state that is worth a picture, and the keys that lead there."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from k8sharden.changes.journal import record_of
from k8sharden.missions.progress import Progress
from k8sharden.place import Place
from k8sharden.places.files import open_files
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from screens.app import HardeningApp
from tests.screens.clusters import (
    Closed,
    Hidden,
    LoggedOut,
    Own,
    Production,
    Refusing,
    Silent,
    Strict,
)
from tests.screens.driver import CLOSE, COMFORTABLE, SMALL, Driver
from tests.screens.test_apply import SlowPlace as SlowWrite
from tests.screens.test_scan import SlowPlace as SlowScan

NOW = 1_900_000_000.0
WIDE = (200, 50)
TINY = ((20, 5), (40, 12))

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: staging
clusters:
- {name: eu, cluster: {server: "https://prod.kestrelbooks.example:6443"}}
- {name: st, cluster: {server: "https://staging.kestrelbooks.example:6443"}}
users:
- {name: ada, user: {token: t}}
contexts:
- {name: prod-eu, context: {cluster: eu, user: ada}}
- {name: staging, context: {cluster: st, user: ada}}
"""
MANIFEST = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"""


@dataclass(frozen=True)
class Scene:
    """What is opened, and the keys that are pressed then; without a place no cluster is chosen.

    Of the keys ``…text`` waits until that is seen, and ``~key`` does not wait for what it starts.
    """

    keys: tuple[str, ...] = ()
    place: Callable[[Path], Place] | None = TrainingPlace
    kubeconfig: str = ""
    read_only: bool = False
    before: Callable[[Path], None] = lambda _: None
    lasting: bool = False
    """Whether a thread works as long as one looks."""
    sizes: tuple[tuple[int, int], ...] = (SMALL, COMFORTABLE)

    @contextlib.asynccontextmanager
    async def played(self, folder: Path) -> AsyncIterator[Driver]:
        """Open the app, small first, and go to what is to be seen."""
        self.before(folder)
        app = self._app(folder)
        async with app.run_test(size=self.sizes[0], notifications=True) as pilot:
            driver = Driver(app, pilot)
            app.animation_level = "none"
            if self.place is not SlowScan:
                await driver.settle()
                await driver.until(lambda: self._opened(driver))
                await driver.settle()
            for key in self.keys:
                await self._do(driver, key)
            yield driver
            place = app.desk.session and app.desk.session.place
            if isinstance(place, SlowScan | SlowWrite):
                place.go.set()
            if self.lasting:
                await pilot.press("w")

    def _opened(self, driver: Driver) -> bool:
        """Whether the first screen has what it waits for: a scan, or why there is none."""
        scanned = driver.app.desk.scan is not None or driver.crumb == "ErrorScreen"
        return self.place is None or scanned

    def _app(self, folder: Path) -> HardeningApp:
        config = Path("config")
        if self.kubeconfig:
            config.write_text(self.kubeconfig)
        return HardeningApp(
            folder,
            way=partial(self.place, folder) if self.place else None,
            read_only=self.read_only,
            kubeconfig=config if self.kubeconfig else None,
            clock=lambda: NOW + 125,
        )

    async def _do(self, driver: Driver, key: str) -> None:
        if key.startswith("…"):
            await driver.until(lambda: key[1:] in driver.text)
        elif key.startswith("~"):
            await driver.pilot.press(key[1:])
        else:
            await driver.press(key)
            await driver.until(lambda: not driver.app.desk.scanning or self.lasting)


def interrupted(folder: Path) -> None:
    """Leave a change behind whose end nobody wrote down."""
    session = Session(TrainingPlace(folder), folder)
    scan = session.scan()
    found = next(one for one in scan.findings if one.check == "net-no-default-deny-ingress")
    plan = session.plan(scan, [found])
    planned = plan.changes[0]
    session.history.journal.intend(
        cluster=plan.source.cluster_uid,
        place=plan.source.name,
        kind=planned.change.kind,
        title=planned.change.title,
        digest=planned.digest,
        findings=planned.findings,
        records=[record_of(bound) for bound in planned.bound],
    )
    session.close()


def files(_folder: Path) -> Place:
    """Open a manifest."""
    file = Path("shop.yaml")
    file.write_text(MANIFEST)
    return open_files([str(file)])


def taken_back(folder: Path) -> None:
    """Claim a mission to be done whose attack works."""
    Progress(folder).keep("rbac", 5)


def _typed(text: str) -> tuple[str, ...]:
    names = {":": "colon", "/": "slash", ".": "full_stop", "-": "minus", " ": "space"}
    return tuple(names.get(char, char) for char in text)


SECCOMP = ("6", "j", "j")
"""The worst finding of the runtime area that has a fix."""
APPLY = ("a", "a", "tab", "enter", "…Undo in a shell")
ATTACKED = ("n", "x")
FIXED = ("enter", "enter", "a", "tab", "enter", "…Undo in a shell", "escape", "…attack again.")

SCENES: dict[str, Scene] = {
    # The choice of a cluster.
    "contexts": Scene(place=None, kubeconfig=KUBECONFIG),
    "contexts-none": Scene(place=None),
    "contexts-broken": Scene(place=None, kubeconfig="contexts: ["),
    "login": Scene(("G", "enter", *_typed("https://10.0.0.1")), place=None, kubeconfig=KUBECONFIG),
    "login-refused": Scene(
        ("G", "enter", *_typed("https://10.0.0.1"), "enter", *"token", "enter", "…keyring"),
        place=None,
        kubeconfig=KUBECONFIG,
    ),
    "error-expired": Scene(place=LoggedOut),
    "error-no-permission": Scene(place=Closed),
    "error-unreachable": Scene(place=Silent),
    # The overview.
    "overview": Scene(),
    "overview-scanning": Scene(("…500 of 10,000",), place=SlowScan, lasting=True),
    "overview-stopped": Scene(
        ("…500 of 10,000", "~escape", "…press r"), place=SlowScan, lasting=True
    ),
    "overview-not-scanned": Scene(("enter",), place=Silent),
    "overview-after": Scene(("2", "A", *APPLY, "escape", "escape")),
    "overview-hidden": Scene(place=Hidden),
    "overview-interrupted": Scene(before=interrupted),
    "overview-production": Scene(place=Production),
    "overview-files": Scene(place=files),
    # The areas.
    "area-rbac": Scene(("1",)),
    "area-network": Scene(("2",)),
    "reach": Scene(("2", "P", "…Shown: now")),
    "reach-after": Scene(("2", "P", "…Shown: now", *("down",) * 9, *("right",) * 9, "f")),
    "reach-within": Scene(("2", "P", "…Shown: now", "j", "l", "enter", "…in ci")),
    "area-pod-security": Scene(("3",)),
    "area-pod-security-picture": Scene(("3", "P", "…Restricted:")),
    "area-images": Scene(("4",)),
    "area-images-picture": Scene(("4", "P")),
    "access": Scene(("1", "P", "…└")),
    "access-picture": Scene(("1", "P", "…└", "enter", "G")),
    "area-secrets": Scene(("5",)),
    "area-runtime": Scene(("6",)),
    "area-audit": Scene(("7",)),
    "area-marked": Scene(("3", "space", "space", "j", "space")),
    "area-filtered": Scene(("6", "slash", *"shop", "enter")),
    "area-filtering": Scene(("6", "slash", *"shop")),
    "area-no-match": Scene(("6", "slash", *"zebra")),
    "area-grouped": Scene(("6", "b", "b", "j", "j", "j", "space")),
    "area-folded": Scene(("6", "b", "h", "j", "h")),
    "area-unknown": Scene(("1",), place=Hidden),
    "area-passed": Scene(("2", "A", *APPLY, "escape")),
    "overview-wide": Scene(sizes=(WIDE,)),
    "area-wide": Scene(("6",), sizes=(WIDE,)),
    "area-tiny": Scene(("6",), sizes=TINY),
    "overview-tiny": Scene(sizes=TINY),
    "area-scanning": Scene(("…500 of 10,000", "~3"), place=SlowScan, lasting=True),
    # One finding.
    "lesson": Scene(("2", "L")),
    "lesson-end": Scene(("2", "L", "G")),
    "evidence": Scene(("4", "E")),
    "diff": Scene((*SECCOMP, "d")),
    "diff-group": Scene(("1", "d")),
    "diff-split": Scene((*SECCOMP, "d", "t"), sizes=(COMFORTABLE,)),
    "diff-artefact": Scene(("7", "d")),
    # From the plan to the journal.
    "review": Scene(("3", "j", "j", "space", *SECCOMP, "space", "space", "7", "space", "a")),
    "review-unfixed": Scene(("4", "A", "a", "G")),
    "review-refused": Scene((*CLOSE, "space", "a"), place=Strict),
    "review-read-only": Scene((*CLOSE, "space", "a"), read_only=True),
    "review-files": Scene(("3", "space", "a"), place=files),
    "review-artefact": Scene(("7", "space", "a")),
    "confirm": Scene((*CLOSE, "space", "7", "space", "a", "a")),
    "confirm-own": Scene((*CLOSE, "space", "a", "a"), place=Own),
    "confirm-production": Scene(
        (*CLOSE, "space", "a", "a", "tab", *_typed("prod-")), place=Production
    ),
    "confirm-undo": Scene(("1", "space", *APPLY, "u", "a")),
    "applying": Scene(
        (*CLOSE, "space", "space", "a", "a", "tab", "~enter", "…writing"),
        place=SlowWrite,
        lasting=True,
    ),
    "applying-rollout": Scene(
        (*SECCOMP, "space", "a", "a", "tab", "~enter", "…rolling"), lasting=True
    ),
    "result": Scene((*CLOSE, "space", "space", "7", "space", *APPLY)),
    "result-partly": Scene(
        (*CLOSE, "space", "space", "space", "a", "a", "tab", "enter", "…failed", "j"),
        place=Refusing,
    ),
    "journal": Scene((*CLOSE, "space", "space", *APPLY, "J")),
    "journal-empty": Scene(("J",)),
    "journal-undone": Scene((*CLOSE, "space", *APPLY, "u", "a", "tab", "enter", "…undone", "J")),
    "journal-interrupted": Scene(("J",), before=interrupted),
    "review-undo": Scene((*CLOSE, "space", *APPLY, "J", "u")),
    "export": Scene(("7", "space", "e")),
    "export-written": Scene(("7", "space", "e", "f2", "…written")),
    # Help and settings.
    "help": Scene(("5", "question_mark")),
    "help-end": Scene(("5", "question_mark", "G")),
    "palette": Scene(("colon",)),
    "settings": Scene(("S",)),
    "settings-of-a-cluster": Scene(("S",), place=Own),
    "settings-key": Scene(("S", "j", "j", "j", "enter")),
    # The missions.
    "missions": Scene(("M",)),
    "missions-taken-back": Scene(("M",), before=taken_back),
    "missions-elsewhere": Scene(("M",), place=files),
    "mission": Scene(("M", "enter")),
    "mission-attacked": Scene(("M", "enter", *ATTACKED)),
    "mission-fix": Scene(("M", "enter", *ATTACKED, "enter")),
    "mission-again": Scene(("M", "g", "j", "j", "enter", *ATTACKED, *FIXED)),
    "mission-read": Scene(("M", "g", "j", "j", "enter", *ATTACKED, *FIXED, "enter", "enter")),
    "mission-done": Scene(
        ("M", "g", "j", "j", "enter", *ATTACKED, *FIXED, "enter", "enter", "enter")
    ),
    "mission-runbook": Scene(("M", "g", *"jjjj", "enter", *ATTACKED, "enter")),
    "mission-carry-out": Scene(("M", "g", *"jjjj", "enter", *ATTACKED, "enter", "enter")),
}
