"""Access reviews in words: which right is asked about, and whose."""

from collections.abc import Sequence

from k8sharden.analysis.rbac.rights import Right
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model.change import AccessReview
from k8sharden.model.text import one_line


def words(review: AccessReview) -> str:
    """Name a question: ``get secrets in shop (ServiceAccount ci/pipeline)``."""
    right = Right(
        review.namespace, review.verb, review.group, review.resource, review.name, review.path
    )
    who = Identity(review.user, frozenset(review.groups))
    return one_line(f"{right.words} ({who.label})", 400)


def confirmed(reviews: Sequence[AccessReview]) -> str:
    """Say that all answers are as they were meant: how many rights stay, come and go."""
    return f"The API server confirms it: {counted(reviews, _IS)}."


def asked(reviews: Sequence[AccessReview]) -> list[str]:
    """List what is asked about, one right a line; nothing where nothing is."""
    lines = [f"  {_WANTED[each.before, each.allowed]}: {words(each)}" for each in reviews]
    return [f"The API server is asked about {rights(len(lines))}:", *lines] if lines else []


_WANTED = {
    (True, True): "stays",
    (False, True): "comes",
    (True, False): "goes",
    (False, False): "is not there",
}
TO_BE = ("to be kept", "to come", "to go")
_IS = ("kept", "given", "gone")
"""What stays, comes and goes: before a change, and after it."""


def counted(reviews: Sequence[AccessReview], in_words: tuple[str, str, str]) -> str:
    """Count what stays, comes and goes, in these words."""
    known = tuple(dict.fromkeys(reviews))
    stay = sum(each.allowed and each.before for each in known)
    back = sum(each.allowed and not each.before for each in known)
    counts = (stay, back, len(known) - stay - back)
    parts = zip(counts, in_words, strict=True)
    return " and ".join(f"{rights(count)} {word}" for count, word in parts if count)


def rights(count: int) -> str:
    """Return ``1 right``, ``2 rights``."""
    return "1 right" if count == 1 else f"{count} rights"
