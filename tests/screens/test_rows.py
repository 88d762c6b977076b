"""The rows of the lists of findings."""

from k8sharden.analysis.assess import Assessment
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.kinds import PODS
from k8sharden.session import Scan
from screens.rows import shelve

ODD = PODS.ref("shop", "odd")
CHECKS = {
    "rt-rofs": Area.RUNTIME,
    "rt-seccomp": Area.RUNTIME,
    "pss-privileged": Area.POD_SECURITY,
}


def test_what_is_unknown_for_one_reason_is_one_row_of_each_area() -> None:
    """The row names its checks, a filter finds it by each, and all still count."""
    found = tuple(
        Finding(check, area, Severity.LOW, Status.UNKNOWN, ODD, "It could not be read.")
        for check, area in CHECKS.items()
    )
    inventory = Inventory(Source(SourceKind.DEMO, "training"), {}, {})
    shelf = shelve(Scan(inventory, Assessment(found, {})))
    (row,) = shelf.areas[Area.RUNTIME]
    assert row.id == found[0].id
    assert "rt-rofs, rt-seccomp" in row.finding.message
    assert "rt-seccomp" in row.text
    (alone,) = shelf.areas[Area.POD_SECURITY]
    assert alone.finding is found[2]
    assert shelf.unknown == len(found) == len(shelf.rows)
