"""capabilities_restricted: drop ALL, add back one at most."""

import pytest

from k8sharden.analysis.pod_security.controls.capabilities_restricted import CONTROL
from tests.analysis.pod_security.pods import said, web

MUST_DROP = 'container "web" must set securityContext.capabilities.drop=["ALL"]'


@pytest.mark.parametrize("drop", [None, [], ["all"], ["NET_RAW"], ["CAP_ALL"]])
def test_all_must_be_dropped(drop: list[str] | None) -> None:
    """Dropping some, or ALL in another spelling, is not enough."""
    spec = web(capabilities={"drop": drop})
    assert said(CONTROL, spec, 22) == f"unrestricted capabilities ({MUST_DROP})"


def test_a_missing_security_context_is_refused() -> None:
    """Nothing said means that the runtime's capabilities are kept."""
    assert said(CONTROL, {"containers": [{"name": "web"}]}).endswith(f"({MUST_DROP})")


def test_nothing_else_may_be_added() -> None:
    """Both faults of one container are told, the drop first."""
    spec = web(capabilities={"add": ["CHOWN", "NET_BIND_SERVICE"]})
    add = 'container "web" must not include "CHOWN" in securityContext.capabilities.add'
    assert said(CONTROL, spec) == f"unrestricted capabilities ({MUST_DROP}; {add})"


@pytest.mark.parametrize("add", [None, [], ["NET_BIND_SERVICE"]])
def test_the_one_exception_is_admitted(add: list[str] | None) -> None:
    """Listening on a low port is allowed."""
    assert said(CONTROL, web(capabilities={"drop": ["X", "ALL"], "add": add})) == ""


def test_it_is_as_old_as_1_22() -> None:
    """Older policies do not ask for it."""
    assert said(CONTROL, web(), 21) == ""
    assert said(CONTROL, web(), 22) != ""


def test_windows_is_exempt_since_1_25() -> None:
    """Only `spec.os` counts."""
    assert said(CONTROL, {**web(), "os": {"name": "windows"}}, 24) != ""
    assert said(CONTROL, {**web(), "os": {"name": "windows"}}, 25) == ""
    assert said(CONTROL, {**web(), "os": {"name": "linux"}}, 25) != ""
