"""Bytes that arrive together: what follows a key that opens a field lands there, and never acts."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.run import environment
from tests.terminal import Terminal
from tests.tmux import Tmux

SECONDS = 20
MOMENT = 1.0
"""Seconds in which a screen that does something would have done it."""

TOAST = "▌"
"""The edge of a sentence that is shown for some seconds."""

ACTIONS = "xaaA  uedJrcSM12q"
"""Keys of actions: marking, reviewing, dropping, undoing, leaving."""


@contextmanager
def started(folder: Path, *command: str) -> Iterator[Terminal]:
    """Start an app on a terminal, and wait for its scan; it has to live to the end."""
    (folder / "state").mkdir()
    words = [sys.executable, "-m", *command]
    with Terminal(words, folder=folder, env=environment(folder), size=(80, 60)) as terminal:
        terminal.wait_for("/ overview", "failing", seconds=SECONDS)
        yield terminal
        assert "Traceback" not in terminal.text
        terminal.press("\x1b")
        terminal.redrawn()
        terminal.press("q")
        assert terminal.leave(seconds=SECONDS) == 0


@contextmanager
def training(folder: Path) -> Iterator[Terminal]:
    """Start the app on a training cluster."""
    with started(folder, "tests.e2e.slow", str(folder / "state"), "0", "0") as terminal:
        yield terminal


@contextmanager
def real(folder: Path, name: str) -> Iterator[Terminal]:
    """Start the app on a cluster that asks for its name."""
    words = (str(folder / "state"), str(folder / "none"), name)
    with started(folder, "tests.e2e.hostile_app", *words) as terminal:
        yield terminal


def test_what_follows_the_slash_is_words_of_the_filter(tmp_path: Path) -> None:
    """Area, slash and words in one write: the words stand in the filter, and nothing was marked."""
    with training(tmp_path) as terminal:
        terminal.press("1/" + ACTIONS)
        drawn = terminal.redrawn()
        assert ACTIONS in drawn
        assert "/ rbac" in drawn
        assert "No finding holds all of these words" in drawn
        assert "marked" not in drawn


def test_words_of_the_filter_in_one_write_are_kept_by_enter(tmp_path: Path) -> None:
    """The Enter after the words keeps them, and the keys after that are the list's again."""
    with training(tmp_path) as terminal:
        terminal.press("1/cluster-admin\r ")
        drawn = terminal.redrawn()
        assert "cluster-admin" in drawn
        assert "1 marked" in drawn


def test_what_follows_the_colon_is_searched_for(tmp_path: Path) -> None:
    """Colon and letters in one write: the letters stand in the palette."""
    with training(tmp_path) as terminal:
        terminal.press("1:" + ACTIONS)
        drawn = terminal.redrawn()
        assert ACTIONS in drawn
        assert "marked" not in drawn


def test_enter_takes_what_was_searched_for(tmp_path: Path) -> None:
    """A name and Enter in one write run that command, not the first of all."""
    with training(tmp_path) as terminal:
        terminal.press(":journal\r")
        assert "/ journal" in terminal.redrawn()


def test_what_follows_enter_on_another_server_is_its_address(tmp_path: Path) -> None:
    """The last row of the choice of a cluster and an address in one write: it is the address."""
    with training(tmp_path) as terminal:
        terminal.press("c")
        terminal.wait_for("choose a cluster", "another server", seconds=SECONDS)
        terminal.redrawn()
        terminal.press("G\r" + ACTIONS)
        assert ACTIONS in terminal.redrawn()


def test_letters_after_the_key_that_applies_do_nothing(tmp_path: Path) -> None:
    """The confirmation takes no letter as an action, and neither does the review under it."""
    with real(tmp_path, "shop-eu") as terminal:
        terminal.press("1")
        terminal.wait_for("/ rbac", "critical", seconds=SECONDS)
        terminal.press("a")
        terminal.wait_for("1 change for", "Digest", seconds=SECONDS)
        terminal.redrawn()
        terminal.press("a" + ACTIONS)
        assert "Apply 1 change to shop-eu?" in terminal.redrawn()
        terminal.press("\x1b")
        drawn = terminal.redrawn()
        assert "/ review" in drawn
        assert "1 change for 1 finding" in drawn


def test_a_name_typed_in_one_write_is_the_typed_name(tmp_path: Path) -> None:
    """Tab, the name and Tab again arrive together, and do what they do one by one."""
    with real(tmp_path, "shop-eu") as terminal:
        terminal.press("1")
        terminal.wait_for("/ rbac", "critical", seconds=SECONDS)
        terminal.press("a")
        terminal.wait_for("1 change for", "Digest", seconds=SECONDS)
        terminal.redrawn()
        terminal.press("a\tshop-eu")
        assert "That is the name" in terminal.redrawn()
        terminal.press("\t\r")
        assert "/ result" in terminal.redrawn()


WAYS = (
    (("2",), "/ network"),
    (("1",), "/ rbac"),
    (("d",), "/ diff"),
    (("Escape", "L"), "/ lesson"),
    (("Escape", "E"), "/ evidence"),
    (("Escape", "a"), "Digest"),
    (("a",), "Apply 1 change to"),
    (("Escape", "Escape", "J"), "/ journal"),
    (("Escape", "S"), "/ settings"),
    (("Escape", "?"), "/ help"),
    (("Escape", "M"), "/ missions"),
    (("Enter",), "/ mission "),
    (("Escape", "Escape", "c"), "choose a cluster"),
)
"""From screen to screen: the keys, and what is seen there."""


def test_a_paste_without_a_field_does_nothing(tmp_path: Path) -> None:
    """Letters, Enter and escape sequences in a paste leave each screen as it was."""
    (tmp_path / "state").mkdir()
    command = [sys.executable, "-m", "tests.e2e.slow", str(tmp_path / "state"), "0", "0"]
    env = environment(tmp_path) | {"TERM": "xterm-256color"}
    with Tmux(command, folder=tmp_path, env=env, size=(80, 40)) as tmux:
        tmux.wait_for("/ overview", "Next")
        for keys, seen in WAYS:
            for key in keys:
                # Esc and a letter in one write are Alt and that letter.
                tmux.press(key)
                time.sleep(MOMENT / 2)
            tmux.wait_for(seen)
            time.sleep(MOMENT)
            while TOAST in tmux.text:
                time.sleep(MOMENT)
            before = tmux.text.splitlines()[1:]
            tmux.paste(f"{ACTIONS}\r\t \x1b\x1b[B\x1bq\x1bOQ{ACTIONS}")
            time.sleep(MOMENT)
            assert tmux.text.splitlines()[1:] == before


def test_a_paste_into_a_field_is_its_text(tmp_path: Path) -> None:
    """Slash and a paste in one write: the paste stands in the filter without its escapes."""
    with training(tmp_path) as terminal:
        terminal.press(f"1/\x1b[200~{ACTIONS}\x1bxyz\x1b[201~")
        assert ACTIONS + "xyz" in terminal.redrawn()
