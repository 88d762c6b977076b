"""What is unknown for one reason is told once, and nothing else is."""

import msgspec

from k8sharden.analysis.unknown import told_once
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.ref import Ref

WEB = Ref("v1", "Pod", "shop", "web")
ODD = Finding("rt-rofs", Area.RUNTIME, Severity.LOW, Status.UNKNOWN, WEB, "It could not be read.")
OTHER = msgspec.structs.replace(ODD, check="rt-seccomp")


def test_one_cause_is_told_by_the_first_with_all_its_checks() -> None:
    """The first keeps its id and names the others."""
    ((finding, count),) = told_once([ODD, OTHER])
    assert count == 2
    assert finding.id == ODD.id
    assert finding.message == "It could not be read. Open in 2 checks: rt-rofs, rt-seccomp."


def test_what_differs_stays_apart_and_in_order() -> None:
    """Another object, another reason, and what fails in the same words are rows of their own."""
    apart = [
        ODD,
        msgspec.structs.replace(OTHER, resource=Ref("v1", "Pod", "shop", "cart")),
        msgspec.structs.replace(OTHER, message="It may not be listed."),
        msgspec.structs.replace(ODD, status=Status.FAIL),
        msgspec.structs.replace(OTHER, status=Status.FAIL),
    ]
    assert told_once(apart) == [(finding, 1) for finding in apart]
