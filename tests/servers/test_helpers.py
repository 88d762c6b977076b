"""What the server helpers decide without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import binaries, fixtures
from tests.servers.kubelet import image_id

DIGEST = "sha256:" + "a" * 64


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    # Answers are remembered for the whole run; these tests ask under made-up circumstances.
    monkeypatch.setattr(binaries, "find", binaries.find.__wrapped__)
    monkeypatch.setattr(fixtures, "_outcome", {})


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1.29", "docker.io/library/nginx"),
        ("bitnami/redis:7", "docker.io/bitnami/redis"),
        ("ghcr.io/a/b:1", "ghcr.io/a/b"),
        ("localhost:5000/a", "localhost:5000/a"),
        ("localhost/a:1", "localhost/a"),
    ],
)
def test_an_image_id_has_the_full_name_and_a_digest(image: str, repository: str) -> None:
    """Nodes report the registry and a digest, whatever short name the pod used."""
    name, _, digest = image_id(image).partition("@")
    assert name == repository
    assert digest.startswith("sha256:")
    assert image_id(image) == image_id(image)


def test_a_digest_in_the_image_is_kept() -> None:
    """A pod that pins a digest runs that very image."""
    assert image_id(f"ghcr.io/a/b:1@{DIGEST}") == f"ghcr.io/a/b@{DIGEST}"


def test_assets_are_taken_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KUBEBUILDER_ASSETS comes first; controllers may be missing there."""
    for name in binaries.REQUIRED:
        (tmp_path / name).touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    found = binaries.find()
    assert isinstance(found, binaries.Binaries)
    assert found.path("etcd") == tmp_path / "etcd"
    assert not found.has_controllers


def test_incomplete_assets_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that lacks a program is reported, not silently replaced by a build."""
    (tmp_path / "etcd").touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    assert binaries.find() == f"KUBEBUILDER_ASSETS={tmp_path} lacks kube-apiserver, kubectl"


def test_without_go_and_assets_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without either can run the other tests and learns what is missing."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = binaries.find()
    assert isinstance(reason, str)
    assert "neither Go nor KUBEBUILDER_ASSETS" in reason


def test_a_failed_build_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that fails leaves no half-made folder for the next run to take for a whole one."""
    go = tmp_path / "go"
    go.write_text('#!/bin/sh\n[ "$1" = version ] && exit 0\necho no space left >&2\nexit 1\n')
    go.chmod(0o755)
    cache = tmp_path / "cache"
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("K8SHARDEN_TEST_CACHE", str(cache))
    reason = binaries.find()
    assert isinstance(reason, str)
    assert "no space left" in reason
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_the_module_pins_one_kubernetes_release() -> None:
    """Every staging module is replaced by the release that belongs to the servers."""
    _, minor, patch = binaries.kubernetes_version()
    lines = (binaries.MODULE / "go.mod").read_text().splitlines()
    replaced = [line.split()[-1] for line in lines if "=>" in line]
    assert len(replaced) > 30
    assert set(replaced) == {f"v0.{minor}.{patch}"}


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        ({}, "real API server tests: none was selected"),
        ({"version": "v1.36.4"}, "real API server tests: ran against kube-apiserver v1.36.4"),
        ({"reason": "no Go"}, "real API server tests: SKIPPED, because no Go"),
    ],
)
def test_the_report_says_what_happened(
    monkeypatch: pytest.MonkeyPatch, outcome: dict[str, str], line: str
) -> None:
    """The summary never leaves open whether the real servers ran."""
    monkeypatch.setattr(fixtures, "_outcome", outcome)
    assert fixtures.report_line() == line


def test_on_ci_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere a machine without servers skips; on CI that would hide untested code."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Go; on CI nothing is skipped"):
        fixtures.refuse("no Go")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no Go"):
        fixtures.refuse("no Go")
