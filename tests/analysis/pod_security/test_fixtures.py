"""Every verdict equals that of the fixtures which the API server's own tests use.

They are laid out as LEVEL/vMINOR/{pass,fail}/*.yaml.
"""

import os
from pathlib import Path

import msgspec
import pytest
import yaml

from k8sharden.analysis.pod_security import LATEST, Level, describe, violations
from k8sharden.model.objects import Pod

VARIABLE = "K8SHARDEN_PSA_FIXTURES"
UNSET = (
    f"{VARIABLE} is not set: name test/testdata of the Go module k8s.io/pod-security-admission, "
    f"v0.{LATEST} or newer."
)


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder of fixtures; without it the tests are skipped, except in CI."""
    path = os.environ.get(VARIABLE, "")
    if not path and os.environ.get("CI") == "true":
        pytest.fail(UNSET)
    if not path:
        pytest.skip(UNSET)
    return Path(path)


@pytest.mark.parametrize("minor", range(LATEST + 1))
@pytest.mark.parametrize("level", [Level.BASELINE, Level.RESTRICTED])
def test_every_verdict_is_the_servers(folder: Path, level: Level, minor: int) -> None:
    """The pods in ``pass`` are admitted, and those in ``fail`` are refused."""
    wrong = []
    for verdict in ("pass", "fail"):
        files = sorted((folder / level / f"v1.{minor}" / verdict).glob("*.yaml"))
        assert files, f"{folder} holds no {verdict} fixtures of {level} v1.{minor}"
        wrong += [line for file in files if (line := _difference(file, level, minor))]
    assert not wrong, "\n".join(wrong)


def _difference(file: Path, level: Level, minor: int) -> str:
    """Say where our verdict is another one than the fixture's; empty where it is the same."""
    document = yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
    pod = msgspec.convert(document, Pod)
    found = violations(level, pod.spec, pod.metadata, minor)
    same = (not found) == (file.parent.name == "pass")
    return "" if same else f"{file}: {describe(found) or 'admitted'}"
