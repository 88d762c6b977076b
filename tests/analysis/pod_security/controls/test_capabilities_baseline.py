"""capabilities_baseline: additions beyond the usual set."""

import pytest

from k8sharden.analysis.pod_security.controls.capabilities_baseline import ALLOWED, CONTROL
from tests.analysis.pod_security.pods import said, web


@pytest.mark.parametrize("name", ["NET_RAW", "SYS_ADMIN", "ALL", "CAP_CHOWN", "chown"])
def test_other_capabilities_are_refused(name: str) -> None:
    """Unusual ones are refused, NET_RAW too, and so is any other spelling of a usual one."""
    assert said(CONTROL, web(capabilities={"add": [name]}), 0) == (
        f'non-default capabilities (container "web" must not include "{name}" '
        "in securityContext.capabilities.add)"
    )


def test_several_are_listed_once_in_order() -> None:
    """Capabilities come sorted, each once, and usual ones are not mentioned."""
    spec = web(capabilities={"add": ["SYS_TIME", "CHOWN", "NET_RAW", "SYS_TIME"]})
    assert '"NET_RAW", "SYS_TIME"' in said(CONTROL, spec)


@pytest.mark.parametrize("add", [None, [], sorted(ALLOWED)])
def test_the_usual_ones_are_admitted(add: list[str] | None) -> None:
    """Nothing added, or only what the runtime gives anyway."""
    assert said(CONTROL, web(capabilities={"add": add})) == ""


def test_the_usual_set_is_the_standards_own() -> None:
    """The thirteen names of the standard, and none besides."""
    assert len(ALLOWED) == 13
