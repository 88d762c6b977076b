"""Exporting into a folder: nothing is overwritten, and nothing is written anywhere else."""

from pathlib import Path

import pytest

from k8sharden.errors import InputError
from k8sharden.export.folder import Format
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder to export to."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def export(out: Path) -> tuple[Path, ...]:
    """Export the state before of what would fix one namespace of the training cluster."""
    session = Session(TrainingPlace(out.parent / "state"), out.parent / "state")
    scan = session.scan()
    found = [finding for finding in scan.findings if finding.resource.name == "web"]
    return session.export(session.plan(scan, found), out, Format.MANIFESTS).written


def test_files_are_written_once_and_the_same_again(out: Path) -> None:
    """A second export of the same finds its own files and leaves nothing else behind."""
    written = export(out)
    assert export(out) == written
    assert sorted(path for path in out.rglob("*") if path.is_file()) == sorted(written)


def test_other_contents_are_not_overwritten(out: Path) -> None:
    """A file that is there already stops the export before anything is written."""
    (out / "shop").mkdir()
    (out / "shop" / "deployment-web.yaml").write_text("mine")
    with pytest.raises(InputError, match="other contents"):
        export(out)
    assert (out / "shop" / "deployment-web.yaml").read_text() == "mine"


def test_a_linked_folder_leads_nowhere(out: Path) -> None:
    """A folder that a repository made a link is refused, and its target stays as it was."""
    elsewhere = out.parent / "elsewhere"
    elsewhere.mkdir()
    (out / "shop").symlink_to(elsewhere)
    with pytest.raises(InputError, match="a link"):
        export(out)
    assert not list(elsewhere.iterdir())


def test_a_linked_file_is_not_written_through(out: Path) -> None:
    """Neither the file nor the one that is written beside it follows a link."""
    target = out.parent / "target"
    target.write_text("mine")
    (out / "shop").mkdir()
    (out / "shop" / ".deployment-web.yaml.new").symlink_to(target)
    assert export(out)
    assert target.read_text() == "mine"
    (out / "shop" / "deployment-web.yaml").unlink()
    (out / "shop" / "deployment-web.yaml").symlink_to(target)
    with pytest.raises(InputError, match="other contents"):
        export(out)
