"""appArmorProfile: the field and the older annotation."""

import pytest

from k8sharden.analysis.pod_security.controls.app_armor_profile import CONTROL
from tests.analysis.pod_security.pods import said, web

KEY = "container.apparmor.security.beta.kubernetes.io/web"


@pytest.mark.parametrize("kind", ["Unconfined", "", "Other"])
def test_other_profiles_are_refused(kind: str) -> None:
    """Whatever is neither the runtime's profile nor a local one."""
    assert said(CONTROL, web(appArmorProfile={"type": kind}), 0) == (
        'forbidden AppArmor profile (container "web" must not set AppArmor profile type '
        f'to "{kind}")'
    )


def test_pod_container_and_annotation_are_told_together() -> None:
    """Everything that sets a bad profile is listed in one sentence."""
    spec = {
        **web(appArmorProfile={"type": "Unconfined"}),
        "securityContext": {"appArmorProfile": {"type": "Unconfined"}},
    }
    assert said(CONTROL, spec, annotations={KEY: "unconfined"}) == (
        'forbidden AppArmor profiles (pod and container "web" and annotation must not set '
        f'AppArmor profile type to "Unconfined", "{KEY}="unconfined"")'
    )


@pytest.mark.parametrize("value", ["unconfined", "localhost", "RuntimeDefault"])
def test_an_annotation_alone_is_refused(value: str) -> None:
    """The annotation counts for any name, also one that no container has."""
    assert said(CONTROL, web(), annotations={KEY + "-gone": value}).startswith(
        "forbidden AppArmor profile (annotation must not set"
    )


@pytest.mark.parametrize("value", ["", "runtime/default", "localhost/", "localhost/mine"])
def test_annotations_with_a_profile_are_admitted(value: str) -> None:
    """The runtime's profile, or one of the node's."""
    assert said(CONTROL, web(), annotations={KEY: value, "other": "unconfined"}) == ""


@pytest.mark.parametrize("profile", [None, {"type": "RuntimeDefault"}, {"type": "Localhost"}])
def test_profiles_are_admitted(profile: dict[str, str] | None) -> None:
    """The two that confine, and none at all: the runtime then uses its own."""
    assert said(CONTROL, web(appArmorProfile=profile)) == ""


def test_an_allowed_profile_is_not_told() -> None:
    """Only what is wrong, beside a container that is right."""
    good = web(appArmorProfile={"type": "RuntimeDefault"})["containers"]
    bad = web(appArmorProfile={"type": "Unconfined"})["containers"]
    assert said(CONTROL, {"containers": [*good, *bad]}).endswith('profile type to "Unconfined")')
