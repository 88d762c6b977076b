"""Files that lie beside manifests and are none: those of Helm's charts, and kustomize's patches."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from k8sharden.export.documents import split
from k8sharden.export.files import SourceFile, shown
from k8sharden.export.nodes import BadYaml, node_of
from k8sharden.export.yaml_values import value_of

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
"""The fields that name patches. Source: kustomize's reference of its Kustomization."""


def is_kustomization(name: str) -> bool:
    """Whether a file is one that kustomize reads in its folder."""
    return Path(name).name in _KUSTOMIZATIONS


def is_of_chart(path: Path) -> bool:
    """Whether a file is a Helm chart's description, or values for it: neither is an object."""
    return path.name == "Chart.yaml" or (
        path.name.startswith("values") and (path.parent / "Chart.yaml").exists()
    )


def is_chart_template(path: Path) -> bool:
    """Whether a file is one of a Helm chart's templates."""
    return any(
        folder.name == "templates" and (folder.parent / "Chart.yaml").exists()
        for folder in path.parents
    )


def patches_in(files: Iterable[SourceFile]) -> dict[str, str]:
    """Return the patches that kustomizations among the files name: why each is no manifest.

    A patch looks like an object and holds a part of one: taken for the whole, it would hide the
    object that it patches.
    """
    return {
        os.path.normpath(Path(file.name).parent / path): "is a patch in "
        f"{shown(file.name)}: scan what kustomize makes of it"
        for file in files
        if is_kustomization(file.name)
        for path in _named(file.text)
    }


def _named(text: str) -> Iterator[str]:
    """Yield the paths of patches; what is broken is told of when the file itself is read."""
    try:
        values = [value_of(node) for part in split(text) if (node := node_of(part.text))]
    except BadYaml:
        return
    for value in values:
        for field in _PATCHES if isinstance(value, dict) else ():
            for patch in _listed(value.get(field)):
                path = patch.get("path") if isinstance(patch, dict) else patch
                if isinstance(path, str) and "\n" not in path:
                    yield path


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
