"""Escalation paths: from what somebody may do to what that makes of them.

Each kind of step stands in a module of its own. What cannot be read is not guessed: admission that
the API server's own files or a policy engine add, a cloud's IAM, and what programs do with the
rights that they hold (a GitOps operator applies whatever its repository says) are no steps here.

Source: kubernetes.io, RBAC Good Practices; the API server's sources, v1.36.
"""

from k8sharden.analysis.rbac.paths.path import Cost, Cut, Path, Reach, Scope, Step
from k8sharden.analysis.rbac.paths.starts import (
    Escalation,
    escalation,
    escalations,
    path_through,
    path_under,
    shortest,
    starts,
    unread,
    worst_paths,
)
from k8sharden.analysis.rbac.paths.words import cut_words

__all__ = [
    "Cost",
    "Cut",
    "Escalation",
    "Path",
    "Reach",
    "Scope",
    "Step",
    "cut_words",
    "escalation",
    "escalations",
    "path_through",
    "path_under",
    "shortest",
    "starts",
    "unread",
    "worst_paths",
]
