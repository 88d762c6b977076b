"""Answers: three values, since what is not known is neither allowed nor denied."""

from collections.abc import Iterable
from enum import StrEnum


class Answer(StrEnum):
    """Whether a connection gets through."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


_WORST = (Answer.DENIED, Answer.UNKNOWN, Answer.ALLOWED)


def worst(answers: Iterable[Answer]) -> Answer:
    """Return the answer where all have to allow: denied beats unknown, and unknown allowed."""
    found = set(answers)
    return next((each for each in _WORST if each in found), Answer.ALLOWED)


def best(answers: Iterable[Answer]) -> Answer:
    """Return the answer where one is enough; denied where there is none."""
    found = set(answers)
    return next((each for each in reversed(_WORST) if each in found), Answer.DENIED)
