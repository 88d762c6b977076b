"""Questions to the authorizer as they stand when a change's turn comes.

A change is foretold by itself where it is made. In a plan others come before it: two bindings of
one subject may both give a right, which the first swap leaves and the second one takes.
"""

from collections.abc import Iterable, Iterator

import msgspec

from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.foretold import MOST
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.rights import Right
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model.change import AccessReview, Change
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


def in_turn(change: Change, before: Policy, after: Policy) -> Change:
    """Return the change with the questions that it decides between these two policies.

    What was to stay is asked where it stays, and what was to go where it goes; all else waits
    among ``shadowed``.
    """
    asked: list[AccessReview] = []
    waits: list[AccessReview] = []
    for each in dict.fromkeys((*change.reviews, *change.shadowed)):
        was, will = _allows(before, each), _allows(after, each)
        turned = msgspec.structs.replace(each, before=was)
        decided = will if each.allowed else was and not will
        (asked if decided and len(asked) < MOST else waits).append(turned)
    return msgspec.structs.replace(change, reviews=tuple(asked), shadowed=tuple(waits))


def still(change: Change, before: Policy, after: Policy) -> Iterator[str]:
    """Say which bindings still give, after a whole plan, what a change was to take away.

    What the plan itself gives is meant; only bindings that were there ``before`` it are named.
    """
    found: dict[str, list[str]] = {}
    for each in change.shadowed:
        answer = decide(after, _who(each), _request(each))
        known = answer.grant is None or answer.grant.binding in before.bindings
        if answer.allowed and known and not each.allowed:
            name = _name(answer.grant.binding if answer.grant else None)
            found.setdefault(name, []).append(_words(each))
    for name, words in found.items():
        yield _still(name, words)


def _allows(policy: Policy, review: AccessReview) -> bool:
    return decide(policy, _who(review), _request(review)).allowed


def _who(review: AccessReview) -> Identity:
    return Identity(review.user, frozenset(review.groups))


def _request(review: AccessReview) -> Request:
    return Request(
        review.verb, review.group, review.resource, review.namespace, review.name, review.path
    )


def _words(review: AccessReview) -> str:
    about = (review.verb, review.group, review.resource, review.name, review.path)
    return Right(review.namespace, *about).words


def _name(binding: Ref | None) -> str:
    return one_line(binding.label, 200) if binding else "Group system:masters"


def _still(name: str, words: Iterable[str]) -> str:
    some = list(dict.fromkeys(words))
    more = f" and {len(some) - 1} more" if len(some) > 1 else ""
    return f"{name} still allows {one_line(some[0], 200)}{more}: look at it as well."
