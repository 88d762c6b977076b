"""Properties that hold for every pod."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.analysis.pod_security import LATEST, Level, highest_level, violations
from k8sharden.model.objects import Pod
from tests.analysis.pod_security.pods import HARDENED, pod

ONLY_RELAXED = frozenset({"procMount", "runAsNonRoot", "runAsUser", "seLinuxOptions", "sysctls"})
"""Controls whose newer versions only admit more, save on Windows."""

calm = settings(deadline=None)
"""A busy machine is no failure."""

minors = st.integers(0, LATEST)
flags = st.sampled_from([None, True, False])
profiles = st.sampled_from([None, *({"type": t} for t in ("RuntimeDefault", "Unconfined"))])
names = st.sampled_from(["CHOWN", "NET_BIND_SERVICE", "SYS_ADMIN", "ALL"])
capabilities = st.fixed_dictionaries(
    {}, optional={"add": st.lists(names, max_size=2), "drop": st.lists(names, max_size=2)}
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "privileged": flags,
        "allowPrivilegeEscalation": flags,
        "runAsNonRoot": flags,
        "runAsUser": st.sampled_from([None, 0, 1000]),
        "capabilities": capabilities,
        "seccompProfile": profiles,
        "appArmorProfile": profiles,
        "procMount": st.sampled_from([None, "Default", "Unmasked"]),
        "seLinuxOptions": st.just({"type": "container_engine_t"}),
    },
)
# Hardened first, then a few fields over it: otherwise hardly any pod would pass restricted.
containers = contexts.map(lambda over: {"name": "c", "securityContext": {**HARDENED, **over}})
volumes = st.sampled_from(["emptyDir", "hostPath", "nfs"]).map(lambda kind: {"name": "v", kind: {}})
specs = st.fixed_dictionaries(
    {"containers": st.lists(containers, min_size=1, max_size=2)},
    optional={
        "initContainers": st.lists(containers, max_size=2),
        "ephemeralContainers": st.lists(containers, max_size=1),
        "volumes": st.lists(volumes, max_size=2),
        "hostUsers": flags,
        "hostNetwork": flags,
        "securityContext": st.fixed_dictionaries(
            {},
            optional={
                "runAsNonRoot": flags,
                "seccompProfile": profiles,
                "sysctls": st.just([{"name": "net.ipv4.tcp_rmem", "value": "1"}]),
            },
        ),
    },
)
pods = specs.map(pod)


def _controls(level: Level, seen: Pod, minor: int) -> set[str]:
    return {each.control for each in violations(level, seen.spec, seen.metadata, minor)}


@calm
@given(pods, minors)
def test_what_restricted_admits_baseline_admits(seen: Pod, minor: int) -> None:
    """At the same version; not on Windows, where restricted skips fields that the API refuses."""
    if not _controls(Level.RESTRICTED, seen, minor):
        assert not _controls(Level.BASELINE, seen, minor)


@calm
@given(pods, minors)
def test_the_highest_level_admits_and_the_next_does_not(seen: Pod, minor: int) -> None:
    """The short way and the full list of violations agree."""
    highest = highest_level(seen.spec, seen.metadata, minor)
    assert not _controls(highest, seen, minor)
    assert all(_controls(level, seen, minor) for level in Level if level > highest)


@calm
@given(pods, minors, minors)
def test_some_controls_are_only_ever_relaxed(seen: Pod, one: int, other: int) -> None:
    """What the older version of one of them admits, each newer version admits too."""
    older, newer = sorted((one, other))
    # runAsUser is the one that appeared late; from then on it was only relaxed.
    older = max(older, 23)
    newer = max(newer, older)
    for level in (Level.BASELINE, Level.RESTRICTED):
        late = _controls(level, seen, newer) & ONLY_RELAXED
        assert late <= _controls(level, seen, older)


@calm
@given(specs, minors, st.data())
def test_another_container_never_raises_the_level(
    spec: dict[str, Any], minor: int, data: st.DataObject
) -> None:
    """A pod is as good as its worst container, whichever list that one stands in."""
    place = data.draw(st.sampled_from(["initContainers", "containers", "ephemeralContainers"]))
    more = {**spec, place: [*spec.get(place, ()), data.draw(containers)]}
    before, after = pod(spec), pod(more)
    assert highest_level(after.spec, after.metadata, minor) <= highest_level(
        before.spec, before.metadata, minor
    )
