"""Our verdict on a pod beside the server's."""

import re
from typing import Any

import msgspec

from k8sharden.analysis.pod_security import Level, Violation, describe, violations
from k8sharden.model.objects import Pod
from tests.analysis.pod_security.generated.mend import completed

Json = dict[str, Any]


def minor(version: str, server: str) -> int:
    """Return the minor version that a policy asks for; the latest one is the server's own."""
    found = re.match(r"v1\.(\d+)", server if version == "latest" else version)
    assert found, f"{version} of {server}"
    return int(found[1])


def ours(pod: Json, level: Level, at: int) -> tuple[Violation, ...]:
    """Return what our evaluator finds in a pod."""
    seen = msgspec.convert(pod, Pod)
    return violations(level, seen.spec, seen.metadata, at)


def difference(pod: Json, refusal: str, level: Level, at: int) -> str:
    """Say where we and the server differ; empty where we do not.

    The verdict is on the pod as it is written, which is all that a template shows; the message is
    compared for the pod as the server completes it.
    """
    if bool(ours(pod, level, at)) != bool(refusal):
        return f"{pod}\n at {level} v1.{at} we say: {describe(ours(pod, level, at)) or 'admitted'}"
    said = describe(ours(completed(pod), level, at))
    return "" if said == refusal else f"{pod}\n at {level} v1.{at}: {refusal}\n not: {said}"
