"""The overview: what is told of the stack, and which step comes next."""

from pathlib import Path

import msgspec
import pytest

from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.model.inventory import Coverage, Entry
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Scan, Session
from screens.next_step import best_area, describe, next_step
from screens.rows import Shelf, shelve
from screens.stack import UNKNOWN, stack
from tests.screens.driver import SMALL, opened, run


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Scan]:
    """Return the training cluster, scanned."""
    folder = tmp_path_factory.mktemp("overview")
    session = Session(TrainingPlace(folder), folder)
    return session, session.scan()


def without(scan: Scan, *areas: Area) -> Shelf:
    """Return the shelf of a scan that found nothing in these areas."""
    kept = tuple(finding for finding in scan.findings if finding.area not in areas)
    assessment = msgspec.structs.replace(scan.assessment, findings=kept)
    return shelve(msgspec.structs.replace(scan, assessment=assessment))


def test_rbac_and_network_come_first(scanned: tuple[Session, Scan]) -> None:
    """The checklist's first two areas come before others that are as bad; then the worst."""
    _, scan = scanned
    assert best_area(without(scan)) is Area.RBAC
    assert best_area(without(scan, Area.RBAC)) is Area.NETWORK
    third = best_area(without(scan, Area.RBAC, Area.NETWORK))
    assert third is next(f.area for f in without(scan, Area.RBAC, Area.NETWORK).scan.findings)
    assert best_area(without(scan, *Area)) is None


def test_the_next_step_tells_effort_and_risk(scanned: tuple[Session, Scan]) -> None:
    """It says where to go, how many changes that takes, and what they may disturb."""
    session, scan = scanned
    step = next_step(session, without(scan))
    assert step is not None
    told = describe(step).plain
    assert "press 1 for RBAC" in told
    assert f"Effort: {len(step.fixes)} change" in told
    assert "Risk: takes access away" in told


def test_what_was_not_read_of_the_stack_is_unknown(scanned: tuple[Session, Scan]) -> None:
    """Nodes, plugin and pods that may not be listed are unknown, never zero or none."""
    inventory = scanned[1].inventory
    told = dict(stack(inventory))
    assert told["Version"] == "v1.36.2"
    assert told["Network"] == "Calico"
    assert "linux" in told["Nodes"]
    closed = {
        kind.key: Entry(kind.key, Coverage.FORBIDDEN)
        for kind in (kinds.NODES, kinds.PODS, kinds.DAEMON_SETS)
    }
    objects = {key: items for key, items in inventory.objects.items() if key not in closed}
    told = dict(
        stack(
            msgspec.structs.replace(
                inventory, objects=objects, ledger={**inventory.ledger, **closed}
            )
        )
    )
    assert told["Nodes"] == told["Network"] == UNKNOWN
    assert told["Running"].startswith(f"pods {UNKNOWN}")


def test_the_stack_is_told_at_every_size(tmp_path: Path) -> None:
    """Beside the areas where there is room, below them where there is not."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            assert "Calico" in driver.text.split("Next:")[0]
            await driver.pilot.resize_terminal(*SMALL)
            await driver.settle()
            assert "Calico" in driver.text.split("Next:")[1]

    run(test())
