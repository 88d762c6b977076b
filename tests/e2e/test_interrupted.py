"""The app is stopped, closed, shrunk or killed in the middle: nothing is lost, and it says so."""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from k8sharden.changes.journal import State
from k8sharden.model.finding import Area
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from tests.e2e.run import ROOT
from tests.terminal import Terminal

OVERVIEW = tuple(area.heading for area in Area)


def started(state: Path, *, scan: float = 0.0, write: float = 0.0) -> Terminal:
    """Start the app on a slow training cluster."""
    env = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG")}
    env |= {"HOME": str(state), "PYTHONPATH": str(ROOT), "K8SHARDEN_CONFIG": str(state / "none")}
    command = [sys.executable, "-m", "tests.e2e.slow", str(state), str(scan), str(write)]
    return Terminal(command, folder=ROOT, env=env)


def applying(terminal: Terminal) -> None:
    """Mark the namespaces without a default deny, and apply their fixes."""
    terminal.wait_for("Next:", seconds=60)
    terminal.press("2")
    terminal.wait_for("Same in a shell: k8sharden scan --area network", seconds=30)
    terminal.press("A")
    terminal.wait_for("marked", seconds=30)
    terminal.press("a")
    terminal.wait_for("Digest sha256", seconds=60)
    terminal.forget()
    terminal.press("a")
    terminal.wait_for("written to the journal first", "Cancel", seconds=30)
    terminal.press("\t\r")
    terminal.wait_for("done · Esc stops", seconds=30)


def eventually(true: Callable[[], bool], what: str, *, seconds: float = 30) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def states(state: Path) -> list[State]:
    """Return the states of the journal's entries, newest first."""
    # Only read, and not by our own code: that would take part in making the file.
    try:
        with closing(sqlite3.connect(f"file:{state / 'journal.sqlite'}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT state FROM entries ORDER BY rowid DESC").fetchall()
    except sqlite3.OperationalError:
        return []
    return [State(row[0]) for row in rows]


def policies(state: Path) -> int:
    """Count the policies that k8sharden made in the cluster that was kept."""
    objects = TrainingPlace(state).cluster.objects()
    return sum(
        value["kind"] == "NetworkPolicy" and "default-deny" in value["metadata"]["name"]
        for value in objects
    )


def stopped(pid: int) -> bool:
    """Whether a process is suspended, as Linux says it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_terminal_ends_an_apply_between_two_writes(
    tmp_path: Path, number: signal.Signals
) -> None:
    """What was begun is finished, verified and kept; the rest is not begun."""
    before = policies(tmp_path)
    with started(tmp_path, write=0.7) as terminal:
        applying(terminal)
        eventually(lambda: State.VERIFIED in states(tmp_path), "nothing was written")
        terminal.signal(number)
        terminal.leave(seconds=30)
    ended = states(tmp_path)
    assert set(ended) == {State.VERIFIED}
    assert policies(tmp_path) - before == len(ended)
    session = Session(TrainingPlace(tmp_path), tmp_path)
    assert session.history.interrupted(session.place.source()) == ()
    left = [f for f in session.scan().findings if f.check == "net-no-default-deny-ingress"]
    assert any(finding.counts for finding in left), "it went on to the end"


def test_a_terminal_that_is_gone_without_a_word_ends_the_app(tmp_path: Path) -> None:
    """Not every terminal sends SIGHUP: what was begun is finished, and nobody is left spinning."""
    with started(tmp_path, write=0.7) as terminal:
        applying(terminal)
        eventually(lambda: State.VERIFIED in states(tmp_path), "nothing was written")
        terminal.hang_up(seconds=60)
    assert set(states(tmp_path)) == {State.VERIFIED}


def test_a_killed_app_says_at_the_next_start_what_was_interrupted(tmp_path: Path) -> None:
    """The overview names it, and s in the journal finds out what became of it."""
    with started(tmp_path, write=3) as terminal:
        applying(terminal)
        eventually(lambda: State.INTENDED in states(tmp_path), "nothing was begun")
        terminal.signal(signal.SIGKILL)
        terminal.leave(seconds=30)
    with started(tmp_path) as terminal:
        terminal.wait_for("1 change was interrupted: J opens", seconds=60)
        terminal.press("J")
        terminal.wait_for("1 change in the journal", seconds=30)
        terminal.press("s")
        eventually(lambda: State.INTENDED not in states(tmp_path), "it was not settled")
        terminal.press("q")
        assert terminal.leave(seconds=30) == 0
    assert states(tmp_path) == [State.FAILED]


def test_a_closed_terminal_during_a_scan_ends_the_app(tmp_path: Path) -> None:
    """Nothing was written, and the next start scans as ever."""
    with started(tmp_path, scan=60) as terminal:
        terminal.wait_for("Scanning", seconds=60)
        terminal.signal(signal.SIGHUP)
        terminal.leave(seconds=30)
    assert states(tmp_path) == []
    with started(tmp_path) as terminal:
        terminal.wait_for(*OVERVIEW, "Next:", seconds=60)


@pytest.mark.parametrize("during", ["scan", "apply"])
def test_suspended_and_shrunk_it_goes_on(tmp_path: Path, during: str) -> None:
    """Stopped by the shell and continued, then 20 by 5 and back: the work comes to its end."""
    # The plan writes some seventy times, one after the other, and all of them are waited for.
    slow = {"scan": 3.0} if during == "scan" else {"write": 0.2}
    with started(tmp_path, **slow) as terminal:
        if during == "scan":
            terminal.wait_for("Scanning", seconds=60)
        else:
            applying(terminal)
        terminal.signal(signal.SIGTSTP)
        eventually(lambda: stopped(terminal.pid), "it was not suspended")
        terminal.signal(signal.SIGCONT)
        eventually(lambda: not stopped(terminal.pid), "it was not continued")
        terminal.resize(5, 20)
        time.sleep(0.5)
        terminal.resize(45, 140)
        terminal.wait_for("Next:" if during == "scan" else "Undo in a shell", seconds=60)
        terminal.press("q")
        assert terminal.leave(seconds=30) == 0, terminal.text[-2000:]
    assert set(states(tmp_path)) == ({State.VERIFIED} if during == "apply" else set())
