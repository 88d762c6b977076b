"""Diffs: what git and unidiff accept, without bookkeeping and without secret values."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from k8sharden.changes.bind import bind
from k8sharden.changes.diff import diff_bound, join, manifest_path, manifest_text, unified
from k8sharden.model.change import Delete, SetField
from k8sharden.model.masking import Masker
from k8sharden.model.ref import Ref
from tests.changes.values import CONTAINER, WEB, deployment, patch

_lines = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=6), max_size=8
)


def texts() -> st.SearchStrategy[str]:
    """Draw small texts, with and without a line feed at their end."""
    return st.builds(lambda lines, end: "\n".join(lines) + end, _lines, st.sampled_from(["", "\n"]))


def test_bookkeeping_is_not_shown() -> None:
    """Neither uid nor resourceVersion appears, so that a diff is only what changes."""
    bound = bind(patch(SetField((*CONTAINER, "image"), "web:2")), deployment())
    text = diff_bound(bound, Masker()).text
    assert "+          image: web:2" in text
    assert "resourceVersion" not in manifest_text(deployment(), Masker())


@pytest.mark.parametrize("name", ["system:node", "..", "a/b", "weird name", "Ünï"])
def test_a_name_is_never_a_path(name: str) -> None:
    """Whatever an object is called, its file stays in the folder."""
    path = manifest_path(Ref("rbac.authorization.k8s.io/v1", "ClusterRole", "", name))
    assert path.startswith("_cluster/clusterrole-")
    assert len(Path(path).parts) == 2
    assert ":" not in path


def test_a_secret_in_a_hunk_leaves_the_file_out() -> None:
    """A diff whose context would show a password is listed and not printed."""
    live = deployment()
    env = [{"name": "DB_PASSWORD", "value": "hunter2"}]
    live["spec"]["template"]["spec"]["containers"][1]["env"] = env
    bound = bind(patch(SetField((*CONTAINER, "tty"), value=True)), live)
    diff = diff_bound(bound, Masker())
    assert "<masked 1>" in diff.text
    assert "hunter2" not in diff.text
    assert join([diff]) == ("", (diff.path,))
    env.append({"name": "MODE", "value": "fast"})
    near = diff_bound(bind(patch(SetField((*CONTAINER, "tty"), value=True)), live), Masker())
    assert not near.hides, "one or two lines of context show no secret"
    assert "+          tty: true" in near.text
    far = bind(patch(SetField(("metadata", "annotations", "a"), "b")), live)
    assert not diff_bound(far, Masker()).hides


def test_a_changed_secret_shows_that_it_changed() -> None:
    """Two values get two numbers, and the same value keeps its own."""
    masker = Masker()
    assert masker.mark("one") == masker.mark("one") != masker.mark("two")


def test_delete_and_create_are_whole_files() -> None:
    """Against git, an object that goes is a file that goes."""
    text = diff_bound(bind(Delete(WEB), deployment()), Masker()).text
    (file,) = PatchSet(text)
    assert file.is_removed_file


@given(texts(), texts())
def test_unidiff_reads_every_diff(before: str, after: str) -> None:
    """What we print is what unidiff counts, whatever the lines hold."""
    text = unified("f.yaml", before, after)
    assert bool(text) == (before != after)
    if text:
        (file,) = PatchSet(text)
        assert file.path == "f.yaml"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\n", "a\nc\n"),
        ("a", "b"),
        ("", "new\n"),
        ("old\n", ""),
        ("-- x", "-- y"),
        ("a\n", "a"),
    ],
)
def test_git_applies_every_diff(tmp_path: Path, before: str, after: str) -> None:
    """`git apply` gives exactly the text after, files without a last line feed included."""
    target = tmp_path / "sub" / "f.yaml"
    target.parent.mkdir()
    if before:
        target.write_text(before)
    subprocess.run(
        ["git", "apply", "-"], input=unified("sub/f.yaml", before, after), text=True, cwd=tmp_path,
        check=True,
    )  # fmt: skip
    assert (target.read_text() if target.exists() else "") == after


def test_a_manifest_reads_back_as_itself() -> None:
    """Strings that YAML could take for numbers or switches are quoted."""
    live = deployment()
    live["spec"]["template"]["spec"]["containers"][1]["args"] = [
        "on", "0644", "1e3", "0x1F", "null", "1.36", "", "a: b", "two\nlines", "~", "-", "yes"
    ]  # fmt: skip
    import yaml  # noqa: PLC0415 - only this test reads YAML

    text = manifest_text(live, Masker())
    containers = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"]
    assert containers[1]["args"] == live["spec"]["template"]["spec"]["containers"][1]["args"]
