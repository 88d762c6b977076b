"""Images whose own documentation says whom they run as and where they write."""

import posixpath

import pytest

from k8sharden.analysis import known_images
from k8sharden.analysis.images import parse_image
from k8sharden.analysis.known_images import KnownImage, known_image
from k8sharden.model.pods import Container


def _of(image: str) -> tuple[tuple[str, ...] | None, str | None, str] | None:
    known = known_image(Container(name="web", image=image))
    return (known.folders, known.user, known.steps_down) if known else None


@pytest.mark.parametrize(
    "image", ["redis", "redis:8", "docker.io/library/redis@sha256:" + "a" * 64]
)
def test_an_image_is_known_by_every_way_of_writing_it(image: str) -> None:
    """Short names, tags and digests are the same repository."""
    assert _of(image) == ((), "", "redis (999)")


@pytest.mark.parametrize(
    "image", ["registry.example/mirror/redis:8", "redis-stack/redis", "", "not an image"]
)
def test_a_stranger_is_not_taken_for_a_known_image(image: str) -> None:
    """Nobody can tell what was done to a copy under another name."""
    assert _of(image) is None


def test_what_nobody_documents_is_left_open() -> None:
    """An empty tuple says that it writes nowhere; None says that nobody knows."""
    assert _of("nginxinc/nginx-unprivileged:1.29") == ((), "101", "")
    assert _of("python:3.14") == (None, "", "")


TABLE: dict[str, KnownImage] = dict(known_images._KNOWN)


@pytest.mark.parametrize("repository", TABLE)
def test_every_row_can_be_met_and_names_folders(repository: str) -> None:
    """A row whose name no reference comes out as, or with a crooked path, would do nothing."""
    image = parse_image(repository)
    assert image is not None
    assert image.repository == repository
    row = TABLE[repository]
    for path in (*(row.folders or ()), *row.volumes):
        assert path.startswith("/")
        assert posixpath.normpath(path) == path
    assert not set(row.folders or ()) & set(row.volumes)
    assert row.scratch or row.folders == ()


def test_what_people_really_run_is_known() -> None:
    """Databases, brokers, web servers, monitoring, builds, GitOps and the cluster's helpers."""
    told = [name for name, row in TABLE.items() if row.folders is not None or row.volumes]
    assert len(told) >= 55
