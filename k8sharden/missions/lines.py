"""The lines of a report, written as a shell shows them."""

from k8sharden.errors import ApiError
from k8sharden.missions.model import Line, LineKind
from k8sharden.model.text import one_line

_LONGEST = 300


def command(text: str) -> Line:
    """Return what the attacker types."""
    return Line(LineKind.COMMAND, one_line(text, _LONGEST))


def answer(text: str) -> Line:
    """Return what comes back."""
    return Line(LineKind.ANSWER, one_line(text, _LONGEST))


def note(text: str) -> Line:
    """Return what it means."""
    return Line(LineKind.NOTE, one_line(text, _LONGEST))


def refusal(error: ApiError) -> Line:
    """Return the server's refusal, as kubectl words it."""
    # The request stands before the sentence of the server, and a path may hold no colon and space.
    _, _, said = str(error).partition(": ")
    return answer(f"Error from server ({error.reason}): {said}")


def hidden(length: int) -> str:
    """Say that a value was read, without showing it: secret values never leave the cluster."""
    return f"{length} characters, hidden here"
