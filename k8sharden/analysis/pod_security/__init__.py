"""The Pod Security Standards, evaluated exactly as the API server's own admission does.

Pure, on decoded specs; every policy version from 1.0 to the latest known. Source: Kubernetes
documentation, "Pod Security Standards"; k8s.io/pod-security-admission v0.37.2.
"""

from k8sharden.analysis.pod_security.evaluate import (
    LATEST,
    Violation,
    describe,
    highest_level,
    reasons,
    violations,
)
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.policy import (
    MODES,
    PREFIX,
    Policy,
    invalid_labels,
    minor_of,
    pinned_minor,
    policy,
)

__all__ = [
    "LATEST",
    "MODES",
    "PREFIX",
    "Level",
    "Policy",
    "Violation",
    "describe",
    "highest_level",
    "invalid_labels",
    "minor_of",
    "pinned_minor",
    "policy",
    "reasons",
    "violations",
]
