"""Applying from the command line: what the exit code and the last words say."""

import contextlib
import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest

from k8sharden.analysis.ownership import Owner, OwnerKind
from k8sharden.changes import apply
from k8sharden.changes.journal import Journal
from k8sharden.changes.plan import Plan, Planned
from k8sharden.cli import run, watching
from k8sharden.cli.apply import overruled
from k8sharden.cluster.api import Api
from k8sharden.cluster.training.control_plane import TrainingCluster
from k8sharden.errors import ClusterUnavailable, Refused
from k8sharden.history import History
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, Risk
from k8sharden.model.impact import Impact, ImpactKind
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Scan, Session

CHOICE = ["--demo", "--check", "rt-seccomp", "--resource", "Deployment/shop/web"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own for the journal and the training cluster."""
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def digest(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the digest of the plan."""
    assert run(["plan", *CHOICE]) == 0
    return capsys.readouterr().out.split()[-1]


def test_what_was_written_and_not_verified_is_done_in_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the object reads differently afterwards the exit code is 5, and undo is offered."""

    def differs(*_words: object) -> None:
        raise Refused("it reads differently now")

    approved = digest(capsys)
    monkeypatch.setattr(apply, "verify", differs)
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 5
    assert "journal undo" in capsys.readouterr().err


def test_a_plan_that_is_only_exported_says_that_nothing_is_applied(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The way to its source comes first, and the last word is that nothing was done here."""
    assert run(["apply", "--demo", "--resource", "Deployment/office/wiki"]) == 0
    said = capsys.readouterr().err
    assert "--override-owner helm/wiki" in said
    assert said.endswith("\nNothing to apply.\n")


def test_a_plan_ends_with_the_command_that_carries_it_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only where something would be written, and not where nothing may be."""
    assert run(["plan", *CHOICE]) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("Next: `k8sharden apply ")
    assert all(word in said for word in CHOICE)
    for words in (["plan", *CHOICE, "--read-only"], ["plan", "--demo", "--check", "aud-off"]):
        assert run(words) == 0
        assert "Next:" not in capsys.readouterr().err


def test_a_result_stands_on_a_line_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, what was last shown of a rollout is wiped away before its result is said."""
    approved = digest(capsys)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 0
    shown = capsys.readouterr().err
    assert "pods" in shown
    (line,) = (line for line in shown.splitlines(keepends=True) if "verified: " in line)
    assert line.rpartition("\r")[2].startswith("verified: ")


def test_asking_is_shown_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many rights are found as they were meant, on one line that the next word wipes away."""
    watching.show_asking(12, 40)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    watching.show_asking(12, 40)
    assert capsys.readouterr().err.startswith("\rAsking the API server: 12 of 40 rights ")


def test_what_was_refused_leaves_nothing_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing was written the exit code is 4, and there is nothing to take back."""

    def refuses(*_words: object) -> None:
        raise ClusterUnavailable("the network is down")

    approved = digest(capsys)
    monkeypatch.setattr(apply, "write", refuses)
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 4
    assert "journal undo" not in capsys.readouterr().err


def test_no_journal_no_change(capsys: pytest.CaptureFixture[str], state: Path) -> None:
    """Where no journal can be made nothing is written, and one line says why."""
    approved = digest(capsys)
    state.write_text("a file in the folder's place")
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "journal" in said
    assert "Nothing was changed" in said
    state.unlink()
    assert digest(capsys) == approved


def test_a_training_cluster_that_cannot_be_kept_says_so(
    capsys: pytest.CaptureFixture[str], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk under the training cluster is one line, not a traceback."""
    approved = digest(capsys)

    def full(_cluster: TrainingCluster) -> list[object]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TrainingCluster, "objects", full)
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 2
    assert "cannot be kept in" in capsys.readouterr().err.splitlines()[-1]
    assert state.is_dir()


def test_a_plan_that_was_applied_already_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """The same command twice changes nothing the second time, and names the likely reason."""
    words = ["apply", *CHOICE, "--yes", "--digest", digest(capsys)]
    assert run(words) == 0
    assert run(words) == 4
    assert "Nothing is left to change" in capsys.readouterr().err


def test_what_the_server_refuses_is_named_with_the_way_to_leave_it_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One refusal stops the plan, and the options that it asks for make a plan without it."""
    words = ["--demo", "--check", "rt-seccomp", "--namespace", "shop"]

    def refuse(_session: Session, plan: Plan, _progress: object = None) -> Plan:
        bad = [
            msgspec.structs.replace(each, rejected="admission says no")
            if each.ref is not None and each.ref.name == "web"
            else each
            for each in plan.changes
        ]
        return msgspec.structs.replace(plan, changes=tuple(bad))

    monkeypatch.setattr(Session, "review", refuse)
    assert run(["apply", *words]) == 4
    said = capsys.readouterr().err
    assert "(admission says no): leave it out with --without" in said
    assert said.rstrip().endswith("Nothing was changed.")
    (left_out,) = re.findall(r"--without ([0-9a-f]{12})", said)
    assert run(["plan", *words, "--without", left_out]) == 0
    approved = capsys.readouterr().out.split()[-1]
    done = ["apply", *words, "--without", left_out, "--yes", "--digest", approved, "--no-wait"]
    assert run(done) == 0


def test_drift_shows_what_the_change_would_be_now(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the review and the write somebody changes the level: the new diff is printed."""
    words = ["--demo", "--check", "pss-no-enforce", "--namespace", "default"]
    assert run(["plan", *words]) == 0
    approved = capsys.readouterr().out.split()[-1]
    late = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "late", "namespace": "default"},
        "spec": {"containers": [{"name": "web", "image": "registry.kestrel.example/web:1"}]},
    }
    review = Session.review

    def meddle(session: Session, plan: Plan, progress: Callable[[int], None]) -> Plan:
        assert isinstance(session.place, TrainingPlace)
        client = Api(session.place.cluster.transport())
        client.create(late, kinds.PODS.ref("default", "late"))
        return review(session, plan, progress)

    monkeypatch.setattr(Session, "review", meddle)
    assert run(["apply", *words, "--yes", "--digest", approved]) == 4
    said = capsys.readouterr().err
    assert "what it rests on changed since it was reviewed" in said
    assert "It would be this now:" in said
    assert "+    pod-security.kubernetes.io/enforce: baseline" in said


def test_what_cannot_be_taken_back_by_itself_is_reported_all_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the network goes down before `--auto-undo`, what was done is told, and how to undo."""
    words = ["--demo", "--check", "rt-rofs", "--resource", "Deployment/shop/thumbnails"]
    assert run(["plan", *words]) == 0
    approved = ["--yes", "--digest", capsys.readouterr().out.split()[-1]]

    def down(*_words: object, **_more: object) -> NoReturn:
        raise ClusterUnavailable("the network is down")

    monkeypatch.setattr(History, "undo", down)
    assert run(["apply", *words, *approved, "--auto-undo", "-o", "json"]) == 5
    ran = capsys.readouterr()
    (change,) = json.loads(ran.out)["changes"]
    assert "It could not be taken back: the network is down" in " ".join(change["warnings"])
    assert f"journal undo {change['journal']}" in ran.err


def test_ctrl_c_in_the_last_look_loses_no_report(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not wait for the scan after an apply still reads what was done."""
    approved = ["--yes", "--digest", digest(capsys), "-o", "json"]
    scan, calls = Session.scan, iter(range(9))

    def impatient(session: Session, *words: Any, **more: Any) -> Scan:
        if next(calls):
            os.kill(os.getpid(), signal.SIGINT)
        return scan(session, *words, **more)

    monkeypatch.setattr(Session, "scan", impatient)
    assert run(["apply", *CHOICE, *approved]) == 0
    ran = capsys.readouterr()
    document = json.loads(ran.out)
    assert [change["result"] for change in document["changes"]] == ["verified"]
    assert list(document["rechecked"].values()) == ["cannot tell"]
    assert "Stopping; what was done is told." in ran.err


def test_a_plan_stays_approved_whoever_is_overruled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is applied after all may have later changes cut others, which no `plan` could show."""
    judged = Session.judged
    effect = Impact(ImpactKind.TRAFFIC, 0, "It matters to another.", about=("a → b TCP 1",))

    def otherwise(session: Session, plan: Plan, scan: Scan | None) -> Plan:
        found = judged(session, plan, scan)
        changes = [msgspec.structs.replace(each, impact=(effect,)) for each in found.changes]
        return msgspec.structs.replace(found, changes=tuple(changes))

    approved = digest(capsys)
    monkeypatch.setattr(Session, "judged", otherwise)
    assert run(["apply", *CHOICE, "--yes", "--digest", approved, "--no-wait"]) == 0
    assert "verified: " in capsys.readouterr().err


def test_impact_counts_what_an_owner_was_overruled_for(capsys: pytest.CaptureFixture[str]) -> None:
    """The label after them meets workloads that are changed after all: their pods are replaced."""
    words = [
        "--demo",
        "--namespace",
        "office",
        "--check",
        "pss-no-enforce",
        "--check",
        "rt-seccomp",
    ]
    keys = ("flux/office", "helm/wiki")
    owners = [word for key in keys for word in ("--override-owner", key)]
    assert run(["plan", *words, "-o", "json"]) == 0
    held = json.loads(capsys.readouterr().out)
    approved = ["--yes", "--digest", held["digest"], "--no-wait", "-o", "json"]
    assert run(["apply", *words, *owners, *approved]) == 0
    done = json.loads(capsys.readouterr().out)
    said = [plan["changes"][-1]["impact"][0]["sentence"] for plan in (held, done)]
    assert "of 4 running pods" in said[0]
    assert "of 2 running pods" in said[1]


def test_one_word_overrules_all_owners_of_that_name() -> None:
    """A Kustomization and a HelmRelease that are called the same are not told apart by it."""
    change = Change(ChangeKind.PATCH, "Harden it", Risk.SAFE, ())
    owners = [Owner(OwnerKind.FLUX, "shop", resource=kind) for kind in ("Kustomization", "Helm")]
    held = tuple(Planned(change, (), (), owner=owner) for owner in owners)
    assert not overruled(Plan(Source(SourceKind.CLUSTER, "here"), held), ["flux/shop"]).held


def test_training_does_not_begin_anew_under_somebody_who_writes(
    capsys: pytest.CaptureFixture[str], state: Path
) -> None:
    """The new cluster has the old one's uid: entries that stay would be offered for undo there."""
    assert run(["apply", *CHOICE, "--yes", "--digest", digest(capsys)]) == 0
    kept = (state / "training.json").read_bytes()
    with contextlib.closing(Journal(state / "journal.sqlite", training=True)) as journal:
        with journal.alone():
            assert run(["demo", "--reset"]) == 4
        assert "is writing in the journal" in capsys.readouterr().err
        assert (state / "training.json").read_bytes() == kept
        assert run(["demo", "--reset"]) == 2, "it is done, and there is no terminal for the app"
        assert not journal.entries()
    assert not (state / "training.json").exists()
