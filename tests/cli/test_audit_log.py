"""Audit logs on the command line: given, told of, refused, repeated, and shown."""

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from k8sharden.cli import run
from k8sharden.cli.options import SourceOptions, open_session
from k8sharden.export.reports import schema
from tests.evidence.events import about, line

MANIFEST = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: web, image: "registry.kestrel.example/web:1"}]}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own with a log of another cluster and a manifest."""
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.chdir(tmp_path)
    other = {"username": "system:serviceaccount:ci:pipeline", "uid": "another", "groups": []}
    (tmp_path / "other.log").write_bytes(line(user=other) + b"odd\n")
    (tmp_path / "pod.yaml").write_text(MANIFEST)
    return tmp_path


def test_the_training_cluster_brings_its_own_log(capsys: pytest.CaptureFixture[str]) -> None:
    """As evidence, without a word: nobody gave it, and `usage --demo` shows it."""
    options = SourceOptions(
        context=None, kubeconfig=None, server=None, demo=True, files=(), read_only=False
    )
    usage = open_session(options).scan().inventory.facts.usage
    assert usage is not None
    assert usage.reading.events == 2994
    assert run(["scan", "--demo", "--check", "rbac-cluster-admin"]) == 0
    assert "Audit log" not in capsys.readouterr().err


def test_a_log_of_another_cluster_is_refused_unless_insisted_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the option that insists; the command that is suggested next repeats both."""
    arguments = ["scan", "--demo", "--check", "rbac-cluster-admin", "--audit-log", "other.log"]
    assert run(arguments) == 4
    assert "The audit log is of another cluster" in capsys.readouterr().err
    assert run([*arguments, "--insist-audit-log"]) == 0
    said = capsys.readouterr().err
    assert "Audit log: other.log, 1 events of 1 users" in said
    assert "Odd lines: 1 no event." in said
    (following,) = (row for row in said.splitlines() if row.startswith("Next: "))
    words = shlex.split(following.removeprefix("Next: "))
    assert words[words.index("--audit-log") + 1] == "other.log"
    assert "--insist-audit-log" in words


def test_manifests_take_a_log_on_trust(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    """Nothing in them tells whose it is, which stands among the blind spots."""
    options = SourceOptions(
        context=None,
        kubeconfig=None,
        server=None,
        demo=False,
        files=("pod.yaml",),
        read_only=False,
        audit_logs=("other.log",),
    )
    session = open_session(options)
    usage = session.scan().inventory.facts.usage
    assert usage is not None
    assert "only you can tell" in usage.blind[0]
    (home / "other.log").unlink()
    again = session.scan().inventory.facts.usage
    assert again == usage, "a later scan keeps what was read"
    assert "--audit-log other.log" in session.command("plan")
    assert "--audit-log" not in session.command("journal", "list")
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scan", "--demo", "--audit-log", "gone.log"], "gone.log cannot be read"),
        (["scan", "-f", "pod.yaml", "--audit-log", "pod.yaml"], "holds no event"),
        (["scan", "-f", "-", "--audit-log", "-"], "give all but one a file"),
        (["--audit-log", "other.log", "scan"], "--audit-log goes behind the command"),
        (["usage"], "Name a log with --audit-log"),
        (["usage", "--demo", "--audit-log", "other.log"], "Name a log with --audit-log"),
        (["usage", "--audit-log", "other.log", "--lines"], "say --demo"),
        (["usage", "--demo", "--user", "nobody"], "nobody asked for nothing in this log"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is printed as data."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert said.lower() in captured.err.lower()
    assert captured.err.count("\n") == 1
    assert not captured.out


def test_usage_lists_users_and_what_the_log_cannot_show(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A service account as NAMESPACE/NAME, as --user takes it."""
    assert run(["usage", "--demo"]) == 0
    captured = capsys.readouterr()
    rows = {row.split()[0]: row.split()[1:4] for row in captured.out.splitlines()}
    assert rows["ci/pipeline"] == ["45", "563", "0"]
    assert rows["tom@kestrel.example"][2] == "2"
    assert "The log covers" in captured.err
    assert run(["usage", "--demo", "--user", "ci/pipeline"]) == 0
    out = capsys.readouterr().out
    assert "deployments.apps" in out
    assert "prometheus" not in out


def test_usage_is_safe_to_show(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    """Whatever a log calls its users and objects."""
    odd = about("pods", namespace="a\x1b[31m", name="b\nc")
    (home / "odd.log").write_bytes(line(user={"username": "eve\x1b[2J"}, objectRef=odd))
    for more in ([], ["--user", "eve\x1b[2J"], ["-o", "json"]):
        assert run(["usage", "--audit-log", "odd.log", *more]) == 0
        captured = capsys.readouterr()
        assert "\x1b" not in captured.out + captured.err


def test_usage_is_printed_as_json(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    """In the form that its schema says, alone on stdout; the log itself reads the same."""
    assert run(["usage", "--demo", "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema("usage"))
    assert run(["usage", "--demo", "--lines"]) == 0
    (home / "audit.log").write_text(capsys.readouterr().out)
    assert run(["usage", "--audit-log", "audit.log", "-o", "json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["uses"] == document["uses"]


def test_with_a_log_nobody_is_told_that_there_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A binding of everybody goes with the log's window named, not with the wish for a log."""
    # The log of the training cluster is of the seven days before today.
    today = SimpleNamespace(time=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
    monkeypatch.setattr("k8sharden.places.training.time", today)
    assert run(["plan", "--demo", "--check", "rbac-authenticated"]) == 0
    out = capsys.readouterr().out
    assert "without an audit log" not in out
    assert "known only as far as the audit log of 2026-11-16 to 2026-11-22, 7 days" in out


def test_another_plan_by_other_evidence_says_what_may_be_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A digest that was made with other options is refused, and the options are named."""
    words = ["--demo", "--resource", "ClusterRoleBinding//ci-pipeline"]
    assert run(["plan", *words, "--widen", "names", "-o", "json"]) == 0
    digest = json.loads(capsys.readouterr().out)["digest"]
    assert run(["apply", *words, "--yes", "--digest", digest]) == 4
    assert "other evidence (--audit-log, --flows, --widen) were given" in capsys.readouterr().err
