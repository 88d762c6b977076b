"""hostProbesAndHostLifecycle: probes and hooks that leave the pod."""

import pytest

from k8sharden.analysis.pod_security.controls.host_probes_and_host_lifecycle import CONTROL
from tests.analysis.pod_security.pods import Json, said

PLACES = ["livenessProbe", "readinessProbe", "startupProbe", "postStart", "preStop"]


def _spec(place: str, action: str, host: str | None) -> Json:
    handler = {action: {"host": host, "port": 80}}
    body = {place: handler} if place.endswith("Probe") else {"lifecycle": {place: handler}}
    return {"containers": [{"name": "web", **body}]}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("action", ["httpGet", "tcpSocket"])
def test_a_host_is_refused_wherever_it_stands(place: str, action: str) -> None:
    """In every probe and hook, for HTTP and TCP; the pod's own address is no exception."""
    assert said(CONTROL, _spec(place, action, "127.0.0.1"), 34) == (
        'probe or lifecycle host (container "web" uses probe or lifecycle host "127.0.0.1")'
    )


def test_containers_and_hosts_come_sorted() -> None:
    """Containers by name here, unlike in other controls; each host once."""
    probe = {"httpGet": {"host": "b"}, "tcpSocket": {"host": "a"}}
    bodies = [{"name": name, "livenessProbe": probe, "startupProbe": probe} for name in "yx"]
    assert said(CONTROL, {"containers": bodies}) == (
        'probe or lifecycle host (containers "x", "y" use probe or lifecycle hosts "a", "b")'
    )


@pytest.mark.parametrize("host", [None, ""])
def test_no_host_is_admitted(host: str | None) -> None:
    """Empty, null and undefined mean the pod itself."""
    assert said(CONTROL, _spec("livenessProbe", "httpGet", host)) == ""
    assert said(CONTROL, {"containers": [{"name": "web", "livenessProbe": {"exec": {}}}]}) == ""


def test_it_is_as_old_as_1_34() -> None:
    """Older policies do not look."""
    assert said(CONTROL, _spec("preStop", "tcpSocket", "db"), 33) == ""
