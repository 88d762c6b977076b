"""Tests of manifests as a source: what is read, what is skipped, and what is refused."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from k8sharden.errors import InputError
from k8sharden.export import files
from k8sharden.export.manifests import Manifests
from k8sharden.export.sources import read_sources
from k8sharden.model.ref import Ref

Tree = Callable[[dict[str, str | bytes]], Path]
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Writes files below a folder and returns it."""

    def write(contents: dict[str, str | bytes]) -> Path:
        for name, content in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write


def read(*paths: Path | str, stdin: bytes = b"") -> Manifests:
    """What the paths hold."""
    return read_sources([str(path) for path in paths], io.BytesIO(stdin))


def named(manifests: Manifests) -> list[str]:
    """The names of the objects, in their order."""
    return [item.ref.name for item in manifests.objects]


def test_every_object_knows_where_it_stands() -> None:
    """File, document, item and line, in documents, lists and typed lists, on Windows lines too."""
    text = (
        MAP % "a"
        + "---\n# nothing\n---\nkind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, "
        + "kind: Namespace, metadata: {name: b}}\n-\n  kind: ConfigMap\n  apiVersion: v1\n"
        + "  metadata: {name: c, namespace: x}\n---\napiVersion: apps/v1\nkind: DeploymentList\n"
        + "items:\n  - metadata: {name: d}\n"
    ).replace("\n", "\r\n")
    manifests = read("-", stdin=text.encode())
    assert [
        (item.ref, item.document, item.item, item.line, item.place) for item in manifests.objects
    ] == [
        (Ref("v1", "ConfigMap", "default", "a"), 0, None, 1, "standard input:1"),
        (Ref("v1", "Namespace", "", "b"), 2, 0, 10, "standard input:10"),
        (Ref("v1", "ConfigMap", "x", "c"), 2, 1, 12, "standard input:12"),
        (Ref("apps/v1", "Deployment", "default", "d"), 3, 0, 19, "standard input:19"),
    ]
    assert manifests.texts["-"] == text


def test_a_folder_is_read_in_order_without_what_is_hidden(tree: Tree) -> None:
    """All three suffixes, below all folders, sorted; loops of links end; a file comes once."""
    folder = tree(
        {
            "b.yml": MAP % "b",
            "a/z.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "z"}}',
            "c.yaml": MAP % "c",
            "notes.txt": "no manifest",
            ".git/x.yaml": MAP % "hidden",
            ".x.yaml": MAP % "hidden",
        }
    )
    (folder / "a" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "dangling.yaml").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.yaml")
    assert named(read(folder, folder / "c.yaml")) == ["b", "c", "z"]


def test_what_is_no_manifest_is_skipped_and_listed(tree: Tree) -> None:
    """Values, charts, kustomizations, templates and empty files do not stop a folder."""
    folder = tree(
        {
            "ok.yaml": MAP % "a",
            "chart/Chart.yaml": "apiVersion: v2\nname: x\nversion: 0.1.0\n",
            "chart/values.yaml": "replicas: 1\n",
            "chart/values-prod.yaml": "kind: DaemonSet\n",
            "chart/templates/a.yaml": MAP % '"{{ .Values.name }}"',
            "other.yaml": "kind: Foo\nname: {{ .x }}\n",
            "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: "
            "Kustomization\nresources: []\n",
            "package.json": "{broken",
            "empty.yaml": "# kind: nothing\n",
            "workflow.yml": "on: push\njobs:\n  a:\n    kind: x\n",
        }
    )
    manifests = read(folder)
    assert named(manifests) == ["a"]
    skipped = {Path(each.file).name: each.reason.partition(":")[0] for each in manifests.skipped}
    assert skipped == {
        "Chart.yaml": "is of a Helm chart",
        "values-prod.yaml": "is of a Helm chart",
        "values.yaml": "is no manifest",
        "a.yaml": "is a template",
        "other.yaml": "is a template",
        "kustomization.yaml": "is a kustomization",
        "package.json": "is no manifest",
        "empty.yaml": "is no manifest",
        "workflow.yml": "is no manifest",
    }


@pytest.mark.parametrize(
    "names",
    [
        "patches: [{path: patch.yaml}, {patch: inline}]",
        "patchesStrategicMerge: [./patch.yaml]",
        "patchesJson6902: [{path: ../prod/patch.yaml}]",
    ],
)
def test_a_patch_does_not_hide_what_it_patches(tree: Tree, names: str) -> None:
    """A patch that a kustomization names is listed as skipped, and its base still counts."""
    patch = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    folder = tree(
        {
            "base/a.yaml": MAP % "a" + "data: {x: '1'}\n",
            "prod/patch.yaml": patch,
            "prod/kustomization.yaml": f"resources: [../base]\n{names}\n",
        }
    )
    manifests = read(folder)
    (item,) = manifests.current.values()
    assert item.value["data"] == {"x": "1"}
    skipped = {Path(each.file).name: each.reason for each in manifests.skipped}
    assert "is a patch in" in skipped["patch.yaml"]
    assert not manifests.repeated


def test_a_patch_that_is_named_outright_is_read(tree: Tree) -> None:
    """Only in a folder is a patch skipped; a broken kustomization is reported as such."""
    folder = tree({"p.yaml": MAP % "p", "kustomization.yaml": "patches: [{path: p.yaml}]\n"})
    assert named(read(folder / "p.yaml", folder / "p.yaml")) == ["p"]
    tree({"kustomization.yaml": "kind: Kustomization\npatches: [\n"})
    with pytest.raises(InputError, match=r"kustomization.yaml:\d"):
        read(folder)


def test_kinds_that_are_not_known_are_kept_apart() -> None:
    """A custom resource is counted, whatever it is called, and never an error."""
    text = MAP % "a" + "---\napiVersion: x.example/v1\nkind: Widget\nspec: {}\n"
    manifests = read("-", stdin=text.encode())
    assert named(manifests) == ["a"]
    assert [item.ref for item in manifests.others] == [Ref("x.example/v1", "Widget", "", "")]


def test_the_last_of_several_counts() -> None:
    """An object that comes twice is told of, and the last one is the one."""
    text = MAP % "a" + "data: {x: '1'}\n---\n" + MAP % "a" + "data: {x: '2'}\n"
    manifests = read("-", stdin=text.encode())
    assert manifests.current[Ref("v1", "ConfigMap", "default", "a")].value["data"] == {"x": "2"}
    (sentence,) = manifests.repeated
    assert sentence.startswith(
        "standard input:1: ConfigMap default/a comes again at standard input:6"
    )


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("kind: [\n", r"f.yaml:2: broken YAML: "),
        ("a: 1\n---\nb: 1\nb: 2\n", r"f.yaml:4: the key 'b' is there twice"),
        (BOMB, r"f.yaml:\d: aliases make more"),
        ("", r"f.yaml: there is nothing in this file"),
        ("# only words\n---\n", r"f.yaml: there is nothing in this file"),
        (b"\x7fELF\0\0\xff\xff", r"f.yaml: is binary"),
        (b"a: \0\n", r"f.yaml:1: holds a NUL byte"),
        (b"a: 1\nb: \xff\n", r"f.yaml:2: is not UTF-8"),
        ("kind: {{ .Values.kind }}\n", r"f.yaml:1: .* is it a template"),
        ("a: 1\n", r"f.yaml:1: this is no Kubernetes object: it has no apiVersion"),
        ("- a\n", r"f.yaml:1: this is no Kubernetes object but a list"),
        ("word\n", r"f.yaml:1: this is no Kubernetes object but a plain value"),
        ("apiVersion: v1\n", r"it has no kind"),
        ("apiVersion: v1\nkind: Pod\n", r"this Pod has no metadata.name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: 1}\n", r"put it in quotes"),
        ("apiVersion: v1\nkind: List\nitems: null\n", r"no Kubernetes object was found"),
        ("apiVersion: v1\nkind: List\nitems: {}\n", r"f.yaml:1: the items of this List are no"),
        ("apiVersion: v1\nkind: List\nitems:\n- a\n", r"f.yaml:4: .* a plain value"),
        ("apiVersion: v1\nkind: List\nitems: [{kind: List}]\n", r"a List inside a List"),
        ("a: " + "[" * 5000, r"f.yaml:1: nested deeper"),
    ],
)
def test_what_cannot_be_used_is_one_line(tree: Tree, content: str | bytes, words: str) -> None:
    """Each says the file, the line where there is one, and the reason, without a traceback."""
    with pytest.raises(InputError, match=words) as caught:
        read(tree({"f.yaml": content}) / "f.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["kind: [\n", BOMB + "kind: x\n", b"\x7fELF\0\xff"])
def test_a_folder_is_refused_for_a_broken_manifest(tree: Tree, content: str | bytes) -> None:
    """What looks like a manifest and cannot be read is never passed over in silence."""
    with pytest.raises(InputError, match=r"f\.yaml"):
        read(tree({"f.yaml": content, "ok.yaml": MAP % "a"}))


def test_a_path_that_leads_nowhere_is_one_line(tmp_path: Path) -> None:
    """A missing file, a folder without manifests and a file too large are told apart."""
    with pytest.raises(InputError, match=r"gone\.yaml: no such file or folder"):
        read(tmp_path / "gone.yaml")
    with pytest.raises(InputError, match="no Kubernetes object was found"):
        read(tmp_path)


def test_a_file_is_read_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the limit is refused, and no more than it is ever read."""
    monkeypatch.setattr(files, "FILE_LIMIT", 10)
    stdin = io.BytesIO(b"x" * 100)
    with pytest.raises(InputError, match="larger than"):
        read_sources(["-"], stdin)
    assert stdin.tell() == 11


def test_names_of_files_are_shown_safely(tree: Tree) -> None:
    """A file's name cannot drive the terminal."""
    with pytest.raises(InputError) as caught:
        read(tree({"\x1b[31m.yaml": "kind: ["}) / "\x1b[31m.yaml")
    assert "\x1b" not in str(caught.value)
