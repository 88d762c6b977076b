"""hostPathVolumes: folders of the node."""

from k8sharden.analysis.pod_security.controls.host_path_volumes import CONTROL
from tests.analysis.pod_security.pods import said


def test_host_paths_are_refused_by_volume() -> None:
    """The volumes are named, not the folders; other volumes are not mentioned."""
    volumes = [
        {"name": "logs", "hostPath": {"path": "/var/log"}},
        {"name": "scratch", "emptyDir": {}},
        {"name": "root", "hostPath": {}},
    ]
    assert said(CONTROL, {"volumes": volumes[:2]}, 0) == 'hostPath volumes (volume "logs")'
    assert said(CONTROL, {"volumes": volumes}, 0) == 'hostPath volumes (volumes "logs", "root")'


def test_no_host_path_is_admitted() -> None:
    """A null source is no source, and a null list is no volume."""
    assert said(CONTROL, {"volumes": [{"name": "x", "hostPath": None, "emptyDir": {}}]}) == ""
    assert said(CONTROL, {"volumes": None}) == ""
