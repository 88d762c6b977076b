"""Bad input: one line that says what, where and what to do; the exit code; never a traceback."""

import json
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from k8sharden.changes.database import SCHEMA
from tests.e2e.run import MAIN, Person
from tests.servers.control_plane import ControlPlane

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n}\nspec: {containers: []}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefghijk", "bcdefghijkl", strict=True)
)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty home."""
    return Person(tmp_path)


def kubeconfig(folder: Path, **cluster: object) -> str:
    """Write a kubeconfig with one context, and return its path."""
    path = folder / "config"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": "sentinel-token"}}],
        "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps(config))
    return str(path)


def test_no_kubeconfig(person: Person) -> None:
    """Says where it looked, and that the training cluster needs none."""
    said = person("scan").one_line(2)
    assert ".kube/config" in said
    assert "k8sharden demo" in said


def test_unknown_context(person: Person, tmp_path: Path) -> None:
    """Names the contexts that there are."""
    config = kubeconfig(tmp_path, server="https://127.0.0.1:1")
    assert "prod" in person("scan", "--kubeconfig", config, "--context", "prd").one_line(2)


def test_server_down(person: Person, tmp_path: Path) -> None:
    """Names the address that does not answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = kubeconfig(tmp_path, server=f"https://127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in person("scan", "--kubeconfig", config).one_line(3)


@pytest.mark.real
def test_wrong_ca(person: Person, tmp_path: Path, control_plane: ControlPlane) -> None:
    """Says that the certificate is not trusted."""
    config = kubeconfig(tmp_path, server=control_plane.url)
    said = person("scan", "--kubeconfig", config).one_line(3)
    assert "certificate" in said
    assert "sentinel-token" not in said


@pytest.mark.real
def test_expired_token(person: Person, tmp_path: Path, control_plane: ControlPlane) -> None:
    """Says that the credentials were refused and may have expired, and does not print them."""
    config = kubeconfig(
        tmp_path, server=control_plane.url, **{"certificate-authority": str(control_plane.ca_file)}
    )
    said = person("scan", "--kubeconfig", config).one_line(3)
    assert "401" in said
    assert "expired" in said
    assert "sentinel-token" not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"kind: Pod\n  broken: [", ["f.yaml:2"]),
        (BOMB.encode(), ["f.yaml", "alias"]),
        (b"", ["f.yaml", "nothing in this file"]),
        (b"\x7fELF\x00\x01\x02", ["f.yaml", "binary"]),
        (b"just: a mapping\n", ["f.yaml:1", "no Kubernetes object"]),
    ],
    ids=["broken", "alias-bomb", "empty", "binary", "no-object"],
)
@pytest.mark.parametrize("command", ["scan", "plan"])
def test_bad_files(person: Person, command: str, content: bytes, words: list[str]) -> None:
    """Names the file, the line where there is one, and what is wrong with it."""
    (person.home / "f.yaml").write_bytes(content)
    said = person(command, "-f", "f.yaml").one_line(2)
    for word in words:
        assert word in said


def test_an_unknown_kind_beside_known_ones_is_no_error(person: Person) -> None:
    """Custom resources are left alone; the rest of the file is scanned."""
    custom = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"
    (person.home / "f.yaml").write_text(f"{custom}---\n{POD}")
    assert person("scan", "-f", "f.yaml").code == 0


def test_only_unknown_kinds(person: Person) -> None:
    """A file with nothing that we know says so."""
    (person.home / "f.yaml").write_text("apiVersion: x/v1\nkind: W\nmetadata: {name: w}\n")
    assert "f.yaml" in person("scan", "-f", "f.yaml").one_line(2)


def test_null_items(person: Person) -> None:
    """`items: null` is an empty list, as it is for kubectl: nothing to judge, and said so."""
    (person.home / "f.yaml").write_text("apiVersion: v1\nkind: List\nitems: null\n")
    assert "f.yaml" in person("scan", "-f", "f.yaml").one_line(2)


def test_a_missing_file(person: Person) -> None:
    """Names the path."""
    assert "gone.yaml" in person("scan", "-f", "gone.yaml").one_line(2)


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"clusters: [", BOMB.encode()])
def test_bad_kubeconfigs(person: Person, content: bytes) -> None:
    """An odd kubeconfig is named, and never printed."""
    (person.home / "config").write_bytes(content)
    assert "config" in person("scan", "--kubeconfig", "config").one_line(2)


def test_a_newer_journal(person: Person) -> None:
    """Asks for an upgrade, and leaves the file and the cluster alone."""
    folder = person.home / "state"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "journal.sqlite")) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    assert "newer version" in person("journal", "list").one_line(2)
    digest = person("plan", "--demo", "-o", "json").json()["digest"]
    refused = person("apply", "--demo", "--yes", "--digest", digest)
    assert refused.code == 2
    assert "newer version" in refused.err


def test_a_folder_in_the_journals_place(person: Person) -> None:
    """A journal that cannot be written stops an apply before anything is sent."""
    (person.home / "state/journal.sqlite").mkdir(parents=True)
    digest = person("plan", "--demo", "-o", "json").json()["digest"]
    refused = person("apply", "--demo", "--yes", "--digest", digest)
    assert refused.code == 2
    assert "journal" in refused.err
    assert person("plan", "--demo", "-o", "json").json()["digest"] == digest


@pytest.mark.parametrize("arguments", [(), ("demo",)])
def test_no_terminal(person: Person, arguments: tuple[str, ...]) -> None:
    """The app says that it needs a terminal, and what to use without one."""
    said = person(*arguments).one_line(2)
    assert "terminal" in said
    assert "k8sharden scan" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "--demo", "--check", "nope"),
        ("scan", "--demo", "--finding", "ffffffffffff"),
        ("scan", "--demo", "-f", "x"),
        ("scan", "--demo", "--area", "nope"),
        ("scan", "--demo", "--kube-version", "1.x"),
        ("scan", "--demo", "--kube-version", "v1.99"),
        ("explain", "rbac-cluster-admn"),
        ("journal", "show", "nope"),
        ("--read-only", "apply", "--demo"),
        ("frobnicate",),
    ],
)
def test_wrong_words(person: Person, arguments: tuple[str, ...]) -> None:
    """What does not exist is named, with exit code 2."""
    person(*arguments).one_line(2)


def test_an_unwritable_out(person: Person) -> None:
    """`--out` into a folder that is not there is one line too."""
    assert "gone" in person("scan", "--demo", "--out", "gone/file.json").one_line(2)


def test_a_reader_that_has_seen_enough(person: Person) -> None:
    """`| head -1` ends quietly."""
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "scan", "--demo", "-o", "json"], env=person.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()
