"""sysctls: kernel parameters that stay within the pod."""

import pytest

from k8sharden.analysis.pod_security.controls.sysctls import ALLOWED_1_0, CONTROL
from tests.analysis.pod_security.pods import Json, said


def _spec(*names: str) -> Json:
    return {"securityContext": {"sysctls": [{"name": name, "value": "1"} for name in names]}}


def test_other_parameters_are_refused() -> None:
    """In the order of the pod, allowed ones not mentioned."""
    spec = _spec("vm.swappiness", "kernel.shm_rmid_forced", "kernel.msgmax")
    assert said(CONTROL, spec, 0) == "forbidden sysctls (vm.swappiness, kernel.msgmax)"


def test_safe_parameters_are_admitted() -> None:
    """Those of the first version, in every version; and a null list."""
    assert said(CONTROL, _spec(*ALLOWED_1_0), 0) == ""
    assert said(CONTROL, _spec(*ALLOWED_1_0)) == ""
    assert said(CONTROL, {"securityContext": {"sysctls": None}}) == ""


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_keepalive_time", 29),
        ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_keepalive_intvl", 29),
        ("net.ipv4.tcp_keepalive_probes", 29),
        ("net.ipv4.tcp_rmem", 32),
        ("net.ipv4.tcp_wmem", 32),
        ("net.ipv4.tcp_slow_start_after_idle", 37),
        ("net.ipv4.tcp_notsent_lowat", 37),
    ],
)
def test_each_version_allows_more(name: str, since: int) -> None:
    """A parameter is refused up to the version that added it."""
    assert said(CONTROL, _spec(name), since - 1) == f"forbidden sysctls ({name})"
    assert said(CONTROL, _spec(name), since) == ""
