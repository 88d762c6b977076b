"""What a namespace's labels ask of Pod Security admission.

Source: Kubernetes documentation, "Pod Security Admission"; k8s.io/pod-security-admission, v0.36.
"""

import re
from collections.abc import Mapping

import msgspec

from k8sharden.analysis.pod_security.evaluate import LATEST
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.releases import minor

PREFIX = "pod-security.kubernetes.io/"
MODES = ("enforce", "audit", "warn")
_LEVELS = {level.value: level for level in Level}


class Policy(msgspec.Struct, frozen=True):
    """One mode of a namespace's labels: the level and the minor version, None for the latest."""

    level: Level = Level.PRIVILEGED
    minor: int | None = None

    @property
    def words(self) -> str:
        """``restricted:latest``."""
        version = "latest" if self.minor is None else f"v1.{self.minor}"
        return f"{self.level.value}:{version}"


def policy(labels: Mapping[str, str], mode: str = "enforce") -> Policy:
    """Read one mode of a namespace's labels.

    Who enforces a level is warned at it too, unless another is asked for. A bad level counts as
    restricted where it is enforced, else as privileged; a bad version as the latest.
    """
    version = labels.get(f"{PREFIX}{mode}-version")
    level = labels.get(f"{PREFIX}{mode}")
    if mode == "warn" and level is None and labels.get(f"{PREFIX}enforce") in _LEVELS:
        level = labels[f"{PREFIX}enforce"]
        version = version or labels.get(f"{PREFIX}enforce-version")
    if level is not None and level not in _LEVELS:
        level = Level.RESTRICTED.value if mode == "enforce" else None
    return Policy(_LEVELS[level or Level.PRIVILEGED.value], pinned_minor(version or ""))


def pinned_minor(version: str) -> int | None:
    """Return the minor version that a label's value pins; None for ``latest`` and for a bad one."""
    found = re.fullmatch(r"v1\.(0|[1-9][0-9]*)", version)
    return int(found[1]) if found else None


def invalid_labels(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return the Pod Security labels whose value the API server does not understand."""
    return tuple(
        key
        for key in (f"{PREFIX}{mode}{end}" for mode in MODES for end in ("", "-version"))
        if key in labels and not _understood(key, labels[key])
    )


def _understood(key: str, value: str) -> bool:
    if key.endswith("-version"):
        return value == "latest" or pinned_minor(value) is not None
    return value in _LEVELS


def minor_of(server_version: str) -> int | None:
    """Return the minor version that a server judges by, up to the newest known; None if unknown."""
    known = minor(server_version)
    return None if known is None else min(known, LATEST)
