"""procMount: the masked parts of /proc."""

import pytest

from k8sharden.analysis.pod_security.controls.proc_mount import CONTROL
from tests.analysis.pod_security.pods import said, web


@pytest.mark.parametrize("value", ["Unmasked", "", "default"])
def test_anything_but_the_default_is_refused(value: str) -> None:
    """The value is told."""
    assert said(CONTROL, web(procMount=value), 0) == (
        f'procMount (container "web" must not set securityContext.procMount to "{value}")'
    )


@pytest.mark.parametrize("value", [None, "Default"])
def test_the_default_is_admitted(value: str | None) -> None:
    """Said or not said."""
    assert said(CONTROL, web(procMount=value)) == ""


def test_user_namespaces_relax_it_since_1_35() -> None:
    """Only where `hostUsers` says false."""
    spec = web(procMount="Unmasked")
    assert said(CONTROL, {**spec, "hostUsers": False}, 34) != ""
    assert said(CONTROL, {**spec, "hostUsers": False}, 35) == ""
    assert said(CONTROL, {**spec, "hostUsers": True}, 35) != ""
    assert said(CONTROL, spec, 35) != ""
