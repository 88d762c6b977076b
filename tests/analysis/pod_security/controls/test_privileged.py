"""privileged: containers that are root on the node."""

import pytest

from k8sharden.analysis.pod_security.controls.privileged import CONTROL
from tests.analysis.pod_security.pods import said, web


def test_a_privileged_container_is_refused() -> None:
    """A container that asks for the node is named."""
    assert said(CONTROL, web(privileged=True), 0) == (
        'privileged (container "web" must not set securityContext.privileged=true)'
    )


@pytest.mark.parametrize("security", [{}, {"privileged": False}, {"privileged": None}])
def test_other_containers_are_admitted(security: dict[str, None]) -> None:
    """False, null and undefined mean the same."""
    assert said(CONTROL, web(**security)) == ""


def test_a_missing_security_context_is_admitted() -> None:
    """A container without any security context is not privileged."""
    assert said(CONTROL, {"containers": [{"name": "web", "securityContext": None}]}) == ""
