"""Where one stopped: kept per cluster, and never in the way."""

from pathlib import Path

import pytest

from k8sharden.resume import Spot, keep, spot

HERE = Spot("network", "a1b2", "shop deny", ("a1b2", "c3d4"))


def test_a_spot_is_kept_per_cluster(tmp_path: Path) -> None:
    """Each cluster has its own, and one that was never visited has none."""
    keep(tmp_path, "one", HERE)
    keep(tmp_path, "two", Spot("rbac"))
    assert spot(tmp_path, "one") == HERE
    assert spot(tmp_path, "two") == Spot("rbac")
    assert spot(tmp_path, "three") == Spot()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 1}',
        b'{"version": 2, "clusters": {"one": {"area": "rbac"}}}',
        b'{"version": 1, "clusters": {"one": {"area": 3}}}',
        b'{"version": 1, "clusters": {"one": {"marks": "all"}}}',
        b"[" * 100_000,
        b"\xff\xfe",
        b" " * 5_000_000,
    ],
)
def test_a_broken_file_is_as_none(tmp_path: Path, data: bytes) -> None:
    """Whatever the file holds, one begins at the beginning, and the next spot is kept."""
    (tmp_path / "resume.json").write_bytes(data)
    assert spot(tmp_path, "one") == Spot()
    keep(tmp_path, "one", HERE)
    assert spot(tmp_path, "one") == HERE


def test_the_oldest_clusters_are_forgotten(tmp_path: Path) -> None:
    """Fifty clusters are kept, those visited last."""
    for number in range(60):
        keep(tmp_path, f"c{number}", HERE)
    assert spot(tmp_path, "c9") == Spot()
    assert spot(tmp_path, "c10") == HERE


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    """A filter of a megabyte and a million marks do not fill the disk."""
    keep(tmp_path, "one", Spot("rbac", "", "x" * 10**6, ("m",) * 10**5))
    assert (tmp_path / "resume.json").stat().st_size < 30_000
    assert spot(tmp_path, "one").area == "rbac"


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    """Comfort never stops anybody."""
    (tmp_path / "state").write_text("in the way")
    keep(tmp_path / "state", "one", HERE)
    assert spot(tmp_path / "state", "one") == Spot()


def test_files_have_no_spot(tmp_path: Path) -> None:
    """What has no uid is not resumed."""
    keep(tmp_path, "", HERE)
    assert spot(tmp_path, "") == Spot()
    assert not list(tmp_path.iterdir())
