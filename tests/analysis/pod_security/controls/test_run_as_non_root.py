"""runAsNonRoot: somebody must say true, and nobody false."""

from k8sharden.analysis.pod_security.controls.run_as_non_root import CONTROL
from tests.analysis.pod_security.pods import said, web

POD_TRUE = {"securityContext": {"runAsNonRoot": True}}
POD_FALSE = {"securityContext": {"runAsNonRoot": False}}


def test_silence_is_refused() -> None:
    """Neither the pod nor the container says anything."""
    assert said(CONTROL, web(), 0) == (
        'runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)'
    )


def test_pod_or_container_may_say_it() -> None:
    """The pod for its containers, or each container for itself."""
    assert said(CONTROL, {**web(), **POD_TRUE}) == ""
    assert said(CONTROL, web(runAsNonRoot=True)) == ""


def test_false_is_refused_wherever_it_stands() -> None:
    """Also where the other one says true."""
    must_not = "must not set securityContext.runAsNonRoot=false"
    assert said(CONTROL, {**web(runAsNonRoot=False), **POD_TRUE}) == (
        f'runAsNonRoot != true (container "web" {must_not})'
    )
    assert said(CONTROL, {**web(runAsNonRoot=True), **POD_FALSE}) == (
        f"runAsNonRoot != true (pod {must_not})"
    )


def test_only_the_silent_containers_are_named() -> None:
    """A container that says true is not at fault."""
    spec = {"containers": [*web(runAsNonRoot=True)["containers"], {"name": "sidecar"}]}
    assert 'pod or container "sidecar" must' in said(CONTROL, spec)


def test_user_namespaces_relax_it_since_1_35() -> None:
    """Only where `hostUsers` says false."""
    assert said(CONTROL, {**web(), "hostUsers": False}, 34) != ""
    assert said(CONTROL, {**web(), "hostUsers": False}, 35) == ""
    assert said(CONTROL, {**web(), "hostUsers": True}, 35) != ""


def test_windows_is_not_exempt() -> None:
    """Unlike the other controls of this level."""
    assert said(CONTROL, {**web(), "os": {"name": "windows"}}) != ""
