"""seccompProfile_restricted: somebody must choose a profile."""

from k8sharden.analysis.pod_security.controls.seccomp_profile_restricted import CONTROL
from tests.analysis.pod_security.pods import said, web

CHOSEN = {"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "x"}}}


def test_no_profile_is_refused() -> None:
    """Neither the pod nor the container says anything."""
    assert said(CONTROL, web(), 19) == (
        'seccompProfile (pod or container "web" must set securityContext.seccompProfile.type '
        'to "RuntimeDefault" or "Localhost")'
    )


def test_the_pod_speaks_for_its_containers() -> None:
    """What a container leaves open the pod decides."""
    assert said(CONTROL, {**web(), **CHOSEN}) == ""


def test_a_container_speaks_for_itself() -> None:
    """The pod may be silent where every container chooses."""
    assert said(CONTROL, web(seccompProfile={"type": "RuntimeDefault"})) == ""


def test_a_container_may_not_undo_the_pods_choice() -> None:
    """Switched off is told before what is missing."""
    spec = {**web(seccompProfile={"type": "Unconfined"}), **CHOSEN}
    assert said(CONTROL, spec) == (
        'seccompProfile (container "web" must not set securityContext.seccompProfile.type '
        'to "Unconfined")'
    )


def test_the_pod_may_not_switch_it_off() -> None:
    """Not even where each container chooses."""
    spec = web(seccompProfile={"type": "RuntimeDefault"})
    spec["securityContext"] = {"seccompProfile": {"type": "Unconfined"}}
    assert said(CONTROL, spec).startswith("seccompProfile (pod must not set")


def test_it_is_as_old_as_1_19() -> None:
    """There was no field before."""
    assert said(CONTROL, web(), 18) == ""
    assert said(CONTROL, web(), 19) != ""


def test_windows_is_exempt_since_1_25() -> None:
    """Only `spec.os` counts."""
    assert said(CONTROL, {**web(), "os": {"name": "windows"}}, 24) != ""
    assert said(CONTROL, {**web(), "os": {"name": "windows"}}, 25) == ""
    assert said(CONTROL, {**web(), "os": None}, 25) != ""
