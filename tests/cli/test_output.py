"""What goes to the terminal: exact for programs, harmless for people."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from k8sharden.cli import output, run
from k8sharden.cli.output import say, table, to_json
from k8sharden.cluster.progress import Progress

HOSTILE = "web\x1b[2J\x9b31m\u202e\U000e0041"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "we\\x9b31mb", namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: web # \u202e
        image: x:1
"""


def test_json_holds_no_character_that_drives_a_terminal() -> None:
    """JSON escapes what a terminal would obey, and reads back as exactly the same text."""
    text = to_json({"name": HOSTILE})
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == {"name": HOSTILE}


def test_words_and_tables_hold_no_such_character_either(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is said on stderr, and each cell of a table, shows such characters by their number."""
    say(HOSTILE)
    said = capsys.readouterr().err + table((HOSTILE,), ((HOSTILE,),))
    assert said.replace("\n", "").isprintable()
    assert said.count("<U+001B>[2J<U+009B>31m<U+202E><U+E0041>") == 3


@pytest.mark.parametrize(
    "words", [["\x9b31m"], ["scan", "--area", "\x9b31m"], ["scan", "--context", "\x9b31m"]]
)
def test_an_error_quotes_an_argument_safely(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An error that repeats an argument shows its control characters by their number."""
    assert run(words) in (2, 3)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "\x9b" not in said


def test_a_diff_is_exact_in_a_pipe_and_harmless_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A diff keeps every byte of a file where a program reads it, and none that could harm else."""
    (tmp_path / "web.yaml").write_text(MANIFEST, encoding="utf-8")
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    words = ["plan", "-o", "diff", "--check", "rt-seccomp", "-f", str(tmp_path / "web.yaml")]
    assert run(words) == 0
    assert "\u202e" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(words) == 0
    shown = capsys.readouterr().out
    assert "<U+202E>" in shown
    assert "\u202e" not in shown


def test_counting_says_nothing_before_it_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over in half a second shows no progress; what is not, ten numbers a second."""
    clock = iter([0.0, 0.2, 0.6, 0.61, 0.65, 0.8, 0.81])
    fake = SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("k8sharden.cli.output.time", fake)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with output.counting("Planning change") as count:
        count(0, 9)
        assert capsys.readouterr().err == ""
        for done in (1, 2, 3):
            count(done, 9)
    shown = capsys.readouterr().err
    assert shown.count("Planning change: ") == 2
    assert "2 of 9" in shown
    assert "4 of 9" in shown


def test_a_scan_says_nothing_before_it_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quick scan leaves the terminal alone; a slow one tells of all that was read so far."""
    clock = iter([0.0, 0.4, 0.6])
    fake = SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("k8sharden.cli.output.time", fake)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with output.scanning() as show:
        show(Progress("nodes", 3, None, finished=True))
        assert capsys.readouterr().err == ""
        show(Progress("pods", 500, None, finished=False))
    assert "Reading pods: 503 objects, 1 of 2 types done" in capsys.readouterr().err
