"""windowsHostProcess: processes of a Windows node."""

import pytest

from k8sharden.analysis.pod_security.controls.windows_host_process import CONTROL
from tests.analysis.pod_security.pods import Json, said, web

MUST_NOT = "must not set securityContext.windowsOptions.hostProcess=true"


def test_pod_and_container_are_refused() -> None:
    """Each on its own, and both in one sentence."""
    asked = {"windowsOptions": {"hostProcess": True}}
    assert said(CONTROL, web(**asked), 0) == f'hostProcess (container "web" {MUST_NOT})'
    assert said(CONTROL, {"securityContext": asked}, 0) == f"hostProcess (pod {MUST_NOT})"
    both = {**web(**asked), "securityContext": asked}
    assert said(CONTROL, both) == f'hostProcess (pod and container "web" {MUST_NOT})'


@pytest.mark.parametrize("options", [None, {}, {"hostProcess": False}, {"hostProcess": None}])
def test_other_options_are_admitted(options: Json | None) -> None:
    """False, null and undefined mean the same."""
    assert said(CONTROL, web(windowsOptions=options)) == ""
