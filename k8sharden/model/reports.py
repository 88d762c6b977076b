"""What a scanner of images reports.

Source: the definition of VulnerabilityReport, aquasecurity.github.io/v1alpha1, of Trivy Operator.
"""

import msgspec

from k8sharden.model.meta import Object, Struct


class Vulnerability(Struct, frozen=True):
    """One vulnerability of an image; ``fixed_version`` is empty while there is no fix."""

    vulnerability_id: str = msgspec.field(name="vulnerabilityID", default="")
    severity: str = ""
    resource: str = ""
    installed_version: str = ""
    fixed_version: str = ""


class Artifact(Struct, frozen=True):
    """The image that was scanned, without its registry."""

    repository: str = ""
    tag: str = ""
    digest: str = ""


class Registry(Struct, frozen=True):
    """The registry that an image came from."""

    server: str = ""


class VulnerabilitySummary(Struct, frozen=True):
    """How many vulnerabilities were found."""

    critical_count: int = 0


class ScanReport(Struct, frozen=True):
    """What a scanner says of one image. Of the vulnerabilities only critical ones are kept."""

    artifact: Artifact = msgspec.field(default_factory=Artifact)
    registry: Registry = msgspec.field(default_factory=Registry)
    summary: VulnerabilitySummary = msgspec.field(default_factory=VulnerabilitySummary)
    vulnerabilities: list[Vulnerability] | None = None
    update_timestamp: str = ""

    def __post_init__(self) -> None:
        """Drop what nothing asks for: a report may hold a thousand lesser ones."""
        kept = [each for each in self.vulnerabilities or () if each.severity == "CRITICAL"]
        msgspec.structs.force_setattr(self, "vulnerabilities", kept)


class VulnerabilityReport(Object, frozen=True):
    """A VulnerabilityReport of Trivy Operator: of one container of one workload."""

    report: ScanReport = msgspec.field(default_factory=ScanReport)
