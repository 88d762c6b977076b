"""What a mission is made of: a story, steps, and an attack that the training cluster decides."""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from k8sharden.missions.training import Training
from k8sharden.model.finding import Area
from k8sharden.model.ref import Ref


class LineKind(StrEnum):
    """What a line of a report is: what the attacker types, what comes back, what it means."""

    COMMAND = "command"
    ANSWER = "answer"
    NOTE = "note"


class Line(msgspec.Struct, frozen=True):
    """One line of a report, safe to show."""

    kind: LineKind
    text: str


class AttackReport(msgspec.Struct, frozen=True):
    """What an attack did and what came of it; secret values never stand in it.

    ``waiting`` says what is still under way and will change the outcome by itself, such as a
    rollout; empty where nothing is.
    """

    lines: tuple[Line, ...]
    succeeded: bool
    waiting: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """Whether a step is done, and the sentence that says so, or what is missing."""

    done: bool
    words: str


class StepKind(StrEnum):
    """The five steps of every mission."""

    LOOK = "look"
    ATTACK = "attack"
    FIX = "fix"
    AGAIN = "attack-again"
    READ = "read"


class Step(msgspec.Struct, frozen=True):
    """One step.

    ``keys`` says how it is done in the app, ``commands`` how on the command line. ``lesson`` names
    the parts of the check's lesson (fields of `Lesson`) to read with it. ``runbook`` is set where
    the fix is one that no API call can make: it is carried out, instead of applied.
    """

    kind: StepKind
    title: str
    text: str
    keys: str = ""
    commands: tuple[str, ...] = ()
    lesson: tuple[str, ...] = ()
    runbook: bool = False

    @property
    def runs(self) -> bool:
        """Whether the step is done by running the attack."""
        return self.kind in (StepKind.ATTACK, StepKind.AGAIN)


class Mission(msgspec.Struct, frozen=True):
    """A guided way through one area, on one object of the training cluster.

    ``check`` is the item whose fix ends the attack, ``target`` the object that its finding is
    about. ``attack`` tries, for real, what the story tells.
    """

    area: Area
    title: str
    check: str
    target: Ref
    story: str
    steps: tuple[Step, ...]
    attack: Callable[[Training], AttackReport]

    @property
    def id(self) -> str:
        """The area's word: ``pod-security``."""
        return self.area.value

    def place_of(self, kind: StepKind) -> int:
        """Return the index of the step of this kind."""
        return next(n for n, step in enumerate(self.steps) if step.kind is kind)
