"""Pods made by chance: hardened or plain ones, with some fields turned to any value there is.

A number always makes the same pod, and the API takes nearly all of them.
"""

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from tests.analysis.pod_security.generated import values
from tests.analysis.pod_security.generated.mend import mend
from tests.analysis.pod_security.pods import HARDENED

Json = dict[str, Any]

_LISTS = ("initContainers", "containers", "ephemeralContainers")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")


def generated(number: int) -> Json:
    """Return the pod of a number: its metadata and its spec, without images."""
    chance = Random(number)  # noqa: S311 - the same pods every time, nothing secret
    pod = _start(chance, f"pod-{number}")
    for _ in range(chance.choice((0, 0, 1, 1, 1, 2, 2, 3, 4, 6))):
        chance.choices(*_TURNS)[0](chance, pod)
    mend(pod)
    return pod


def containers(pod: Json) -> Iterator[Json]:
    """Yield the containers of all three lists."""
    for place in _LISTS:
        yield from pod["spec"].get(place) or ()


def _start(chance: Random, name: str) -> Json:
    """Return a pod with its containers: hardened throughout, in part, or not at all."""
    spec: Json = {"containers": _some(chance, "web", chance.choice((1, 1, 2, 3)))}
    if chance.random() < 0.3:
        spec["initContainers"] = _some(chance, "init", chance.choice((1, 2)))
    if chance.random() < 0.1:
        spec["ephemeralContainers"] = _some(chance, "debug", chance.choice((1, 1, 2)))
    if chance.random() < 0.1:
        spec["hostUsers"] = False
    system = chance.choices(("", "linux", "windows"), (16, 2, 3))[0]
    if system:
        spec["os"] = {"name": system}
    pod = {"metadata": {"name": name}, "spec": spec}
    _harden(chance, pod)
    return pod


def _some(chance: Random, name: str, count: int) -> list[Json]:
    names = [name, *(f"{name}-{number}" for number in range(9, 9 + count - 1))]
    chance.shuffle(names)
    return [{"name": each} for each in names]


def _harden(chance: Random, pod: Json) -> None:
    """Set what restricted asks for, for the whole pod or for each container; sometimes not."""
    above = {key: HARDENED[key] for key in ("runAsNonRoot", "seccompProfile")}
    how = chance.choices(("pod", "both", "containers", "not"), (3, 2, 3, 3))[0]
    if how in {"pod", "both"}:
        pod["spec"]["securityContext"] = deepcopy(above)
    for container in containers(pod):
        own = {key: HARDENED[key] for key in HARDENED if how != "pod" or key not in above}
        if how != "not":
            container["securityContext"] = deepcopy(own)
        elif chance.random() < 0.3:
            container["securityContext"] = chance.choice(({}, None))


def _any(chance: Random, choices: tuple[Any, ...]) -> Any:
    return deepcopy(chance.choice(choices))


def _turn_spec(chance: Random, pod: Json) -> None:
    field = chance.choice(tuple(values.SPEC))
    pod["spec"][field] = _any(chance, values.SPEC[field])


def _turn_pod(chance: Random, pod: Json) -> None:
    field = chance.choice(tuple(values.POD_SECURITY))
    _security(pod["spec"])[field] = _any(chance, values.POD_SECURITY[field])


def _turn_container(chance: Random, pod: Json) -> None:
    container = chance.choice(list(containers(pod)))
    field = chance.choice(tuple(values.CONTAINER_SECURITY))
    _security(container)[field] = _any(chance, values.CONTAINER_SECURITY[field])


def _security(holder: Json) -> Json:
    """Return the security context of a spec or a container, made where there is none."""
    holder["securityContext"] = holder.get("securityContext") or {}
    context: Json = holder["securityContext"]
    return context


def _turn_capabilities(chance: Random, pod: Json) -> None:
    lists = {"add": values.ADDED, "drop": values.DROPPED}
    found = {key: chance.sample(names, chance.choice((0, 1, 1, 2))) for key, names in lists.items()}
    kept: Json = {key: names or None for key, names in found.items() if chance.randrange(4)}
    _security(chance.choice(list(containers(pod))))["capabilities"] = kept or None


def _turn_sysctls(chance: Random, pod: Json) -> None:
    names = chance.sample(values.SYSCTLS, chance.choice((1, 1, 2, 3)))
    _security(pod["spec"])["sysctls"] = [{"name": name, "value": "1"} for name in names]


def _turn_volumes(chance: Random, pod: Json) -> None:
    sources = chance.sample(values.VOLUMES, chance.choice((1, 1, 2, 3)))
    pod["spec"]["volumes"] = [
        {"name": f"data-{number}", **deepcopy(source)} for number, source in enumerate(sources)
    ]


def _turn_ports(chance: Random, pod: Json) -> None:
    ports = chance.sample(values.PORTS, chance.choice((1, 2, 3)))
    for port in ports:
        container = chance.choice(_lasting(chance, pod))
        host = {"hostPort": chance.choice((port, port, port + 1, 0, None))}
        protocol = {"protocol": chance.choice(("TCP", "UDP"))} if chance.randrange(2) else {}
        container.setdefault("ports", []).append({"containerPort": port, **host, **protocol})


def _lasting(chance: Random, pod: Json) -> list[Json]:
    """Return the containers that may have ports and probes; init ones only where they stay."""
    spec = pod["spec"]
    init = spec.get("initContainers")
    if not init or chance.randrange(3):
        return list(spec["containers"])
    for container in init:
        container["restartPolicy"] = "Always"
    return list(init)


def _turn_probe(chance: Random, pod: Json) -> None:
    container = chance.choice(_lasting(chance, pod))
    container[chance.choice(_PROBES)] = _handler(chance, ({"grpc": {"port": 80}},))


def _turn_hook(chance: Random, pod: Json) -> None:
    container = chance.choice(_lasting(chance, pod))
    hooks = container.setdefault("lifecycle", {})
    hooks[chance.choice(_HOOKS)] = _handler(chance, ({"sleep": {"seconds": 1}},))


def _handler(chance: Random, others: tuple[Json, ...]) -> Json:
    host = chance.choice(values.HOSTS)
    action = {"port": 80, "host": host}
    usual = ({"httpGet": action}, {"httpGet": action}, {"tcpSocket": action})
    handlers: tuple[Json, ...] = (*usual, {"exec": {"command": ["true"]}}, *others)
    return deepcopy(chance.choice(handlers))


def _turn_annotations(chance: Random, pod: Json) -> None:
    notes = pod["metadata"].setdefault("annotations", {})
    container = chance.choice([*pod["spec"]["containers"], *pod["spec"].get("initContainers", ())])
    apparmor = f"container.apparmor.security.beta.kubernetes.io/{container['name']}"
    seccomp = f"container.seccomp.security.alpha.kubernetes.io/{container['name']}"
    turn = chance.randrange(4)
    if turn in {0, 1}:
        notes[apparmor] = chance.choice(values.APPARMOR_NOTES)
    else:
        key = seccomp if turn == 2 else "seccomp.security.alpha.kubernetes.io/pod"
        notes[key] = chance.choice(values.SECCOMP_NOTES)


_TURNS = (
    (_turn_spec, _turn_pod, _turn_container, _turn_capabilities, _turn_sysctls, _turn_volumes,
     _turn_ports, _turn_probe, _turn_hook, _turn_annotations),
    (4, 5, 7, 3, 3, 3, 2, 2, 1, 2),
)  # fmt: skip
