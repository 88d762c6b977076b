"""runAsUser: not user 0."""

import pytest

from k8sharden.analysis.pod_security.controls.run_as_user import CONTROL
from tests.analysis.pod_security.pods import said, web


def test_root_is_refused() -> None:
    """For the pod, for a container, and for both in one sentence."""
    root = {"runAsUser": 0}
    assert said(CONTROL, web(**root), 23) == (
        'runAsUser=0 (container "web" must not set runAsUser=0)'
    )
    assert said(CONTROL, {"securityContext": root}) == "runAsUser=0 (pod must not set runAsUser=0)"
    assert said(CONTROL, {**web(**root), "securityContext": root}) == (
        'runAsUser=0 (pod and container "web" must not set runAsUser=0)'
    )


@pytest.mark.parametrize("user", [None, 1, 65535])
def test_other_users_are_admitted(user: int | None) -> None:
    """Also none: runAsNonRoot then decides by the image."""
    assert said(CONTROL, web(runAsUser=user)) == ""


def test_it_is_as_old_as_1_23() -> None:
    """Older policies do not look."""
    assert said(CONTROL, web(runAsUser=0), 22) == ""
    assert said(CONTROL, web(runAsUser=0), 23) != ""


def test_user_namespaces_relax_it_since_1_35() -> None:
    """Only where `hostUsers` says false."""
    spec = web(runAsUser=0)
    assert said(CONTROL, {**spec, "hostUsers": False}, 34) != ""
    assert said(CONTROL, {**spec, "hostUsers": False}, 35) == ""
    assert said(CONTROL, {**spec, "hostUsers": None}, 35) != ""
