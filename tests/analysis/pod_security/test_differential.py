"""A real API server and our evaluator on the same generated pods: the same verdict and words.

`make pod-security` asks of all of them and prints the figures.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

import pytest

from k8sharden.analysis.pod_security import Level
from tests.analysis.pod_security.generated.ask import LATEST, ask
from tests.analysis.pod_security.generated.compare import difference, minor
from tests.analysis.pod_security.generated.pods import generated
from tests.analysis.pod_security.generated.recorded import LEVELS
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real
FIGURES = logging.getLogger("figures")
SHARE, WHOLE = 300, 5000
OLDER = tuple(f"v1.{minor}" for minor in (0, 8, 18, 19, 21, 22, 23, 24, 25, 27, 29, 31, 32, 34))
"""The versions at which a control appeared or changed, and the last ones before some of these."""

FEW = 0.005
"""The share of pods that may be none to the API: they prove nothing."""


def compare(
    server: ControlPlane, pods: Sequence[dict[str, Any]], level: Level, version: str
) -> int:
    """Ask of all pods, hold every verdict against ours, and return how many were compared."""
    begun = time.monotonic()
    said = list(zip(pods, ask(server, pods, level, version), strict=True))
    at = minor(version, server.version)
    valid = [(pod, each.refusal) for pod, each in said if not each.invalid]
    wrong = [line for pod, refusal in valid if (line := difference(pod, refusal, level, at))]
    FIGURES.info(
        "%s:%s: %d of %d verdicts and messages equal (%d refused), %d pods invalid, %.1f s",
        level,
        version,
        len(valid) - len(wrong),
        len(valid),
        sum(bool(refusal) for _, refusal in valid),
        len(said) - len(valid),
        time.monotonic() - begun,
    )
    assert not wrong, "\n".join(wrong)
    return len(valid)


def older(pods: Sequence[dict[str, Any]], version: str) -> Sequence[dict[str, Any]]:
    """Return the share of pods that an older version is asked about."""
    return pods[OLDER.index(version) :: len(OLDER)]


@pytest.mark.parametrize("level", LEVELS)
def test_a_share_of_the_verdicts_is_the_servers(control_plane: ControlPlane, level: Level) -> None:
    """Pods that were never recorded: refused in the same words, or admitted."""
    pods = [generated(number) for number in range(WHOLE, WHOLE + SHARE)]
    assert compare(control_plane, pods, level, LATEST) >= SHARE * (1 - FEW)


@pytest.mark.parametrize("version", OLDER)
def test_a_share_is_so_at_older_versions(control_plane: ControlPlane, version: str) -> None:
    """Each version at which a control changed, and some right before, in both levels."""
    pods = older([generated(number) for number in range(WHOLE, WHOLE + SHARE)], version)
    for level in LEVELS:
        assert compare(control_plane, pods, level, version)


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_every_verdict_is_the_servers(control_plane: ControlPlane, level: Level) -> None:
    """The same of five thousand."""
    pods = [generated(number) for number in range(WHOLE)]
    assert compare(control_plane, pods, level, LATEST) >= WHOLE * (1 - FEW)


@pytest.mark.slow
@pytest.mark.parametrize("version", OLDER)
def test_every_verdict_is_so_at_older_versions(control_plane: ControlPlane, version: str) -> None:
    """The same of five thousand, shared out among the older versions."""
    pods = older([generated(number) for number in range(WHOLE)], version)
    for level in LEVELS:
        assert compare(control_plane, pods, level, version)
