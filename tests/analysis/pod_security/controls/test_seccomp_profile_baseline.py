"""seccompProfile_baseline: annotations up to 1.18, then the field."""

import pytest

from k8sharden.analysis.pod_security.controls.seccomp_profile_baseline import CONTROL
from tests.analysis.pod_security.pods import said, web

POD = "seccomp.security.alpha.kubernetes.io/pod"
WEB = "container.seccomp.security.alpha.kubernetes.io/web"


@pytest.mark.parametrize("key", [POD, WEB])
def test_annotations_that_switch_it_off_are_refused(key: str) -> None:
    """Of the pod, or of a container."""
    assert said(CONTROL, web(), 18, {key: "unconfined"}) == (
        f'seccompProfile (forbidden annotation {key}="unconfined")'
    )


def test_annotations_come_sorted() -> None:
    """Both are listed, by key, quoted as Go does."""
    notes = {POD: 'a"b', WEB: ""}
    assert said(CONTROL, web(), 0, notes) == (
        f'seccompProfile (forbidden annotations {WEB}="", {POD}="a\\"b")'
    )


@pytest.mark.parametrize("value", ["runtime/default", "docker/default", "localhost/mine"])
def test_annotations_with_a_profile_are_admitted(value: str) -> None:
    """The runtime's profile by either name, or one of the node's."""
    assert said(CONTROL, web(), 18, {POD: value, WEB: value}) == ""


def test_the_annotation_of_no_container_does_not_count() -> None:
    """Only containers that the pod has."""
    assert said(CONTROL, web(), 18, {WEB + "-gone": "unconfined"}) == ""


@pytest.mark.parametrize("kind", ["Unconfined", "", "runtime/default"])
def test_other_profiles_are_refused(kind: str) -> None:
    """Whatever is neither the runtime's profile nor a local one."""
    spec = {
        **web(seccompProfile={"type": kind}),
        "securityContext": {"seccompProfile": {"type": kind}},
    }
    assert said(CONTROL, spec, 19) == (
        'seccompProfile (pod and container "web" must not set '
        f'securityContext.seccompProfile.type to "{kind}")'
    )


@pytest.mark.parametrize("profile", [None, {"type": "RuntimeDefault"}, {"type": "Localhost"}])
def test_profiles_are_admitted(profile: dict[str, str] | None) -> None:
    """The two that filter; and none at all, which is the node's choice."""
    assert said(CONTROL, web(seccompProfile=profile)) == ""


def test_the_field_replaced_the_annotations_in_1_19() -> None:
    """Each version looks at one of them."""
    off = web(seccompProfile={"type": "Unconfined"})
    assert said(CONTROL, off, 18) == ""
    assert said(CONTROL, off, 19) != ""
    assert said(CONTROL, web(), 19, {POD: "unconfined"}) == ""
