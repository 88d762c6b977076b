"""Ask the API server's authorizer whether a change led to the rights that it was meant to lead to.

It sees roles and bindings a moment after they were written, and each of several API servers by
itself. So every right is asked until all answers are as they were meant, or the time is up. An
answer that rests on a binding that is gone proves nothing.
Source: k8s.io/kubernetes, pkg/registry/rbac/validation (the reason names the binding), v1.36.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from k8sharden.analysis.rbac.questions import words
from k8sharden.errors import ApiError, ClusterUnavailable, K8shardenError
from k8sharden.model.change import AccessReview
from k8sharden.model.ref import Ref

PATIENCE = 10.0
"""Seconds that are waited, once every right was asked, for an authorizer that is behind."""

POLL = 0.2
"""Seconds between two rounds of questions."""

SILENT, TOLD = 0.5, 0.1
"""Seconds before anybody is told how far the asking is, and between two times that it is told."""

_PASSING = (429, 500, 502, 503, 504)
"""Answers of a server that may answer the next time."""


class Answer(Protocol):
    """What the authorizer says."""

    @property
    def allowed(self) -> bool:
        """Whether the right is there."""
        ...

    @property
    def reason(self) -> str:
        """The binding that allows, or what the authorizer misses."""
        ...


Ask = Callable[[AccessReview], Answer]
"""Asks one question. Raises `K8shardenError` where there is no answer."""

Tell = Callable[[int, int], None]
"""Is told how many rights of how many are as they were meant."""


class Verdict(msgspec.Struct, frozen=True):
    """How the asking ended, in words.

    ``lost`` is whether a right is denied that was to be there; ``unsure`` whether another one is
    not as it was meant, or could not be asked about.
    """

    said: str
    lost: bool = False
    unsure: bool = False


class Inquiry:
    """Asks about the rights of changes.

    ``tell`` is told how far it is, where that takes long. ``stop`` ends the waiting: what was to
    stay is asked about once all the same, since nobody would notice that it is lost.
    """

    def __init__(
        self,
        ask: Ask,
        *,
        tell: Tell = lambda _done, _total: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._ask = ask
        self._tell = tell
        self._stop = stop
        self._due = 0.0

    def verdict(self, reviews: Sequence[AccessReview], gone: Iterable[Ref] = ()) -> Verdict:
        """Ask until all answers are as they were meant; ``gone`` are the bindings taken away."""
        asked = _Asked(reviews, gone)
        deadline, self._due = 0.0, time.monotonic() + SILENT
        while True:
            trouble = self._round(asked)
            final = asked.lost if trouble is None else not _passes(trouble)
            if final or not (trouble or asked.open()):
                break
            deadline = deadline or time.monotonic() + PATIENCE
            if self._stop() or time.monotonic() >= deadline:
                break
            time.sleep(POLL)
        return asked.ended(trouble, stopped=self._stop())

    def _round(self, asked: "_Asked") -> K8shardenError | None:
        """Ask about all rights, until one is lost; return why no more could be asked."""
        for review in asked.questions:
            if self._stop() and (asked.knows(review) or not review.allowed):
                continue
            try:
                asked.take(review, self._ask(review))
            except K8shardenError as error:
                return error
            self._say(asked)
            if asked.lost:
                break
        return None

    def _say(self, asked: "_Asked") -> None:
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + TOLD
            self._tell(len(asked.questions) - len(asked.open()), len(asked.questions))


class _Asked:
    """What was asked, and the last answer to each question."""

    def __init__(self, reviews: Sequence[AccessReview], gone: Iterable[Ref]) -> None:
        # What was to stay comes first: it is what somebody waits for.
        self.questions = tuple(sorted(dict.fromkeys(reviews), key=lambda each: not each.allowed))
        self._gone = tuple(f"RBAC: allowed by {_named(ref)} of " for ref in gone)
        self._answers: dict[AccessReview, Answer] = {}
        self.lost: AccessReview | None = None

    def knows(self, review: AccessReview) -> bool:
        """Whether there is an answer."""
        return review in self._answers

    def take(self, review: AccessReview, answer: Answer) -> None:
        """Take an answer. A right that was there by the change, and is not any more, is lost.

        One that was there only by a binding that is gone may come yet.
        """
        if review.allowed and not answer.allowed and self._settled(review):
            self.lost = review
        self._answers[review] = answer

    def open(self) -> tuple[AccessReview, ...]:
        """Return the questions whose last answer is not as it was meant."""
        return tuple(each for each in self.questions if not self._settled(each))

    def _settled(self, review: AccessReview) -> bool:
        answer = self._answers.get(review)
        if answer is None or answer.allowed is not review.allowed:
            return False
        return not answer.reason.startswith(self._gone)

    def ended(self, trouble: K8shardenError | None, *, stopped: bool) -> Verdict:
        """Return the verdict over what is known by now."""
        if not self.open():
            return Verdict(confirmed(self.questions))
        denied = [each for each in self.questions if each.allowed and self._is(each, allowed=False)]
        if denied:
            first = self.lost or denied[0]
            what = "was to stay" if first.before else "was to come back"
            return Verdict(f"Denied, though it {what}: {self._named(first, denied)}", lost=True)
        said = []
        still = [
            each for each in self.questions if not each.allowed and self._is(each, allowed=True)
        ]
        if still:
            said.append(f"Still allowed, though it was to go: {self._named(still[0], still)}")
        stale = [each for each in self.open() if each.allowed and self.knows(each)]
        if stale:
            said.append(f"Known only by a binding that is gone: {self._named(stale[0], stale)}")
        missing = sum(not self.knows(each) for each in self.questions)
        if missing:
            why = "it was stopped." if stopped and not trouble else str(trouble)
            many = f"{missing} of {_rights(len(self.questions))}"
            said.append(f"The API server was not asked about {many}: {why}")
        return Verdict(" ".join(said), unsure=True)

    def _is(self, review: AccessReview, *, allowed: bool) -> bool:
        return self.knows(review) and self._answers[review].allowed is allowed

    def _named(self, first: AccessReview, others: Sequence[AccessReview]) -> str:
        """Name a right with what the server says of it, and how many more there are."""
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        reason = self._answers[first].reason
        return f"{words(first)}{more}. {f'The server says: {reason}.' if reason else ''}".rstrip()


def foretold(reviews: Sequence[AccessReview], ask: Ask) -> str:
    """Say what will be asked after a change; ask one question, to know whether we may.

    Raises `ClusterUnavailable`.
    """
    try:
        ask(reviews[0])
    except ApiError as error:
        many = _rights(len(reviews))
        return (
            f"Afterwards nobody can ask the API server about {many}, and it will not count as "
            f"verified: {error}"
        )
    return f"Afterwards the API server is asked about it: {_counted(reviews, _TO_BE)}."


def confirmed(reviews: Sequence[AccessReview]) -> str:
    """Say that all answers are as they were meant: how many rights stay, come back and go."""
    return f"The API server confirms it: {_counted(reviews, _IS)}."


def asked(reviews: Sequence[AccessReview]) -> list[str]:
    """List what is asked about, one right a line; nothing where nothing is."""
    lines = [f"  {_WANTED[each.before, each.allowed]}: {words(each)}" for each in reviews]
    return [f"The API server is asked about {_rights(len(lines))}:", *lines] if lines else []


_WANTED = {
    (True, True): "stays",
    (False, True): "comes back",
    (True, False): "goes",
    (False, False): "is not there",
}
_TO_BE = ("to be kept", "to come back", "to go")
_IS = ("kept", "given back", "gone")


def _counted(reviews: Sequence[AccessReview], words: tuple[str, str, str]) -> str:
    """Count what stays, comes back and goes, in these words."""
    known = tuple(dict.fromkeys(reviews))
    stay = sum(each.allowed and each.before for each in known)
    back = sum(each.allowed and not each.before for each in known)
    counts = (stay, back, len(known) - stay - back)
    parts = zip(counts, words, strict=True)
    return " and ".join(f"{_rights(count)} {word}" for count, word in parts if count)


def _rights(count: int) -> str:
    return "1 right" if count == 1 else f"{count} rights"


def _passes(error: K8shardenError) -> bool:
    if isinstance(error, ApiError):
        return error.status in _PASSING
    return isinstance(error, ClusterUnavailable)


def _named(ref: Ref) -> str:
    """Name a binding as the authorizer does."""
    where = f"{ref.name}/{ref.namespace}" if ref.namespace else ref.name
    return f'{ref.kind} "{where}"'
