"""restrictedVolumes: where volumes may come from."""

import pytest

from k8sharden.analysis.pod_security.controls.restricted_volumes import ALLOWED, CONTROL
from tests.analysis.pod_security.pods import Json, said

REFUSED = [
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi",
    "glusterfs", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile",
    "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume", "scaleIO",
    "storageos",
]  # fmt: skip


@pytest.mark.parametrize("source", REFUSED)
def test_other_sources_are_refused(source: str) -> None:
    """Volume and source are named."""
    assert said(CONTROL, {"volumes": [{"name": "data", source: {}}]}, 0) == (
        f'restricted volume types (volume "data" uses restricted volume type "{source}")'
    )


def test_a_source_of_the_future_is_refused() -> None:
    """What is not known to be harmless is not admitted."""
    assert 'volume type "unknown"' in said(CONTROL, {"volumes": [{"name": "data", "new": {}}]})


def test_several_are_told_together() -> None:
    """Volumes in the order of the pod, sources sorted and once."""
    volumes = [{"name": "c", "nfs": {}}, {"name": "b", "iscsi": {}}, {"name": "a", "nfs": {}}]
    assert said(CONTROL, {"volumes": volumes}) == (
        'restricted volume types (volumes "c", "b", "a" use restricted volume types "iscsi", "nfs")'
    )


@pytest.mark.parametrize("source", sorted(ALLOWED))
def test_sources_in_the_api_are_admitted(source: str) -> None:
    """The nine of the standard."""
    assert said(CONTROL, {"volumes": [{"name": "data", source: {}, "nfs": None}]}) == ""


@pytest.mark.parametrize("volume", [{"name": "data"}, {"name": "data", "hostPath": None}])
def test_no_source_is_an_empty_folder(volume: Json) -> None:
    """The API server makes it an emptyDir before it evaluates."""
    assert said(CONTROL, {"volumes": [volume]}) == ""


def test_no_more_sources_are_allowed() -> None:
    """A name added to the list would show here."""
    assert len(ALLOWED) == 9
