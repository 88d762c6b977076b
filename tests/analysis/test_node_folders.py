"""What the folders of a node are, however they are written."""

import pytest

from k8sharden.analysis import node_folders
from k8sharden.analysis.node_folders import folder, is_scratch, overlap
from k8sharden.model.finding import Severity


@pytest.mark.parametrize(
    ("path", "severity", "words"),
    [
        ("/", Severity.CRITICAL, "whole disk"),
        ("//", Severity.CRITICAL, "whole disk"),
        ("C:\\", Severity.CRITICAL, "whole disk"),
        ("/run/docker.sock", Severity.CRITICAL, "socket"),
        ("/var/run/docker.sock", Severity.CRITICAL, "socket"),
        ("/var/run/", Severity.CRITICAL, "socket"),
        ("\\\\.\\pipe\\containerd-containerd", Severity.CRITICAL, "socket"),
        ("/var/lib/kubelet/device-plugins", Severity.CRITICAL, "kubelet"),
        ("/var/lib", Severity.CRITICAL, "kubelet"),
        ("/var", Severity.CRITICAL, "kubelet"),
        ("/etc/kubernetes/pki", Severity.CRITICAL, "configuration"),
        ("/etc", Severity.CRITICAL, "configuration"),
        ("/etc/localtime", Severity.LOW, "time zone"),
        ("/etc/localtimes", Severity.HIGH, "settings"),
        ("/var/log/pods", Severity.HIGH, "logs"),
        ("/var/logs", Severity.HIGH, "outlive"),
        ("/dev/shm", Severity.HIGH, "shared memory"),
        ("/dev/fuse", Severity.HIGH, "devices"),
        ("/proc", Severity.HIGH, "kernel"),
        ("/run/app", Severity.HIGH, "sockets and locks"),
        ("/tmp", Severity.HIGH, "temporary files"),
        ("/srv/data", Severity.HIGH, "outlive"),
        ("", Severity.CRITICAL, "whole disk"),
    ],
)
def test_a_path_is_known_for_what_it_gives_away(path: str, severity: Severity, words: str) -> None:
    """The folder around a socket is as bad as the socket; one that only begins alike is not."""
    found = folder(path)
    assert found.severity is severity
    assert words in found.what


@pytest.mark.parametrize(
    ("path", "scratch"),
    [
        ("/tmp/app", True),
        ("/var/tmp/app/parts", True),
        ("/var/cache/app/", True),
        ("/tmp", False),
        ("/var/cache", False),
        ("/tmp/app.sock", False),
        ("/tmp/.X11-unix", False),
        ("/tmp/../etc", False),
        ("/var/lib/app", False),
        ("/data/tmp/app", False),
    ],
)
def test_only_a_programs_own_scratch_folder_may_be_lost(path: str, *, scratch: bool) -> None:
    """A whole shared folder, a file, a socket and whatever may hold data are no scratch folders."""
    assert is_scratch(path) is scratch


def test_two_paths_overlap_where_files_can_pass() -> None:
    """One folder, or one in the other; not two that begin alike."""
    assert overlap("/var/run/app/", "/run/app")
    assert overlap("/tmp/app", "/tmp/app/in")
    assert overlap("/tmp/app/in", "/tmp/app")
    assert not overlap("/tmp/app", "/tmp/application")


def test_every_advice_is_the_end_of_a_sentence() -> None:
    """Reasons are made of it: `For volume logs (/var/log), …`."""
    folders = [
        each for each in vars(node_folders).values() if isinstance(each, node_folders.Folder)
    ]
    assert len(folders) > 15
    assert all(each.instead.endswith(".") and each.instead[0].islower() for each in folders)
