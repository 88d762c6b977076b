"""A hostile cluster on a real terminal: what is written there is ours, byte by byte."""

import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from k8sharden.model.finding import Area
from k8sharden.model.text import typeable
from tests.e2e.hostile_app import (
    DRIFTED,
    LONG,
    NAME,
    PAYLOAD,
    REFUSED,
    hostile_kubeconfig,
    hostile_objects,
)
from tests.e2e.run import MAIN, environment
from tests.terminal import Terminal

SIZE = (80, 24)
SECONDS = 60
OURS = re.compile(
    r"\x1b\[(?!31337)[0-?]*[ -/]*[@-~]|\x1b[78=>]|\x1bP=[12]s\x1b\\|\x1b\]22;[a-z]*\x07"
)
"""What Textual writes to drive the terminal: control sequences and the pointer's shape (OSC 22).

No title, link or clipboard (OSC 0, 8, 52), and not the control sequence of the payload.
"""

DIGEST = re.compile("sha256:[0-9a-f]+")
ESCAPE, WRITE = "\x1b", "\x1bOQ"
SHOWN = "<U+001B>"
FORMS = (SHOWN, r"\u001b", r"\x1b")
"""How words show ESC: in sentences and tables, in JSON, and where an argument is quoted."""


def strange(drawn: bytes) -> list[str]:
    """Return where a terminal was given what is neither text nor a sequence of ours."""
    left = OURS.sub("", drawn.decode())
    return [
        ascii(left[max(0, place - 20) : place + 20])
        for place, char in enumerate(left)
        if char not in "\r\n\t" and unicodedata.category(char) in ("Cc", "Cf")
    ][:10]


class Walker:
    """Somebody who goes from screen to screen, and sees each before the next key."""

    def __init__(self, terminal: Terminal, state: Path) -> None:
        self._terminal = terminal
        self._state = state

    def go(self, keys: str, *wanted: str) -> None:
        """Press keys, and wait until all of this was drawn since."""
        since = len(self._terminal.text)
        self._terminal.press(keys)
        self._terminal.wait_for(*wanted, seconds=SECONDS, since=since)

    def click_everywhere(self) -> None:
        """Click into each part of the screen between the bar and the keys."""
        for line in range(2, SIZE[1] - 1):
            for column in range(4, SIZE[0], 16):
                self._terminal.press(f"\x1b[<0;{column};{line}M\x1b[<0;{column};{line}m")

    def refuse(self, status: int) -> None:
        """Let the server answer everything with this status from now on."""
        (self._state / REFUSED).write_text(str(status))

    def drift(self) -> None:
        """Let somebody spoil what was written."""
        (self._state / DRIFTED).touch()


@contextmanager
def walking(folder: Path, name: str, *words: str) -> Iterator[Walker]:
    """Start the app on the hostile cluster; at the end leave it, and judge all that it wrote."""
    command = ["-m", "tests.e2e.hostile_app", str(folder / "state"), hostile_kubeconfig(folder)]
    (folder / "state").mkdir()
    with started(folder, *command, name, *words) as walker:
        yield walker


@contextmanager
def started(folder: Path, *command: str) -> Iterator[Walker]:
    """Start the app in this way; at the end leave it, and judge all that it wrote."""
    words = [sys.executable, *command]
    with Terminal(words, folder=folder, env=environment(folder), size=SIZE) as terminal:
        terminal.wait_for("/ overview", "Effort:", seconds=SECONDS)
        yield Walker(terminal, folder / "state")
        terminal.press("q")
        assert terminal.leave(seconds=SECONDS) == 0, terminal.text[-3000:]
        assert "Traceback" not in terminal.text
        assert "This is a defect" not in terminal.text
        assert strange(terminal.drawn) == []
        assert SHOWN in terminal.text


def test_looking_at_a_hostile_cluster(tmp_path: Path) -> None:
    """Every screen that only looks draws text, and a click on hostile text does nothing."""
    with walking(tmp_path, PAYLOAD) as walker:
        for number, area in enumerate(Area, start=1):
            walker.go(str(number), f"/ {area.value}", SHOWN)
        walker.go("1", "/ rbac")
        walker.click_everywhere()
        for key, crumb in (
            ("L", "/ lesson"),
            ("d", "/ diff"),
            ("E", "/ evidence"),
            ("P", "/ access"),
        ):
            walker.go(key, crumb)
            walker.click_everywhere()
            walker.go(ESCAPE, "/ rbac")
        walker.go("?", "/ help")
        walker.go(ESCAPE, "/ rbac")
        walker.go("S", "/ settings", SHOWN)
        walker.go(ESCAPE, "/ rbac")
        walker.go("J", "/ journal")
        walker.go(ESCAPE, "/ rbac")
        walker.go(":[/nope][red]", "[/nope][red]", "No matches")
        walker.go(ESCAPE, "/ rbac")
        walker.go("M", "/ missions", "training cluster only")
        walker.click_everywhere()
        walker.go(ESCAPE, "/ overview")


def test_connecting_to_hostile_names(tmp_path: Path) -> None:
    """The choice of a cluster, the log-in and what goes wrong there show the names as text."""
    with walking(tmp_path, PAYLOAD) as walker:
        walker.go("c", "choose a cluster", SHOWN, "another server")
        walker.go("G\r", "by its address and a token")
        walker.go("https://u:[red]@[@click=app.quit]x[/nope]\rt\r", "no server's address")
        # The form lets the crumb be seen, and covers this row. Keys that come before Escape was
        # read would make it Alt and a letter.
        walker.go(ESCAPE, "another server")
        walker.go("kk\r", "Go on", SHOWN)
        walker.go("\r", "/ overview")


def test_an_error_of_a_hostile_server(tmp_path: Path) -> None:
    """The error screen quotes the server, and the app can be left."""
    with walking(tmp_path, PAYLOAD) as walker:
        walker.refuse(500)
        walker.go("r", "Go on", SHOWN)


def test_a_hostile_name_is_typed_as_it_is_shown(tmp_path: Path) -> None:
    """The confirmation shows how a name is typed that no keys can type, and takes that."""
    with walking(tmp_path, PAYLOAD) as walker:
        walker.go("1", "/ rbac", SHOWN)
        walker.go(" ", "● critical")
        walker.go("a", "/ review", "1 change for", SHOWN)
        walker.go("a", "Apply 1 change to", "stands for", SHOWN)
        walker.go("\t[/nope]", "That is not", SHOWN)
        walker.go(ESCAPE, "nothing was changed")
        walker.go("a", "Apply 1 change to", SHOWN)
        walker.go("\t" + typeable(PAYLOAD), "That is the name")
        walker.go("\t\r", "/ result", SHOWN)


def test_changing_a_hostile_cluster(tmp_path: Path) -> None:
    """Export, review, confirmation, result and journal of objects with hostile names."""
    with walking(tmp_path, PAYLOAD, "training") as walker:
        walker.go("1", "/ rbac", SHOWN)
        walker.go(" ", "● critical")
        walker.go("e", "/ export")
        walker.go(WRITE, "1 file written")
        walker.go(ESCAPE, "/ rbac")
        walker.go("a", "/ review", "1 change for", SHOWN)
        walker.click_everywhere()
        walker.go("a", "Apply 1 change to", SHOWN)
        walker.go("\t\r", "/ result", SHOWN)
        walker.click_everywhere()
        walker.go("J", "/ journal", SHOWN)
        walker.click_everywhere()
        walker.go("u", "1 change to take back", SHOWN)
        walker.click_everywhere()
        walker.go("a", "Take 1 change back", SHOWN)
        walker.go("\t\r", "/ result", SHOWN)


def test_a_field_that_drifted_to_a_hostile_value(tmp_path: Path) -> None:
    """The undo shows the value of somebody else as text, beside what was before and ours."""
    with walking(tmp_path, PAYLOAD, "training") as walker:
        walker.go("3", "/ pod-security")
        walker.go("/no-enforce office\r", "no-enforce office")
        walker.go(" ", "● high")
        walker.go("a", "/ review", "1 change for", SHOWN)
        walker.go("a", "Apply 1 change to", SHOWN)
        walker.go("\t\r", "/ result", SHOWN)
        walker.drift()
        walker.go("u", "not taken back", "before", "ours", "now", SHOWN)
        walker.click_everywhere()
        walker.go(ESCAPE, "/ result")


def test_missions_on_a_hostile_training_cluster(tmp_path: Path) -> None:
    """A mission attacks objects with hostile fields, and reports it as text."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/training.json").write_text(json.dumps(hostile_objects()))
    with started(tmp_path, "-c", MAIN, "demo") as walker:
        walker.go("1", "/ rbac", SHOWN)
        walker.go("M", "/ missions", "0 of 7 missions done")
        walker.go("jj\r", "/ mission", "Enter shows you the finding")
        walker.go("x", "# ")
        walker.click_everywhere()
        walker.go(ESCAPE, "/ missions")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose training cluster is the hostile one, with a hostile file and kubeconfig."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "state").mkdir()
    (folder / "state/training.json").write_text(json.dumps(hostile_objects()))
    items = {"apiVersion": "v1", "kind": "List", "items": hostile_objects()}
    (folder / f"{NAME}.yaml").write_text(json.dumps(items))
    (folder / "broken.yaml").write_text(json.dumps({"apiVersion": LONG, "kind": LONG}))
    hostile_kubeconfig(folder)
    return folder


def written(home: Path, *arguments: str, typed: str = "") -> str:
    """Return what a command wrote to its terminal; fail where that was not all text.

    ``typed`` is the answer where the command asks.
    """
    command = [sys.executable, "-c", MAIN, *arguments]
    with Terminal(command, folder=home, env=environment(home), size=SIZE) as terminal:
        if typed:
            terminal.wait_for("Type '", seconds=SECONDS)
            terminal.press(typed)
        code = terminal.leave(seconds=SECONDS)
    assert strange(terminal.drawn) == []
    assert "\x1b" not in terminal.drawn.decode()
    assert "Traceback" not in terminal.text
    assert "error of k8sharden itself" not in terminal.text
    assert code in (0, 1, 2, 3, 4, 5), code
    return terminal.text


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "--demo"),
        ("scan", "--demo", "-o", "json"),
        ("plan", "--demo", "-o", "diff"),
        ("export", "--demo", "--out", "out", "-o", "json"),
        ("scan", "-f", f"{NAME}.yaml"),
        ("plan", "-f", f"{NAME}.yaml", "-o", "diff"),
        ("scan", "-f", "broken.yaml"),
        ("scan", "-f", NAME),
        ("scan", "--demo", "--check", PAYLOAD),
        ("scan", "--demo", "-n", PAYLOAD),
        ("scan", "--demo", "--resource", PAYLOAD),
        ("scan", "--kubeconfig", "config", "--context", PAYLOAD),
        ("scan", "--kubeconfig", "config", "--context", "other"),
        ("explain", PAYLOAD),
        ("journal", "show", PAYLOAD),
        (PAYLOAD,),
    ],
    ids=lambda words: "-".join(words).replace(PAYLOAD, "hostile").replace(NAME, "hostile"),
)
def test_commands_write_text_only(home: Path, arguments: tuple[str, ...]) -> None:
    """Tables, diffs, JSON and errors show the hostile text, and nothing of it works."""
    said = written(home, *arguments)
    assert any(form in said for form in FORMS), said[-2000:]


def test_the_journal_of_a_hostile_cluster(home: Path) -> None:
    """An applied change with hostile names is listed, shown and taken back as text."""
    chosen = ("--demo", "--check", "rbac-cluster-admin")
    asked = DIGEST.search(written(home, "apply", *chosen, typed="no\r"))
    assert asked
    assert SHOWN in written(home, "apply", *chosen, "--yes", "--digest", asked[0])
    listed = written(home, "journal", "list")
    assert SHOWN in listed
    entry = listed.splitlines()[1].split()[0]
    assert SHOWN in written(home, "journal", "show", entry)
    assert r"\u001b" in written(home, "journal", "show", entry, "-o", "json")
    undo = ("journal", "undo", entry, "--demo")
    asked = DIGEST.search(written(home, *undo, typed="no\r"))
    assert asked
    assert SHOWN in written(home, *undo, "--yes", "--digest", asked[0])
