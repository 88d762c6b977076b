"""What missions say: short enough for a small screen, and true of commands and lessons."""

import shlex
import textwrap

import click
import pytest

import remediations
from k8sharden.cli import cli
from k8sharden.missions import MISSIONS, Mission, Step
from k8sharden.model.item import Lesson

STEPS = [(mission, step) for mission in MISSIONS for step in mission.steps]
EACH = pytest.mark.parametrize(
    ("mission", "step"), STEPS, ids=[f"{mission.id}-{step.kind}" for mission, step in STEPS]
)
COMMANDS = [(mission, command) for mission, step in STEPS for command in step.commands]


@EACH
def test_a_step_fits_a_small_screen(mission: Mission, step: Step) -> None:
    """At 80 by 24 the step, its keys and its commands leave room for head, foot and a report."""
    assert len(step.text.split()) <= 60
    parts = (step.text, step.keys, *step.commands)
    assert sum(len(textwrap.wrap(part, 74)) for part in parts) <= 11
    assert len(mission.story.split()) <= 60


@EACH
def test_the_lesson_is_the_catalogues(mission: Mission, step: Step) -> None:
    """A step names parts of its check's lesson, and repeats none of their sentences."""
    lesson = remediations.item(mission.check).lesson
    for part in step.lesson:
        assert part in Lesson.__struct_fields__
    sentences = [words for part in Lesson.__struct_fields__[:-1] for words in _of(lesson, part)]
    assert not [words for words in sentences if words in step.text]


def _of(lesson: Lesson, part: str) -> list[str]:
    return [words for words in getattr(lesson, part).split(". ") if len(words) > 30]


@pytest.mark.parametrize(("mission", "command"), COMMANDS, ids=[one for _, one in COMMANDS])
def test_every_command_is_spelled_rightly(mission: Mission, command: str) -> None:
    """Each command exists with its options, and names the mission's own check or area."""
    words = shlex.split(command)
    assert words.pop(0) == "k8sharden"
    _parse(cli, words)
    assert mission.check in command or mission.id in command or mission.target.name in command


def _parse(command: click.Command, words: list[str]) -> None:
    context = click.Context(command)
    if isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, words)
        assert found, name
        _parse(found, rest)
    else:
        command.make_context(command.name, words)


@pytest.mark.parametrize("mission", MISSIONS, ids=lambda mission: mission.id)
def test_a_mission_is_about_its_area(mission: Mission) -> None:
    """The check that ends the attack belongs to the mission's area."""
    assert remediations.item(mission.check).area is mission.area
