"""hostPorts: ports of the node."""

from k8sharden.analysis.pod_security.controls.host_ports import CONTROL
from tests.analysis.pod_security.pods import Json, said


def _container(name: str, *ports: int | None) -> Json:
    return {"name": name, "ports": [{"containerPort": 80, "hostPort": port} for port in ports]}


def test_one_port_is_refused() -> None:
    """Container and port are named."""
    assert said(CONTROL, {"containers": [_container("web", 80)]}, 0) == (
        'hostPort (container "web" uses hostPort 80)'
    )


def test_ports_are_listed_once_and_as_text() -> None:
    """443 comes before 80, and a port that two containers share appears once."""
    spec = {"containers": [_container("web", 80, 443), _container("b", 80), _container("c", 0)]}
    assert said(CONTROL, spec) == 'hostPort (containers "web", "b" use hostPorts 443, 80)'


def test_zero_and_null_are_admitted() -> None:
    """Zero, null and undefined mean that no port is bound; so does a null list."""
    assert said(CONTROL, {"containers": [_container("web", 0, None)]}) == ""
    assert said(CONTROL, {"containers": [{"name": "web", "ports": None}]}) == ""
