"""The connection breaks, or the token expires, in the middle of an apply to a real API server."""

from pathlib import Path

import pytest

from k8sharden.changes.entry import State
from k8sharden.places.connecting import open_cluster
from k8sharden.session import Session
from tests.changes.faults.killed import undo_all
from tests.e2e.company import snapshot
from tests.e2e.proxy import Answered, Asked, Forward, between, through
from tests.e2e.run import Person
from tests.screens.driver import CLOSE, Driver, opened, run
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

CHOSEN = ("--check", "net-no-default-deny-ingress")
SECOND = 3
"""Writes up to the first of the second change: ci gets two policies, and default one."""

EXPIRED = b'{"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized", "code": 401}'


class Ending:
    """Lets a number of writes through; then the line is dead, or the token has expired."""

    def __init__(self, writes: int, *, dead: bool) -> None:
        self._left = writes
        self._dead = dead

    def __call__(self, asked: Asked, forward: Forward) -> Answered | None:
        """Pass a request on while that is still so; the last write lands in any case."""
        if not self._left:
            return None if self._dead else Answered(401, {}, EXPIRED)
        last = False
        if asked.writes and not asked.dry:
            self._left -= 1
            last = not self._left
        answer = forward()
        return None if last and self._dead else answer


def put_back(company: ControlPlane, state: Path) -> None:
    """Take back what stands."""
    session = Session(open_cluster(kubeconfig=company.kubeconfig()), state)
    assert session.history.interrupted(session.place.source()) == ()
    rest = undo_all(session)
    assert not rest.unfixed
    session.apply(rest, rest.digest)
    session.close()


def states(state: Path, company: ControlPlane) -> list[State]:
    """Return the states of the journal's entries, oldest first."""
    session = Session(open_cluster(kubeconfig=company.kubeconfig()), state)
    found = [entry.state for entry in session.history.entries()][::-1]
    session.close()
    return found


@pytest.mark.parametrize("dead", [True, False], ids=["broken", "expired"])
def test_by_the_command_line(company: ControlPlane, tmp_path: Path, *, dead: bool) -> None:
    """What was written is known, what nobody can know is said, and the next command finds out."""
    before = snapshot(company)
    person = Person(tmp_path, KUBECONFIG=str(company.kubeconfig()))
    digest = person("plan", *CHOSEN, "-o", "json").json()["digest"]
    with between(company, Ending(SECOND, dead=dead)) as address:
        config = str(through(address, company.kubeconfig(), tmp_path))
        words = (*CHOSEN, "--kubeconfig", config, "--yes", "--digest", digest)
        done = person("apply", *words)
    assert done.code == 5, done
    assert "Traceback" not in done.err
    assert done.err.count("verified: ") == 1
    assert "skipped: " in done.err
    assert "Whether the findings are gone could not be told" in done.err
    if dead:
        assert "is not known" in done.err
        assert states(tmp_path / "state", company) == [State.VERIFIED, State.INTENDED]
        assert "all of it is on the cluster" in person("journal", "recover").err
        assert states(tmp_path / "state", company) == [State.VERIFIED, State.VERIFIED]
    else:
        assert "were refused (401): they may have expired" in done.err
        assert states(tmp_path / "state", company) == [State.VERIFIED, State.APPLIED]
    put_back(company, tmp_path / "state")
    assert snapshot(company) == before


@pytest.mark.parametrize("dead", [True, False], ids=["broken", "expired"])
def test_in_the_app(company: ControlPlane, tmp_path: Path, *, dead: bool) -> None:
    """The result says what is known; the next start names what is not, and finds it out."""
    before = snapshot(company)

    async def apply(config: Path) -> None:
        place = open_cluster(kubeconfig=config)
        async with opened(tmp_path, place=place) as driver:
            await driver.press(*CLOSE, "space", "space", "space", "a")
            await confirm(driver, place.name)
            # The findings are looked at again, which cannot be done any more.
            await driver.until(lambda: driver.crumb == "ErrorScreen", seconds=60)
            assert ("cannot be used" if dead else "does not accept the creden") in driver.text
            await driver.press("enter")
            assert driver.crumb == "result"
            assert "1 of 3 changes done" in driver.text
            assert ("not known" if dead else "401") in await details(driver)

    async def again() -> None:
        place = open_cluster(kubeconfig=company.kubeconfig())
        async with opened(tmp_path, place=place) as driver:
            assert ("1 change was interrupted" in driver.text) is dead
            await driver.press("J")
            if dead:
                await driver.press("s")
                await driver.until(lambda: State.INTENDED not in states(tmp_path, company))

    with between(company, Ending(SECOND, dead=dead)) as address:
        run(apply(through(address, company.kubeconfig(), tmp_path)))
    run(again())
    put_back(company, tmp_path)
    assert snapshot(company) == before


async def confirm(driver: Driver, name: str) -> None:
    """Approve the review."""
    await driver.until(lambda: driver.crumb == "review")
    await driver.press("a", "shift+tab")
    await driver.press(*name, "tab", "enter")


async def details(driver: Driver) -> str:
    """Return all that the result says, change by change."""
    said = driver.text
    for _ in range(3):
        await driver.press("down")
        said += driver.text
    return said
