"""Finds the pipelines of the repository that manifests were given from.

GitHub Actions reads `.github/workflows/*.yml` and `.yaml`, GitLab CI reads `.gitlab-ci.yml`; no
other file is opened. Source: docs.github.com, "Workflow syntax"; docs.gitlab.com, "CI/CD YAML
syntax".
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from k8sharden.export.files import STDIN
from k8sharden.model.pipelines import Pipeline

MOST_BYTES = 1_000_000
MOST_FILES = 200
_WORKFLOWS = ".github/workflows"
_GITLAB = ".gitlab-ci.yml"


def pipelines_beside(paths: Sequence[str]) -> tuple[Pipeline, ...] | None:
    """Return the pipelines of the repositories that hold these paths; None where there is none."""
    roots = dict.fromkeys(root for path in paths if path != STDIN and (root := _root(Path(path))))
    if not roots:
        return None
    return tuple(each for root in roots for each in _pipelines(root))


def _root(path: Path) -> Path | None:
    """Return the root of the repository that holds a path."""
    try:
        here = path.resolve()
        return next((each for each in (here, *here.parents) if (each / ".git").exists()), None)
    except OSError:
        return None


def _pipelines(root: Path) -> Iterator[Pipeline]:
    folder = root / _WORKFLOWS
    found = [folder / name for name in _names(folder) if name.endswith((".yml", ".yaml"))]
    for file in [*found[:MOST_FILES], root / _GITLAB]:
        text = _text(file)
        if text is not None:
            yield Pipeline(file.relative_to(root).as_posix(), text)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(each.name for each in folder.iterdir())
    except OSError:
        return []


def _text(file: Path) -> str | None:
    """Return a file's text; None for what is no plain small file of text."""
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > MOST_BYTES:
            return None
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
