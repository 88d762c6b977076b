"""Findings: what a check saw, where, how bad it is, and how sure that is."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


class Area(StrEnum):
    """The seven areas, in the order of the checklist."""

    RBAC = "rbac"
    NETWORK = "network"
    POD_SECURITY = "pod-security"
    IMAGES = "images"
    SECRETS = "secrets"
    RUNTIME = "runtime"
    AUDIT = "audit"

    @property
    def heading(self) -> str:
        """The area's name as a heading."""
        return _TITLES[self]


_TITLES = {
    Area.RBAC: "RBAC",
    Area.NETWORK: "Network policies",
    Area.POD_SECURITY: "Pod Security Standards",
    Area.IMAGES: "Image security",
    Area.SECRETS: "Secrets management",
    Area.RUNTIME: "Runtime security",
    Area.AUDIT: "Audit logging",
}


class Severity(StrEnum):
    """How bad, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for critical up to 3 for low."""
        return _RANKS[self]

    def reaches(self, least: "Severity") -> bool:
        """Whether this is at least as bad as ``least``."""
        return self.rank <= least.rank


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Status(StrEnum):
    """The three values of a verdict. Unknown is never a pass."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    PASS = "pass"  # noqa: S105 - the word for a verdict, not a password


class Finding(msgspec.Struct, frozen=True):
    """One defect in one place, or one question that could not be answered.

    ``path`` is a field path for people, such as ``spec.template.spec.containers[0].image``.
    ``locus`` tells apart two findings of one check on one object; it holds names, never indexes,
    so that the id stays the same from scan to scan. ``evidence`` is JSON, without secret values.
    """

    check: str
    area: Area
    severity: Severity
    status: Status
    resource: Ref
    message: str
    path: str = ""
    locus: str = ""
    evidence: Mapping[str, Any] = {}
    system: bool = False
    waived: bool = False

    @property
    def id(self) -> str:
        """Twelve hex digits: the same for the same defect in the same place, scan after scan."""
        ref = self.resource
        # The API version is left out: a group's new version is still the same object.
        parts = (self.check, self.status, ref.group, ref.kind, ref.namespace, ref.name, self.locus)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def counts(self) -> bool:
        """Whether this is a failure that the summary counts."""
        return self.status is Status.FAIL and not self.system and not self.waived

    @property
    def headline(self) -> str:
        """The message, safe to show on one line."""
        return one_line(self.message, 400)
