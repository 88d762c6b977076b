"""What the API server has to answer once a binding was swapped: the evaluator's own prediction.

Only what the evaluator predicts is asked. Other authorizers may allow more, which then shows.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.rights import Right
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model.change import AccessReview
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

MOST = 240
"""Questions about one change: some hundred requests are asked within seconds."""


class Expected(NamedTuple):
    """What somebody is to keep, most important first, and what is to be gone from them."""

    who: Identity
    kept: tuple[Request, ...]
    gone: tuple[Request, ...]


class Foretold(NamedTuple):
    """The questions with their answers, and sentences about them.

    ``missing`` is what would not be kept, against what was expected.
    """

    reviews: tuple[AccessReview, ...]
    said: tuple[str, ...]
    missing: tuple[Request, ...]


def foretell(expected: Sequence[Expected], before: Policy, after: Policy) -> Foretold:
    """Return what to ask: everything, or where there is no room for it, as much of each sort."""
    sorts: list[list[AccessReview]] = []
    missing: list[Request] = []
    still: dict[str, list[str]] = {}
    for who, kept, gone in expected:
        answers = {each: decide(after, who, each).allowed for each in kept}
        stays = [each for each, allowed in answers.items() if allowed]
        missing += [each for each, allowed in answers.items() if not allowed]
        goes = list(_gone(who, gone, before, after, still))
        # An account that is made only now held nothing before, and holds nothing after an undo.
        staying = [
            review(who, each, allowed=True, before=decide(before, who, each).allowed)
            for each in stays
        ]
        sorts += [staying, [review(who, each, allowed=False) for each in goes]]
    known = dict.fromkeys(each for some in sorts for each in some)
    room = max(1, MOST // max(1, len(sorts)))
    chosen = known if len(known) <= MOST else (each for some in sorts for each in some[:room])
    asked = tuple(dict.fromkeys(chosen))
    said = (*_asked(asked, len(known)), *(_still(name, words) for name, words in still.items()))
    return Foretold(asked, said, tuple(missing))


def review(who: Identity, request: Request, *, allowed: bool, before: bool = True) -> AccessReview:
    """Return the question whether somebody may do something, with its answers after and before."""
    return AccessReview(who.user, tuple(sorted(who.groups)), *request, allowed, before)


def _gone(
    who: Identity,
    requests: Iterable[Request],
    before: Policy,
    after: Policy,
    still: dict[str, list[str]],
) -> Iterator[Request]:
    """Yield what is gone; what something else than before still allows is noted in ``still``."""
    for each in dict.fromkeys(requests):
        if not decide(before, who, each).allowed:
            continue
        answer = decide(after, who, each)
        if not answer.allowed:
            yield each
        elif answer.grant is None or answer.grant.binding in before.bindings:
            name = _name(answer.grant.binding if answer.grant else None)
            still.setdefault(name, []).append(Right(each.namespace, *_right(each)).words)


def _right(request: Request) -> tuple[str, ...]:
    return request.verb, request.group, request.resource, request.name, request.path


def _name(binding: Ref | None) -> str:
    return one_line(binding.label, 200) if binding else "Group system:masters"


def _still(name: str, words: Sequence[str]) -> str:
    some = dict.fromkeys(words)
    more = f" and {len(some) - 1} more" if len(some) > 1 else ""
    return f"{name} still allows {one_line(next(iter(some)), 200)}{more}: look at it as well."


def _asked(reviews: Sequence[AccessReview], known: int) -> Iterator[str]:
    if known > len(reviews):
        yield (
            f"Of {known:,} rights that stay or go, the API server is asked about the "
            f"{len(reviews)} that matter most."
        )
