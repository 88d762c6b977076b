"""allowPrivilegeEscalation: it must be switched off, in words."""

import pytest

from k8sharden.analysis.pod_security.controls.allow_privilege_escalation import CONTROL
from tests.analysis.pod_security.pods import said, web


@pytest.mark.parametrize("value", [None, True])
def test_anything_but_false_is_refused(value: bool | None) -> None:  # noqa: FBT001 - the value
    """Undefined means true."""
    assert said(CONTROL, web(allowPrivilegeEscalation=value), 8) == (
        'allowPrivilegeEscalation != false (container "web" must set '
        "securityContext.allowPrivilegeEscalation=false)"
    )


def test_a_missing_security_context_is_refused() -> None:
    """Every container at fault is named."""
    assert 'containers "a", "b" must' in said(
        CONTROL, {"containers": [{"name": "a"}, {"name": "b"}]}
    )


def test_false_is_admitted() -> None:
    """The one allowed value."""
    assert said(CONTROL, web(allowPrivilegeEscalation=False)) == ""


def test_it_is_as_old_as_1_8() -> None:
    """The field did not exist before."""
    assert said(CONTROL, web(), 7) == ""
    assert said(CONTROL, web(), 8) != ""


def test_windows_is_exempt_since_1_25() -> None:
    """Only `spec.os` counts: a node selector is no promise."""
    assert said(CONTROL, {**web(), "os": {"name": "windows"}}, 24) != ""
    assert said(CONTROL, {**web(), "os": {"name": "windows"}}, 25) == ""
    selected = {**web(), "nodeSelector": {"kubernetes.io/os": "windows"}}
    assert said(CONTROL, selected, 25) != ""
