"""Pods that violate a level meet it once the items' changes are made, or it is said why not.

Upstream's failing fixtures, and generated pods: on our evaluator, and on a real API server, which
`make pod-security` asks about all of them.
"""

import logging
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from k8sharden.analysis.pod_security import LATEST, Level
from tests.analysis.pod_security.generated import ask
from tests.analysis.pod_security.generated.compare import minor
from tests.analysis.pod_security.generated.pods import generated
from tests.analysis.pod_security.upstream import fixtures, read
from tests.remediations.pod_security.mending import Mended, mended, templated
from tests.servers.control_plane import ControlPlane

FIGURES = logging.getLogger("figures")
LEVELS = (Level.BASELINE, Level.RESTRICTED)
SHARE, WHOLE = 300, 5000

NO_FIX = frozenset({"hostPorts", "hostProbesAndHostLifecycle", "sysctls"})
"""All that may be left: the way into the cluster, what somebody else's host means, and parameters
that the next version allows; and whatever else a process of a Windows node needs."""

Json = dict[str, Any]
Pair = tuple[Json, Mended]


def _mend(what: str, pods: Sequence[Json], level: Level, at: int) -> list[Pair]:
    """Mend each pod that violates a level; fail where one is not mended, and nothing said why."""
    pairs = [(pod, mended(pod, level, at)) for pod in pods]
    failing = [(pod, after) for pod, after in pairs if after.violated]
    wrong = [
        f"{pod['metadata']['name']} still violates {after.left}: {after.reasons}: {after.pod}"
        for pod, after in failing
        if after.unanswered or not _may_be_left(after.left)
    ]
    assert not wrong, f"{level} v1.{at}:\n" + "\n".join(wrong)
    _tell(f"{what}, {level} v1.{at}", [after for _, after in failing])
    return failing


def _may_be_left(controls: Sequence[str]) -> bool:
    return "windowsHostProcess" in controls or NO_FIX.issuperset(controls)


def _tell(what: str, failing: Sequence[Mended]) -> None:
    """Print how many are mended, and why others are not."""
    plans = Counter(after.plans for after in failing if not after.left)
    told = ", ".join(f"{count} in {number} plans" for number, count in sorted(plans.items()))
    left = [after for after in failing if after.left]
    FIGURES.info("%s: %d failing, %d mended (%s)", what, len(failing), plans.total(), told)
    FIGURES.info("%s: %d without a fix", what, len(left))
    reasons = Counter(
        f"{control}: {_general(reason)}"
        for after in left
        for control, said in after.reasons.items()
        for reason in said
    )
    for reason, count in reasons.most_common():
        FIGURES.info("  %d times %s", count, reason)


def _general(reason: str) -> str:
    """Take the names out of a reason, which would make each one of its own."""
    reason = re.sub(r"(ontainers?) [\w-]+(?:, [\w-]+)*", r"\1 …", reason)
    return re.sub(r"asks \S+,", "asks …,", reason)


def _ask(server: ControlPlane, pairs: Sequence[Pair], level: Level, version: str) -> None:
    """Ask the server about each pod as it is now: mended ones pass, and none is spoilt."""
    said = ask.ask(server, [after.pod for _, after in pairs], level, version)
    answers = list(zip(pairs, said, strict=True))
    admitted = [
        not (each.refusal or each.invalid) for (_, after), each in answers if not after.left
    ]
    refused = [
        f"{m.pod}: {each.refusal}" for (_, m), each in answers if each.refusal and not m.left
    ]
    assert not refused, "\n".join(refused)
    odd = [(_bare(pod), each.invalid) for (pod, _), each in answers if each.invalid]
    before = ask.ask(server, [pod for pod, _ in odd], Level.PRIVILEGED)
    spoilt = [why for (_, why), each in zip(odd, before, strict=True) if not each.invalid]
    assert not spoilt, "What was a pod to the server is none any more:\n" + "\n".join(spoilt)
    told = "%s %s: the server admits %d of %d mended pods; %d pods were none to it before"
    FIGURES.info(told, level, version, sum(admitted), len(admitted), len(odd))


def _bare(pod: Json) -> Json:
    template = templated(pod)["spec"]["template"]
    name = {"name": pod["metadata"]["name"].replace("_", "-")}
    return {"metadata": {**template["metadata"], **name}, "spec": template["spec"]}


def _upstream(level: Level, at: int) -> list[Json]:
    return [read(file) for file in fixtures(level, at, "fail")]


@pytest.mark.parametrize("level", LEVELS)
def test_upstreams_failing_fixtures_are_mended(level: Level) -> None:
    """At every version: all that have a fix pass their level, all others have a reason."""
    failing = [
        after
        for at in range(LATEST + 1)
        for _, after in _mend("upstream's fixtures", _upstream(level, at), level, at)
    ]
    _tell(f"upstream's fixtures, {level}, all versions", failing)


@pytest.mark.parametrize("level", LEVELS)
def test_generated_pods_are_mended(level: Level) -> None:
    """The same for a share of the pods made by chance."""
    _mend("generated pods", [generated(number) for number in range(SHARE)], level, LATEST)


@pytest.mark.real
@pytest.mark.parametrize("level", LEVELS)
def test_the_server_admits_the_mended_fixtures(control_plane: ControlPlane, level: Level) -> None:
    """Those of its own version, in a namespace that enforces their level."""
    at = minor(ask.LATEST, control_plane.version)
    pairs = _mend("upstream's fixtures", _upstream(level, at), level, at)
    _ask(control_plane, pairs, level, f"v1.{at}")


@pytest.mark.real
@pytest.mark.parametrize("level", LEVELS)
def test_the_server_admits_mended_pods(control_plane: ControlPlane, level: Level) -> None:
    """A share of the pods made by chance."""
    at = minor(ask.LATEST, control_plane.version)
    pods = [generated(number) for number in range(SHARE)]
    _ask(control_plane, _mend("generated pods", pods, level, at), level, ask.LATEST)


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("level", LEVELS)
def test_the_server_admits_all_mended_fixtures(control_plane: ControlPlane, level: Level) -> None:
    """Those of every version up to its own, judged by the policy of that version."""
    for at in range(minor(ask.LATEST, control_plane.version) + 1):
        pairs = _mend("upstream's fixtures", _upstream(level, at), level, at)
        _ask(control_plane, pairs, level, f"v1.{at}")


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("level", LEVELS)
def test_the_server_admits_all_mended_pods(control_plane: ControlPlane, level: Level) -> None:
    """All of the pods made by chance."""
    at = minor(ask.LATEST, control_plane.version)
    pods = [generated(number) for number in range(WHOLE)]
    _ask(control_plane, _mend("generated pods", pods, level, at), level, ask.LATEST)
