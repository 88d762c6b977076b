"""Manifests as a source: files, folders and standard input, read as kubectl reads them.

A ``List`` whose ``items`` is null is an empty list, as for kubectl. Kinds that k8sharden does not
know are kept apart and counted. Of several objects of one name the last one counts, as it would
if the files were applied in their order.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from k8sharden.errors import InputError
from k8sharden.export.beside import is_chart_template, is_of_chart, patches_in
from k8sharden.export.documents import split
from k8sharden.export.files import SourceFile, read_files, shown
from k8sharden.export.inventory import inventory_from as inventory_from  # noqa: PLC0414 - one door
from k8sharden.export.manifests import ManifestObject as ManifestObject  # noqa: PLC0414 - one door
from k8sharden.export.manifests import Manifests as Manifests  # noqa: PLC0414 - one door
from k8sharden.export.manifests import Skipped
from k8sharden.export.nodes import BadYaml, Node, node_of
from k8sharden.export.quick_values import quick_value
from k8sharden.export.yaml_values import key_of, value_of
from k8sharden.model.kinds import find
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

_MENTIONS = re.compile(r"""^[ \t{-]*["']?(?:apiVersion|kind)["']?[ \t]*:""", re.MULTILINE)
_KUSTOMIZE = "kustomize.config.k8s.io/"
_CHART = "is of a Helm chart: render the chart, and scan what comes out"
_TEMPLATE = "is a template: render it first, and scan what comes out"


class _Read(msgspec.Struct, frozen=True):
    """A document that was read: its place in the file, its lines counted from 0, and its value."""

    index: int
    lines_before: int
    line: int
    value: Any
    item_lines: list[int] = []


def read_sources(paths: Sequence[str], stdin: BinaryIO) -> Manifests:
    """Read files, folders and ``-``, which is standard input.

    In a folder, what is clearly no manifest is skipped and listed: what belongs to a Helm chart,
    kustomizations and their patches, templates. Raises `InputError`, with file and line, for
    everything else that cannot be used, and where no object was found at all.
    """
    found: list[ManifestObject] = []
    skipped: list[Skipped] = []
    texts: dict[str, str] = {}
    files = list(read_files(paths, stdin))
    patches = patches_in(files)
    for file in files:
        reason = _no_manifest(file, patches)
        objects = [] if reason else _objects(file)
        if isinstance(objects, str):
            reason, objects = objects, []
        if reason:
            skipped.append(Skipped(file.name, reason))
            continue
        found.extend(objects)
        texts[file.name] = file.text
    if not found:
        raise InputError(_nothing(paths, skipped))
    known = tuple(item for item in found if _is_known(item.ref))
    others = tuple(item for item in found if not _is_known(item.ref))
    return Manifests(tuple(paths), known, others, tuple(skipped), texts)


def _is_known(ref: Ref) -> bool:
    return find(ref.api_version, ref.kind) is not None


def _nothing(paths: Sequence[str], skipped: list[Skipped]) -> str:
    where = ", ".join(shown(path) for path in paths)
    why = f" ({shown(skipped[0].file)} {skipped[0].reason})" if skipped else ""
    return f"{where}: no Kubernetes object was found{why}: name files or folders with manifests."


def _no_manifest(file: SourceFile, patches: Mapping[str, str]) -> str:
    """Return why a file of a folder is not even read as YAML; empty where it is."""
    if not file.walked:
        return ""
    if not _MENTIONS.search(file.text):
        return "is no manifest" if file.text.strip() else "is empty"
    if is_of_chart(Path(file.name)):
        return _CHART
    if "{{" in file.text and is_chart_template(Path(file.name)):
        return _TEMPLATE
    return patches.get(os.path.normpath(file.name), "")


def _objects(file: SourceFile) -> list[ManifestObject] | str:
    """Return a file's objects, or why it is no manifest after all."""
    try:
        documents = list(_documents(file))
    except BadYaml as error:
        template = "{{" in file.text
        if template and file.walked:
            return _TEMPLATE
        hint = ": is it a template? Render it first" if template else ""
        raise InputError(f"{shown(file.name)}:{error.line + 1}: {error}{hint}.") from None
    if not documents:
        if file.walked:
            return "is empty"
        raise InputError(f"{shown(file.name)}: there is nothing in this file.")
    if file.walked and not any(_resembles(each.value) for each in documents):
        return "is no manifest"
    if any(_is_kustomization(each.value) for each in documents):
        return "is a kustomization: scan the files it names, or what kustomize makes of it"
    return [each for document in documents for each in _from_document(file, document)]


def _documents(file: SourceFile) -> Iterator[_Read]:
    """Yield the documents that hold something."""
    for index, document in enumerate(split(file.text)):
        try:
            quick = quick_value(document.text)
            if quick and "items" not in quick[0]:
                value, line = quick
                yield _Read(index, document.lines_before, line, value)
            elif (node := node_of(document.text)) and (node.kind != "scalar" or node.value):
                lines = _item_lines(node) if node.kind == "mapping" else []
                yield _Read(index, document.lines_before, node.line, value_of(node), lines)
        except BadYaml as error:
            error.line += document.lines_before
            raise


def _resembles(value: Any) -> bool:
    return isinstance(value, dict) and ("apiVersion" in value or "kind" in value)


def _is_kustomization(value: Any) -> bool:
    return _resembles(value) and str(value.get("apiVersion")).startswith(_KUSTOMIZE)


def _from_document(file: SourceFile, read: _Read) -> Iterator[ManifestObject]:
    index, value, line = read.index, read.value, read.lines_before + read.line + 1
    where = f"{shown(file.name)}:{line}"
    version, kind = _type(value, where)
    if not (kind == "List" or (kind.endswith("List") and "items" in value)):
        yield ManifestObject(_ref(value, version, kind, where), value, file.name, index, line)
        return
    for item, each in enumerate(_items(value, where)):
        line = read.lines_before + read.item_lines[item] + 1
        where = f"{shown(file.name)}:{line}"
        # The items of a DeploymentList need not say that they are Deployments.
        inferred = {} if kind == "List" else {"apiVersion": version, "kind": kind[:-4]}
        own = _type(inferred | each if isinstance(each, dict) else each, where)
        yield ManifestObject(_ref(each, *own, where), each, file.name, index, line, item)


def _type(value: Any, where: str) -> tuple[str, str]:
    """Return the apiVersion and kind of an object."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: this is no Kubernetes object but a {_named(value)}.")
    for field in ("apiVersion", "kind"):
        if not isinstance(value.get(field), str) or not value[field]:
            raise InputError(f"{where}: this is no Kubernetes object: it has no {field}.")
    return value["apiVersion"], value["kind"]


def _named(value: Any) -> str:
    return "list" if isinstance(value, list) else "plain value"


def _items(value: dict[str, Any], where: str) -> list[Any]:
    items = value.get("items")
    if items is None:
        return []
    if not isinstance(items, list):
        raise InputError(f"{where}: the items of this {one_line(value['kind'], 60)} are no list.")
    for item in items:
        if isinstance(item, dict) and item.get("kind") == "List":
            raise InputError(f"{where}: a List inside a List is not read: take it out.")
    return items


def _item_lines(node: Node) -> list[int]:
    """Return the lines of a list's items; the list's own where an alias makes them."""
    for key, value in node.entries:
        if key_of(key) == "items" and value.kind == "sequence":
            return [item.line for item in value.items]
    return _Everywhere(node.line)


class _Everywhere(list[int]):
    """One line for every index."""

    def __init__(self, line: int) -> None:
        self.line = line

    def __getitem__(self, _index: Any) -> Any:
        return self.line


def _ref(value: dict[str, Any], version: str, kind: str, where: str) -> Ref:
    """Return what the object is called. Raises `InputError` where a known kind has no name."""
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = metadata.get("name") or metadata.get("generateName") or ""
    namespace = metadata.get("namespace") or ""
    known = find(version, kind)
    if known is None:
        return Ref(version, kind, str(namespace), str(name))
    if not isinstance(name, str) or not name or not isinstance(namespace, str):
        raise InputError(
            f"{where}: this {kind} has no metadata.name, or one that is not text: put it in quotes."
        )
    return known.ref(namespace or "default", name)
