"""Names and messages that try to drive the terminal, or to crash what draws them."""

import shlex
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from rich.style import Style
from textual.widgets import Static

from k8sharden.cluster.progress import Progress
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Coverage, Entry, Inventory
from k8sharden.model.ref import Ref
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from tests.e2e.hostile_app import hostile_kubeconfig
from tests.screens.driver import CLOSE, SMALL, Driver, opened, run

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x9b31m\x85\u202egnp.\u2066\u200b[/nope][@click=app.quit]x[/] [bold"
)


class HostilePlace(TrainingPlace):
    """A training cluster that calls itself and the things in it hostile names."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.name = HOSTILE
        self.options = ("--context", HOSTILE)

    def collect(
        self, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Inventory:
        """Add gaps whose words are hostile."""
        found = super().collect(progress, cancelled)
        progress(Progress(HOSTILE, 1, None, finished=False))
        gap = Entry(HOSTILE, Coverage.ERROR, HOSTILE)
        return msgspec.structs.replace(found, ledger={**found.ledger, HOSTILE: gap})


def drawn_controls(text: str) -> list[str]:
    """Return the control and format characters of a drawn text, line ends aside."""
    return [char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf")]


SCROLLBAR = {"grab", "release", "scroll_up", "scroll_down", "scroll_left", "scroll_right"}
"""The actions of Textual's scrollbars, which hold no text."""


def clickable(driver: Driver) -> list[str]:
    """Return the drawn texts that are a link, or whose style holds an action for a click."""
    strips = driver.app.screen._compositor.render_strips(driver.app.size)
    segments = [segment for strip in strips for segment in strip]
    return [text for text, style, _ in segments if style and (style.link or _acts(style))]


def _acts(style: Style) -> bool:
    return any(
        name.startswith("@") and action not in SCROLLBAR for name, action in style.meta.items()
    )


@pytest.fixture(autouse=True)
def hostile_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every finding carry hostile words wherever a cluster could put them."""
    assessed = Session.scan

    def scan(session: Session, *given: Callable[..., object]) -> object:
        found = assessed(session, *given)  # type: ignore[arg-type]
        rows = tuple(_spoilt(finding) for finding in found.findings)
        assessment = msgspec.structs.replace(found.assessment, findings=rows)
        return msgspec.structs.replace(found, assessment=assessment)

    monkeypatch.setattr(Session, "scan", scan)


def _spoilt(finding: Finding) -> Finding:
    ref = finding.resource
    return msgspec.structs.replace(
        finding,
        resource=Ref(ref.api_version, ref.kind, ref.namespace, ref.name + HOSTILE),
        message=HOSTILE + finding.message,
        path=HOSTILE,
        evidence={HOSTILE: HOSTILE, "list": [HOSTILE]},
    )


def ways() -> Iterator[tuple[str, ...]]:
    """Yield the ways to every screen that shows words of a cluster."""
    yield ()
    yield ("1",)
    yield ("1", "L")
    yield ("1", "E")
    yield ("1", "d")
    yield ("1", "P")
    yield ("2", "P")
    yield ("2", "P", "enter", "enter", "G")
    yield ("2", "A", "a")
    yield (*CLOSE, "space", "a", "a")
    yield (*CLOSE, "space", "e")
    yield ("J",)
    yield ("c",)
    yield ("2", "slash", "n", "question_mark", "enter")
    yield ("colon",)
    yield ("question_mark",)
    yield ("S",)
    yield ("c", "G", "enter")
    yield ("M",)
    yield ("M", "enter")
    yield ("M", "enter", "x")
    yield (*CLOSE, "space", "a", "a", "tab", "enter")
    yield (*CLOSE, "space", "a", "a", "tab", "enter", "J")
    yield (*CLOSE, "space", "a", "a", "tab", "enter", "U")


@pytest.mark.parametrize("keys", list(ways()), ids="-".join)
def test_hostile_words_are_only_words(tmp_path: Path, keys: tuple[str, ...]) -> None:
    """No screen draws ESC, C1, bidi or zero-width characters, or a link or action out of words."""

    async def test() -> None:
        async with opened(tmp_path, place=HostilePlace(tmp_path), size=SMALL) as driver:
            await driver.press(*keys)
            assert drawn_controls(driver.text) == []
            assert clickable(driver) == []
            assert shows_itself(driver)

    run(test())


def shows_itself(driver: Driver) -> bool:
    """Whether the hostile name of the cluster is drawn as the characters that it is made of."""
    return "<U+001B>" in driver.text


def test_a_hostile_sentence_is_said_as_it_is(tmp_path: Path) -> None:
    """A toast neither crashes on broken markup nor draws a control character."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            driver.app.say(HOSTILE)
            await driver.settle()
            assert "[/nope]" in driver.text
            assert drawn_controls(driver.text) == []

    run(test())


def test_a_command_line_is_quoted(tmp_path: Path) -> None:
    """What is shown to be copied gives a shell the hostile name as one word."""
    session = Session(HostilePlace(tmp_path), tmp_path)
    assert shlex.split(session.command("scan"))[-1] == HOSTILE


def test_hostile_names_of_a_kubeconfig_are_only_words(tmp_path: Path) -> None:
    """The choice of a cluster shows names and addresses of a megabyte, and none is a link."""

    async def test() -> None:
        kubeconfig = Path(hostile_kubeconfig(tmp_path))
        async with opened(tmp_path, kubeconfig=kubeconfig, size=SMALL) as driver:
            await driver.press("c")
            assert driver.text.count("<U+001B>") == 2
            assert drawn_controls(driver.text) == []
            assert clickable(driver) == []

    run(test())


def test_what_is_clickable_is_found(tmp_path: Path) -> None:
    """A link and an action in a markup are what the walk looks for, and it sees them."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.app.screen.mount(Static("[@click=app.quit]one[/] [link='http://x']two[/]"))
            await driver.settle()
            assert set(clickable(driver)) == {"one", "two"}

    run(test())
