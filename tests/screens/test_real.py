"""The app on a real API server: everything is applied and undone, and a scan only reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from k8sharden.changes.journal import State
from k8sharden.places.connecting import open_cluster
from tests.e2e.company import settle, snapshot
from tests.e2e.proxy import recording, through
from tests.screens.driver import Driver, opened, run
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real API server that holds what the training cluster holds, and lets go of deletions."""
    folder = tmp_path_factory.mktemp("company")
    only = ("garbage-collector-controller",)
    with started(lambda: ControlPlane(folder, controllers=only)) as server:
        settle(server)
        yield server


async def carry_out(driver: Driver) -> None:
    """Review, type the context's name, apply without waiting for rollouts: nothing rolls here."""
    assert driver.crumb == "review"
    await driver.press("a", "shift+tab")
    await driver.press(*driver.app.desk.session.place.name, "tab")  # type: ignore[union-attr]
    await driver.pilot.press("enter")
    await driver.until(lambda: driver.crumb == "applying")
    await driver.pilot.press("w")
    await driver.until(lambda: driver.crumb == "result", seconds=120)


def test_every_kind_of_change_goes_in_and_comes_back(company: ControlPlane, tmp_path: Path) -> None:
    """Mark all in three areas, apply, undo from the result: the cluster equals its start."""
    before = snapshot(company)

    async def test() -> None:
        place = open_cluster(kubeconfig=company.kubeconfig())
        async with opened(tmp_path, place=place) as driver:
            for area in "123456":
                await driver.press(area, "A", "escape")
            await driver.press("a")
            await carry_out(driver)
            session = driver.app.desk.session
            assert session is not None
            entries = session.history.entries()
            # What is created comes inside groups: policies, roles, bindings.
            assert {entry.kind for entry in entries} == {"patch", "delete", "group"}
            assert {entry.state for entry in entries} == {State.VERIFIED}
            web = company.kubectl("get", "deployment", "web", "-n", "shop", "-o", "yaml").stdout
            assert "readOnlyRootFilesystem: true" in web
            await driver.press("U")
            await carry_out(driver)
            assert {session.history.journal.entry(e.id).state for e in entries} == {State.UNDONE}

    run(test())
    assert snapshot(company) == before


def test_looking_around_only_reads(company: ControlPlane, tmp_path: Path) -> None:
    """Scanning, reading and diffing send GETs; under --read-only reviewing writes nothing too."""

    async def test() -> None:
        with recording(company) as (address, seen):
            config = through(address, company.kubeconfig(), tmp_path)
            place = open_cluster(kubeconfig=config, read_only=True)
            async with opened(tmp_path, place=place, read_only=True) as driver:
                for area in "1234567":
                    await driver.press(area, "d", "escape", "A", "escape")
                await driver.press("s", "a", "a")
        assert len(seen) > 20
        assert {method for method, _ in seen} == {"GET"}

    run(test())
