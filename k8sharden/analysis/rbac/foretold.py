"""What the API server has to answer once a binding was swapped: the evaluator's own prediction.

Only what the evaluator predicts is asked. Other authorizers may allow more, which then shows.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model.change import AccessReview

MOST = 240
"""Questions about one change: some hundred requests are asked within seconds."""


class Expected(NamedTuple):
    """What somebody is to keep, most important first, and what is to be gone from them."""

    who: Identity
    kept: tuple[Request, ...]
    gone: tuple[Request, ...]


class Foretold(NamedTuple):
    """The questions with their answers, and sentences about them.

    ``missing`` is what would not be kept, against what was expected. ``shadowed`` is what was to
    go and does not, since something else gave it before as well.
    """

    reviews: tuple[AccessReview, ...]
    shadowed: tuple[AccessReview, ...]
    said: tuple[str, ...]
    missing: tuple[Request, ...]


def foretell(expected: Sequence[Expected], before: Policy, after: Policy) -> Foretold:
    """Return what to ask after a change, with the answers that the evaluator predicts."""
    sorts: list[list[AccessReview]] = []
    missing: list[Request] = []
    shadowed: list[list[AccessReview]] = []
    for who, kept, gone in expected:
        answers = {each: decide(after, who, each).allowed for each in kept}
        stays = [each for each, allowed in answers.items() if allowed]
        missing += [each for each, allowed in answers.items() if not allowed]
        shadowed.append([])
        goes = list(_gone(who, gone, before, after, shadowed[-1]))
        # An account that is made only now held nothing before, and holds nothing after an undo.
        staying = [
            review(who, each, allowed=True, before=decide(before, who, each).allowed)
            for each in stays
        ]
        sorts += [staying, [review(who, each, allowed=False) for each in goes]]
    many = len({each for some in sorts for each in some})
    return Foretold(_chosen(sorts), _chosen(shadowed), tuple(_asked(many)), tuple(missing))


def _chosen(sorts: Sequence[Sequence[AccessReview]]) -> tuple[AccessReview, ...]:
    """Return all of them, or where there is no room for that, the first of each sort."""
    known = dict.fromkeys(each for some in sorts for each in some)
    room = max(1, MOST // max(1, len(sorts)))
    chosen = known if len(known) <= MOST else (each for some in sorts for each in some[:room])
    return tuple(dict.fromkeys(chosen))


def review(who: Identity, request: Request, *, allowed: bool, before: bool = True) -> AccessReview:
    """Return the question whether somebody may do something, with its answers after and before."""
    return AccessReview(who.user, tuple(sorted(who.groups)), *request, allowed, before)


def _gone(
    who: Identity,
    requests: Iterable[Request],
    before: Policy,
    after: Policy,
    shadowed: list[AccessReview],
) -> Iterator[Request]:
    """Yield what is gone; what something else than before still allows is put to ``shadowed``."""
    for each in dict.fromkeys(requests):
        if not decide(before, who, each).allowed:
            continue
        answer = decide(after, who, each)
        if not answer.allowed:
            yield each
        elif answer.grant is None or answer.grant.binding in before.bindings:
            shadowed.append(review(who, each, allowed=False))


def _asked(known: int) -> Iterator[str]:
    if known > MOST:
        yield (
            f"Of {known:,} rights that stay or go, the API server is asked about {MOST} at most: "
            "those that matter most."
        )
