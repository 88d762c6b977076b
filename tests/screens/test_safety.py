"""What always holds: no variables in a crash, no control characters, no markup made of data."""

import ast
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console
from rich.segment import Segment
from textual.color import Color
from textual.widgets import Static

import screens
from k8sharden.errors import Unauthorized
from k8sharden.places.training import TrainingPlace
from screens.app import HardeningApp
from screens.base import HardeningScreen
from screens.error import ErrorScreen, sentence
from screens.safety import NoControls
from tests.screens.driver import opened, run

SENTINEL = "token-that-nobody-may-see"
SOURCES = sorted(Path(screens.__file__).parent.glob("*.py"))


def test_a_crash_prints_no_variables(tmp_path: Path) -> None:
    """The traceback of a crash names files and lines, and holds no value of any variable."""
    app = HardeningApp(tmp_path, read_only=True)
    app._close_messages_no_wait = lambda: None  # type: ignore[method-assign]
    try:
        _crash(SENTINEL)
    except ZeroDivisionError:
        app._fatal_error()
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - thrown away
    for part in app._exit_renderables:
        console.print(part)
    text = console.export_text()
    console.file.close()
    assert "ZeroDivisionError" in text
    assert "_crash" in text
    assert SENTINEL not in text


def _crash(token: str) -> int:
    return len(token) // 0


def test_textual_would_print_variables() -> None:
    """The override is still needed, and still overrides what Textual calls."""
    from textual.app import App  # noqa: PLC0415 - only this test looks at Textual's own

    assert "_fatal_error" in vars(App)
    assert "_fatal_error" in vars(HardeningApp)


def test_an_unexpected_error_leaves_the_app_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in a thread becomes a screen that names its place, without values, and goes away."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            session = driver.app.desk.session

            def broken(*_: object) -> None:
                raise KeyError(SENTINEL)

            monkeypatch.setattr(session, "scan", broken)
            await driver.press("r")
            assert isinstance(driver.app.screen, ErrorScreen)
            assert "KeyError" in driver.text
            assert SENTINEL not in driver.text
            await driver.press("enter", "1")
            assert driver.crumb == "rbac"

    run(test())


def test_an_expired_token_is_said_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence of an error for people is shown as it is, under a heading, with the way on."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            session = driver.app.desk.session

            def expired(*_: object) -> None:
                raise Unauthorized("The token has expired: log in again.", status=401)

            monkeypatch.setattr(session, "scan", expired)
            before = driver.app.desk.scan
            await driver.press("r")
            assert "does not accept the credentials" in driver.text
            assert "The token has expired: log in again." in driver.text
            await driver.press("escape")
            assert driver.app.desk.scan is before

    run(test())


def test_an_unexpected_error_has_no_value_in_its_sentence() -> None:
    """Only the kind of the error and its place are told."""
    assert SENTINEL not in sentence(ValueError(SENTINEL))


@pytest.mark.parametrize(
    "text", ["a\x1b[31mb", "a\x9bb", "a\x07b", "a\u202eb", "a\u200bb", "a\x85b"]
)
def test_the_filter_deletes_what_drives_a_terminal(text: str) -> None:
    """Whatever widget lets it through, it is replaced before it is written, cell by cell."""
    (kept,) = NoControls().apply([Segment(text)], Color(0, 0, 0))
    assert kept.text == "".join(
        "?" if char in "\x1b\x9b\x07\u202e\u200b\x85" else char for char in text
    )


def test_the_filter_is_on_in_every_widget(tmp_path: Path) -> None:
    """Even text that a screen forgot to clean is drawn without its control characters."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            driver.app.screen.query_one("#next", Static).update("x\x1b]0;owned\x1b\\y")
            await driver.pilot.pause()
            assert "x?]0;owned?" in driver.text

    run(test())


def test_no_color_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR the theme that sends no colours of its own is used."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def test() -> None:
        async with opened(tmp_path) as driver:
            assert driver.app.theme == "ansi-dark"

    run(test())


DRAWS = {"Static", "Prose", "Label", "Button", "RadioButton", "notify", "update"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_composed_string_reaches_a_widget_as_markup(path: Path) -> None:
    """Widgets take `Content`, never an f-string: a str is parsed as markup."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    for call in calls:
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in DRAWS:
            strings = [arg for arg in call.args if isinstance(arg, ast.JoinedStr | ast.BinOp)]
            assert not strings, f"{path.name}:{call.lineno}"
        assert name not in ("Static", "Label"), f"{path.name}:{call.lineno} takes markup: use Prose"
        if name == "notify":
            markup = [word for word in call.keywords if word.arg == "markup"]
            assert markup, f"{path.name}:{call.lineno} says nothing of markup"
            assert ast.literal_eval(markup[0].value) is False, f"{path.name}:{call.lineno}"


def test_every_key_has_an_id_and_words(tmp_path: Path) -> None:
    """Each binding can be changed by its id, and the help can explain it."""
    app = HardeningApp(tmp_path, way=lambda: TrainingPlace(tmp_path))
    bindings = [
        binding for cls in [HardeningApp, *_classes()] for binding in vars(cls).get("BINDINGS", ())
    ]
    assert len(bindings) > len(app.BINDINGS)
    for binding in bindings:
        assert binding.id, binding
        assert binding.description, binding
        assert binding.tooltip, binding
    ids = [binding.id for binding in bindings]
    assert len(ids) == len(set(ids))


def _classes() -> list[type]:
    """Return every class that the screens define, each once."""
    import importlib  # noqa: PLC0415 - only this test walks the modules

    found: dict[str, type] = {}
    for path in SOURCES:
        module = importlib.import_module(
            f"screens.{path.stem}" if path.stem != "__init__" else "screens"
        )
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and value.__module__ == module.__name__
                and value is not HardeningApp
            ):
                found[f"{value.__module__}.{value.__name__}"] = value
    return list(found.values())


def test_no_worker_is_described_by_its_arguments(tmp_path: Path) -> None:
    """Textual writes the call out where no words are given: a whole scan, or a token."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            screen = driver.app.screen
            assert isinstance(screen, HardeningScreen)
            worker = screen.work("sum", partial(max, "sentinel", "b"), lambda _: None)
            await driver.settle()
            assert "sentinel" not in worker.description

    run(test())
