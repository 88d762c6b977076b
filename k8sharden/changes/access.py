"""Ask the API server's authorizer whether a change led to the rights that it was meant to lead to.

It sees roles and bindings a moment after they were written, and each of several API servers by
itself. So every right is asked until all answers are as they were meant, or the time is up. An
answer that rests on a binding that is gone proves nothing.
Source: k8s.io/kubernetes, pkg/registry/rbac/validation (the reason names the binding), v1.36.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from k8sharden.analysis.rbac.questions import TO_BE, counted, rights, words
from k8sharden.changes.answers import Answer, Answers, Gone, Verdict
from k8sharden.errors import ApiError, ClusterUnavailable, K8shardenError
from k8sharden.model.change import AccessReview

PATIENCE = 10.0
"""Seconds that are waited, once every right was asked, for an authorizer that is behind."""

POLL = 0.2
"""Seconds between two rounds of questions."""

SILENT, TOLD = 0.5, 0.1
"""Seconds before anybody is told how far the asking is, and between two times that it is told."""

_PASSING = (429, 500, 502, 503, 504)
"""Answers of a server that may answer the next time."""


Ask = Callable[[AccessReview], Answer]
"""Asks one question. Raises `K8shardenError` where there is no answer."""

Tell = Callable[[int, int], None]
"""Is told how many rights of how many are as they were meant."""


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

    def verdict(self, reviews: Sequence[AccessReview], gone: Iterable[Gone] = ()) -> Verdict:
        """Ask until all answers are as they were meant, and none rests on what is ``gone``."""
        asked = Answers(reviews, gone)
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

    def _round(self, asked: Answers) -> K8shardenError | None:
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

    def _say(self, asked: Answers) -> None:
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + TOLD
            self._tell(len(asked.questions) - len(asked.open()), len(asked.questions))


def foretold(reviews: Sequence[AccessReview], ask: Ask, *, undo: bool = False) -> str:
    """Say what will be asked after a change, and what of it is denied today already.

    An ``undo`` is not taken back for that, so only one question is asked, to know whether we may.
    Raises `ClusterUnavailable`.
    """
    try:
        ask(reviews[0])
        kept = [each for each in reviews if each.before and each.allowed and not undo]
        denied = [each for each in kept if not ask(each).allowed]
    except ApiError as error:
        return (
            f"Afterwards nobody can ask the API server about {rights(len(reviews))}, and it will "
            f"not count as verified: {error}"
        )
    if denied:
        more = f" and {len(denied) - 1} more" if len(denied) > 1 else ""
        return (
            f"Denied today already, although roles seem to allow it: {words(denied[0])}{more}. It "
            "will be denied afterwards, too, and the change taken back: leave it out."
        )
    return f"Afterwards the API server is asked about it: {counted(reviews, TO_BE)}."


def _passes(error: K8shardenError) -> bool:
    if isinstance(error, ApiError):
        return error.status in _PASSING
    return isinstance(error, ClusterUnavailable)
