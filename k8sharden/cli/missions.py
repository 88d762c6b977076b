"""``k8sharden missions``: see an attack work on the training cluster, fix it, see it fail."""

import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import click

import remediations
from k8sharden.cli.learn import PARTS
from k8sharden.cli.output import emit, out_option, output_options, say, table, to_json
from k8sharden.config import state_folder
from k8sharden.missions import Line, LineKind, Missions, Outcome, Standing, Step
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session

F = TypeVar("F", bound=Callable[..., Any])

_WIDTH = 78
_MARKS = {LineKind.COMMAND: "$ ", LineKind.ANSWER: "  ", LineKind.NOTE: "# "}
_HEADINGS = {part: heading for heading, part in PARTS}


def _options(function: F) -> F:
    """Add what every command about one mission takes."""
    for option in (out_option, output_options, click.argument("mission")):
        function = option(function)
    return function


@click.group(invoke_without_command=True)
@output_options
@out_option
@click.pass_context
def missions(ctx: click.Context, /, **options: Any) -> int:
    """Guided steps through the seven areas, on the training cluster.

    Without a command: the list, with your progress. A mission is named by its area.
    """
    if ctx.invoked_subcommand is not None:
        if options["output"] != "table" or options["out"]:
            raise click.UsageError(f"-o and --out go behind {ctx.invoked_subcommand}.")
        return 0
    guide = _open()
    standings = guide.all()
    if options["output"] == "json":
        emit(to_json([_document(standing) for standing in standings]), options["out"])
        return 0
    rows = [(one.mission.id, one.words, one.mission.title) for one in standings]
    emit(table(("MISSION", "STATE", "TITLE"), rows), options["out"])
    following = guide.next
    if following is not None:
        say(f"Go on with: k8sharden missions show {following.mission.id}")
    return 0


@missions.command()
@_options
def show(mission: str, **options: Any) -> int:
    """Show a mission's story and its steps."""
    standing = _open().standing(mission)
    if options["output"] == "json":
        emit(to_json(_document(standing)), options["out"])
    else:
        emit("\n\n".join(_page(standing)), options["out"])
    return 0


@missions.command()
@_options
def attack(mission: str, **options: Any) -> int:
    """Run a mission's attack, and say whether it worked."""
    ran = _open().run(mission)
    if options["output"] == "json":
        emit(to_json({"attack": ran.report, "outcome": ran.outcome}), options["out"])
    else:
        emit(_report(ran.report.lines), options["out"])
    say(ran.outcome.words)
    return 0


@missions.command()
@_options
def finish(mission: str, **options: Any) -> int:
    """Finish a mission's step, if the cluster agrees."""
    guide = _open()
    outcome = guide.finish(mission)
    standing = guide.standing(mission)
    if options["output"] == "json":
        emit(to_json({"outcome": outcome, "mission": _document(standing)}), options["out"])
    else:
        emit(_after(outcome, standing), options["out"])
    return 0 if outcome.done else 1


@missions.command("carry-out")
@_options
def carry_out(mission: str, **options: Any) -> int:
    """Carry out a mission's runbook, on pretended nodes."""
    return _lines(_open().carry_out(mission), options)


@missions.command("roll-back")
@_options
def roll_back(mission: str, **options: Any) -> int:
    """Take a mission's runbook back."""
    return _lines(_open().roll_back(mission), options)


@missions.command()
@click.argument("mission")
def reset(mission: str) -> int:
    """Forget your progress in a mission."""
    _open().reset(mission)
    say(f"{mission} begins anew. To begin with a fresh cluster: k8sharden demo --reset")
    return 0


def _open() -> Missions:
    state = state_folder()
    return Missions(Session(TrainingPlace(state), state), state)


def _lines(lines: Iterable[Line], options: dict[str, Any]) -> int:
    found = tuple(lines)
    emit(to_json(found) if options["output"] == "json" else _report(found), options["out"])
    return 0


def _report(lines: Iterable[Line]) -> str:
    return "\n".join(f"{_MARKS[line.kind]}{line.text}" for line in lines)


def _after(outcome: Outcome, standing: Standing) -> str:
    parts = [outcome.words]
    if standing.step is not None:
        parts.append("\n".join(_step(standing, standing.done)))
    return "\n\n".join(parts)


def _page(standing: Standing) -> Iterator[str]:
    """Yield the head, the story, each step, and the parts of the lesson that go with the next."""
    mission = standing.mission
    yield f"{mission.title}\n{mission.id} · {standing.words} · check {mission.check}"
    yield _wrapped(mission.story, "")
    for number in range(len(mission.steps)):
        yield "\n".join(_step(standing, number))
    if standing.step is not None:
        yield from _lesson(mission.check, standing.step)


def _step(standing: Standing, number: int) -> Iterator[str]:
    step = standing.mission.steps[number]
    mark = "✓" if number < standing.done else "▸" if number == standing.done else " "
    yield f"{mark} {number + 1}. {step.title}"
    if number == standing.done:
        yield _wrapped(step.text, "     ")
        yield from (f"     $ {command}" for command in step.commands)
        if not step.runs:
            yield f"     $ k8sharden missions finish {standing.mission.id}"


def _lesson(check: str, step: Step) -> Iterator[str]:
    """Yield what the lesson says to this step: `k8sharden explain` prints all of it."""
    lesson = remediations.item(check).lesson
    for part in step.lesson:
        yield f"{_HEADINGS[part]}\n{_wrapped(getattr(lesson, part), '  ')}"


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _document(standing: Standing) -> dict[str, Any]:
    mission = standing.mission
    return {
        "id": mission.id,
        "title": mission.title,
        "check": mission.check,
        "target": mission.target,
        "story": mission.story,
        "state": standing.words,
        "finished": standing.finished,
        "reopened": standing.reopened,
        "done": standing.done,
        "steps": mission.steps,
    }
