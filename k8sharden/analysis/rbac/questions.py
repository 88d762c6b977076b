"""Access reviews in words: which right is asked about, and whose."""

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
