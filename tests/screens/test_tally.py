"""What the overview says of one area, within its columns."""

from pathlib import Path

import pytest

from k8sharden.analysis.assess import Assessment, Tally
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.kinds import PODS
from k8sharden.session import Scan
from screens.desk import Desk
from screens.rows import shelve
from screens.tally import FAILING, tally


def _desk(counts: dict[Severity, int]) -> Desk:
    found = tuple(
        Finding(
            "c", Area.IMAGES, severity, Status.FAIL, PODS.ref("shop", f"{severity}-{n}"), "Bad."
        )
        for severity, count in counts.items()
        for n in range(count)
    )
    areas = {area: Tally(len(found) if area is Area.IMAGES else 0) for area in Area}
    inventory = Inventory(Source(SourceKind.DEMO, "training"), {}, {})
    desk = Desk(Path("nowhere"), read_only=True)
    desk.take(shelve(Scan(inventory, Assessment(found, areas))))
    return desk


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1, 2, 0, 1), "1 critical, 2 high, 1 low"),
        ((4, 14, 20, 40), "4 crit, 14 high, 20 med, 40 low"),
        ((9, 110, 120, 130), "9 crit, 110 high, 120 med, 130 low"),
    ],
)
def test_every_severity_is_told_within_the_column(counts: tuple[int, ...], said: str) -> None:
    """The words get shorter before any number is cut off."""
    failing, _, _ = tally(_desk(dict(zip(Severity, counts, strict=True))), Area.IMAGES)
    assert failing.plain == said
    assert len(said) <= FAILING
