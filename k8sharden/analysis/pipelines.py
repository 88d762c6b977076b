"""What pipelines do with the images that they build: whether these are scanned, and what follows.

Sources: the syntax of GitHub Actions and GitLab CI; the flags of Trivy, Grype, Docker Scout, Snyk.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from k8sharden.model.pipelines import Pipeline

_BUILDS = re.compile(
    r"docker/build-push-action|\bdocker (buildx )?build\b|\bbuildah (bud|build)\b|\bkaniko\b"
    r"|\bpodman build\b|\bko (build|publish)\b|\bpack build\b|\bjib\b"
)
_SCANS = re.compile(
    r"\btrivy\b|\bgrype\b|anchore/scan-action|docker/scout-action|\bdocker scout\b"
    r"|\bsnyk container\b|Container-Scanning"
)
_STOPS = re.compile(
    r"exit-code\W+(1|true)\b|--fail-on\b|\bsnyk container test\b|anchore/scan-action"
)
_GOES_ON = re.compile(r'"fail-build": (false|"false")')
_LOOSE = re.compile(
    r"(aquasecurity/(trivy-action|setup-trivy)|anchore/scan-action|docker/scout-action)"
    r"@(?![0-9a-f]{40}\b)|\b(aquasec(urity)?/trivy|anchore/grype)(:[\w.-]+)?(?![\w./@:-])"
)


class Step(msgspec.Struct, frozen=True):
    """What a pipeline does at once: its text, and whether its failure is tolerated."""

    text: str
    tolerated: bool = False

    @property
    def builds(self) -> bool:
        """Whether it builds an image."""
        return bool(_BUILDS.search(self.text))

    @property
    def scans(self) -> bool:
        """Whether it looks for vulnerabilities in an image."""
        return bool(_SCANS.search(self.text))

    @property
    def stops(self) -> bool:
        """Whether the pipeline ends at a finding of its scan."""
        stops = _STOPS.search(self.text) and not _GOES_ON.search(self.text)
        return self.scans and bool(stops) and not self.tolerated

    @property
    def loose(self) -> bool:
        """Whether its scanner is named by a tag, which can be moved."""
        return self.scans and bool(_LOOSE.search(self.text))


def steps(pipeline: Pipeline) -> tuple[Step, ...] | None:
    """Return what a pipeline does; None where it is no YAML that one could tell it from."""
    try:
        value = yaml.load(pipeline.text, yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    if not isinstance(value, dict):
        return None
    github = pipeline.path.startswith(".github/")
    return tuple(_of_github(value) if github else _of_gitlab(value))


def _of_github(value: dict[Any, Any]) -> Iterator[Step]:
    for job in _dicts(value.get("jobs")):
        tolerated = job.get("continue-on-error") is True
        for step in job.get("steps") or () if isinstance(job.get("steps"), list) else ():
            if isinstance(step, dict):
                yield Step(_shown(step), tolerated or step.get("continue-on-error") is True)
        if isinstance(job.get("uses"), str):
            yield Step(_shown(job), tolerated)


def _of_gitlab(value: dict[Any, Any]) -> Iterator[Step]:
    for job in _dicts(value):
        yield Step(_shown(job), bool(job.get("allow_failure")))
    # A template of GitLab's own reports, and lets the pipeline go on.
    yield Step(_shown(value.get("include")), tolerated=True)


def _dicts(value: Any) -> list[dict[Any, Any]]:
    return [each for each in value.values() if isinstance(each, dict)] if _is(value) else []


def _is(value: Any) -> bool:
    return isinstance(value, dict)


def _shown(value: Any) -> str:
    return json.dumps(value, default=str)
