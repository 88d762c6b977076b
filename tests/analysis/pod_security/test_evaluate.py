"""The evaluator: which controls are asked, in which order, and how the answer reads."""

from typing import Any

import pytest

from k8sharden.analysis.pod_security import (
    LATEST,
    Level,
    describe,
    highest_level,
    reasons,
    violations,
)
from k8sharden.analysis.pod_security.controls import CONTROLS
from k8sharden.analysis.pod_security.words import go_quoted
from tests.analysis.pod_security.pods import HARDENED, Json, pod, web

BASELINE_ONLY: Json = {"containers": [{"name": "web"}]}
PRIVILEGED: Json = web(privileged=True)


def _controls(level: Level, spec: Json, minor: int | None = None) -> list[str]:
    seen = pod(spec)
    return [each.control for each in violations(level, seen.spec, seen.metadata, minor)]


def _level(spec: Json, minor: int | None = None) -> Level:
    seen = pod(spec)
    return highest_level(seen.spec, seen.metadata, minor)


def test_there_is_one_control_for_each_of_the_servers() -> None:
    """Nineteen, each id once, in the order of their ids."""
    ids = [control.id for control in CONTROLS]
    assert len(set(ids)) == len(ids) == 19


def test_versions_ascend() -> None:
    """A newer version never stands before an older one, and none is newer than the latest."""
    for control in CONTROLS:
        minors = [minor for minor, _ in control.versions]
        assert minors == sorted(set(minors))
        assert minors[-1] <= LATEST


def test_only_restricted_controls_override_and_only_baseline_ones_are_overridden() -> None:
    """An override names the baseline twin of a restricted control."""
    levels = {control.id: control.level for control in CONTROLS}
    overrides = {c.id: c.overrides for c in CONTROLS if c.overrides}
    assert {levels[each] for each in overrides} == {Level.RESTRICTED}
    assert {levels[each] for each in overrides.values()} == {Level.BASELINE}


def test_levels_compare_by_strictness() -> None:
    """Not by the alphabet, in which privileged comes after baseline."""
    assert Level.PRIVILEGED < Level.BASELINE < Level.RESTRICTED
    assert Level.RESTRICTED >= Level.BASELINE > Level.PRIVILEGED
    assert min(Level.BASELINE, Level.PRIVILEGED) is Level.PRIVILEGED
    assert Level.BASELINE <= "restricted"
    assert not Level.BASELINE <= Level.PRIVILEGED


def test_a_level_equals_its_name() -> None:
    """Neither stricter nor laxer than itself."""
    level, name = Level.BASELINE, "baseline"
    assert level <= name
    assert level >= name
    assert not level < name
    assert not level > name


@pytest.mark.parametrize(
    ("spec", "level"),
    [
        (PRIVILEGED, Level.PRIVILEGED),
        (BASELINE_ONLY, Level.BASELINE),
        (web(**HARDENED), Level.RESTRICTED),
        ({}, Level.RESTRICTED),
    ],
)
def test_the_highest_level_is_the_strictest_that_admits(spec: Json, level: Level) -> None:
    """One pod for each level; one without containers has nothing to refuse."""
    assert _level(spec) is level


def test_privileged_refuses_nothing() -> None:
    """It is the level of no policy."""
    assert _controls(Level.PRIVILEGED, {**PRIVILEGED, "hostPID": True}) == []


def test_restricted_asks_baselines_controls_first() -> None:
    """Baseline in the order of ids, then restricted: as the API server prints them."""
    spec = {**PRIVILEGED, "hostPID": True}
    assert _controls(Level.RESTRICTED, spec) == [
        "hostNamespaces",
        "privileged",
        "allowPrivilegeEscalation",
        "capabilities_restricted",
        "runAsNonRoot",
        "seccompProfile_restricted",
    ]


@pytest.mark.parametrize(
    ("spec", "twins"),
    [
        (web(capabilities={"add": ["X"]}), ("capabilities_baseline", "capabilities_restricted")),
        ({"volumes": [{"name": "x", "hostPath": {}}]}, ("hostPathVolumes", "restrictedVolumes")),
        (web(procMount="Unmasked"), ("procMount", "procMount_restricted")),
        (
            web(seccompProfile={"type": "Unconfined"}),
            ("seccompProfile_baseline", "seccompProfile_restricted"),
        ),
    ],
)
def test_a_restricted_control_stands_in_for_its_twin(spec: Json, twins: tuple[str, str]) -> None:
    """One fault is told once at each level."""
    baseline, restricted = twins
    assert _controls(Level.BASELINE, spec) == [baseline]
    assert restricted in _controls(Level.RESTRICTED, spec)
    assert baseline not in _controls(Level.RESTRICTED, spec)


def test_the_twin_speaks_until_the_restricted_control_exists() -> None:
    """Before 1.22 the restricted level knew of no capabilities but baseline's."""
    spec = web(capabilities={"add": ["SYS_ADMIN"]})
    assert "capabilities_baseline" in _controls(Level.RESTRICTED, spec, 21)
    assert "capabilities_baseline" not in _controls(Level.RESTRICTED, spec, 22)


def test_on_windows_restricted_may_admit_what_baseline_refuses() -> None:
    """The server's own exemption; no such pod exists, since the API refuses the fields there."""
    spec = {**web(**{**HARDENED, "capabilities": {"add": ["X"]}}), "os": {"name": "windows"}}
    assert _controls(Level.RESTRICTED, spec) == []
    assert _controls(Level.BASELINE, spec) == ["capabilities_baseline"]
    assert _level(spec) is Level.RESTRICTED


def test_a_version_of_the_future_is_the_latest() -> None:
    """So the API server takes a version newer than itself; none means the latest."""
    spec = {"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat"}]}}
    assert _controls(Level.BASELINE, spec, LATEST - 1) == ["sysctls"]
    assert _controls(Level.BASELINE, spec, LATEST + 9) == []
    assert _controls(Level.BASELINE, spec) == []


def test_the_oldest_version_has_controls() -> None:
    """1.0 is a version like any other."""
    assert _controls(Level.BASELINE, PRIVILEGED, 0) == ["privileged"]


def test_a_negative_version_is_refused() -> None:
    """Otherwise a miscalculated version would admit everything."""
    with pytest.raises(ValueError, match="give a minor version"):
        _controls(Level.BASELINE, PRIVILEGED, -1)


def test_it_reads_as_the_servers_refusal() -> None:
    """The text that follows ``violates PodSecurity "restricted:latest":`` for the same pod."""
    seen = pod(web(**{**HARDENED, "runAsNonRoot": None, "privileged": True}))
    found = violations(Level.RESTRICTED, seen.spec, seen.metadata)
    assert describe(found) == (
        'privileged (container "web" must not set securityContext.privileged=true), '
        'runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)'
    )
    assert reasons(found) == "privileged, runAsNonRoot != true"


AT_FAULT: dict[str, Json] = {
    "allowPrivilegeEscalation": {},
    "appArmorProfile": {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}},
    "capabilities_restricted": {},
    "hostPorts": {"ports": [{"hostPort": 80}]},
    "hostProbesAndHostLifecycle": {"livenessProbe": {"tcpSocket": {"host": "db"}}},
    "privileged": {"securityContext": {"privileged": True}},
    "procMount_restricted": {"securityContext": {"procMount": "Unmasked"}},
    "runAsNonRoot": {},
    "runAsUser": {"securityContext": {"runAsUser": 0}},
    "seLinuxOptions": {"securityContext": {"seLinuxOptions": {"type": "spc_t"}}},
    "seccompProfile_restricted": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}},
    "windowsHostProcess": {"securityContext": {"windowsOptions": {"hostProcess": True}}},
}


@pytest.mark.parametrize("control", AT_FAULT)
@pytest.mark.parametrize("place", ["initContainers", "containers", "ephemeralContainers"])
def test_containers_of_every_list_are_seen(control: str, place: str) -> None:
    """The container at fault is named, whichever list it stands in, and no other one."""
    good: dict[str, Any] = {"name": "good", "securityContext": HARDENED}
    lists: Json = {"initContainers": None, "containers": [good], "ephemeralContainers": []}
    lists[place] = [good, {"name": "bad", **AT_FAULT[control]}]
    seen = pod(lists)
    found = {v.control: v for v in violations(Level.RESTRICTED, seen.spec, seen.metadata)}
    assert found[control].containers == ("bad",)
    assert '"bad"' in found[control].detail


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain é", '"plain é"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("\n\t\x01\x7f", r'"\n\t\x01\x7f"'),
        ("\x80\u00a0\u2028\U000e0001", r'"\u0080\u00a0\u2028\U000e0001"'),
    ],
)
def test_annotations_are_quoted_as_go_does(text: str, quoted: str) -> None:
    """What cannot be seen is escaped, as in the API server's message."""
    assert go_quoted(text) == quoted
