"""The fixtures of the API server's own tests, laid out as LEVEL/vMINOR/{pass,fail}/*.yaml."""

import os
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from k8sharden.analysis.pod_security import LATEST, Level

VARIABLE = "K8SHARDEN_PSA_FIXTURES"
UNSET = (
    f"{VARIABLE} is not set: name test/testdata of the Go module k8s.io/pod-security-admission, "
    f"v0.{LATEST} or newer."
)


def fixtures(level: Level, minor: int, verdict: Literal["pass", "fail"]) -> list[Path]:
    """Return the files of a verdict; without their folder the test is skipped, except in CI."""
    path = os.environ.get(VARIABLE, "")
    if not path and os.environ.get("CI") == "true":
        pytest.fail(UNSET)
    if not path:
        pytest.skip(UNSET)
    files = sorted((Path(path) / level / f"v1.{minor}" / verdict).glob("*.yaml"))
    assert files, f"{path} holds no {verdict} fixtures of {level} v1.{minor}"
    return files


def read(file: Path) -> dict[str, Any]:
    """Return the pod of a fixture."""
    pod: dict[str, Any] = yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
    return pod
