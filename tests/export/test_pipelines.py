"""Which files of a repository are taken for pipelines, and that nothing else is opened."""

from pathlib import Path

import pytest
import yaml

from k8sharden.analysis import pipelines
from k8sharden.analysis.runbooks import pipeline
from k8sharden.export.pipelines import MOST_BYTES, pipelines_beside
from k8sharden.model.pipelines import Pipeline


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a folder of manifests."""
    for name in (".git", ".github/workflows", "deploy"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def test_workflows_and_gitlabs_file_are_found_from_a_folder_inside(repository: Path) -> None:
    """Whoever names a folder of manifests gets the pipelines of its repository, each once."""
    workflows = repository / ".github/workflows"
    (workflows / "b.yaml").write_text("jobs: {}")
    (workflows / "a.yml").write_text("jobs: {}")
    (workflows / "README.md").write_text("no pipeline")
    (repository / ".gitlab-ci.yml").write_text("stages: []")
    manifest = repository / "deploy/web.yaml"
    manifest.write_text("kind: Pod")
    found = pipelines_beside([str(repository / "deploy"), str(manifest), "-"])
    assert found is not None
    assert [each.path for each in found] == [
        ".github/workflows/a.yml",
        ".github/workflows/b.yaml",
        ".gitlab-ci.yml",
    ]


def test_without_a_repository_nothing_is_known(tmp_path: Path) -> None:
    """A folder that is in no repository has no pipelines to judge, which is not having none."""
    assert pipelines_beside([str(tmp_path), "-"]) is None


def test_a_repository_without_pipelines_has_none(repository: Path) -> None:
    """An empty answer, and not an unknown one."""
    assert pipelines_beside([str(repository)]) == ()


def test_links_large_files_and_binaries_are_left_alone(repository: Path) -> None:
    """A prepared repository leads nowhere: neither out of itself, nor to endless reading."""
    workflows = repository / ".github/workflows"
    (workflows / "link.yml").symlink_to("/etc/passwd")
    (workflows / "large.yml").write_text("#" * (MOST_BYTES + 1))
    (workflows / "binary.yml").write_bytes(b"\xff\xfe")
    (workflows / "folder.yml").mkdir()
    assert pipelines_beside([str(repository)]) == ()


@pytest.mark.parametrize("path", [".github/workflows/build.yml", ".gitlab-ci.yml"])
def test_what_is_exported_passes_its_own_check(path: str) -> None:
    """The file is YAML, scans, stops, and is pinned; its token may read and no more."""
    file, book = pipeline.files(path)
    made = Pipeline(path, file.text)
    found = pipelines.steps(made)
    assert found is not None
    assert any(step.stops for step in found)
    assert not any(step.loose for step in found)
    assert book.path == "RUNBOOK.md"
    value = yaml.safe_load(file.text)
    if path.startswith(".github"):
        assert value["permissions"] == {"contents": "read"}
        assert file.text.count("uses:") == file.text.count(f"uses: {pipeline.CHECKOUT}")
