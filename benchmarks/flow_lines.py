"""Generates flows to measure with: as a busy cluster has them, and as somebody spoils them.

Each kind is always the same. ``busy`` is a cluster of two hundred workloads, with answers and DNS;
``world`` has a caller from another address each time; ``scan`` looks for open ports everywhere;
``table`` is CSV in which no address comes twice.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from pathlib import Path

_WORKLOADS = 200
_LINE = (
    '{{"flow":{{"time":"2026-11-22T{hour:02}:{minute:02}:11.123456789Z","uuid":"f0e5","verdict":'
    '"FORWARDED","ethernet":{{"source":"3e:f3:66:76:a6:33","destination":"62:90:fa:03:ca:00"}},'
    '"IP":{{"source":"{source}","destination":"{target}","ipVersion":"IPv4"}},"l4":{{"TCP":{{'
    '"source_port":{client},"destination_port":{port},"flags":{{"SYN":true}}}}}},"source":{caller},'
    '"destination":{called},"Type":"L3_L4","node_name":"books/worker-{node}","is_reply":{answer},'
    '"event_type":{{"type":4,"sub_type":3}},"traffic_direction":"INGRESS","trace_observation_point"'
    ':"TO_ENDPOINT","Summary":"TCP Flags: SYN"}},"node_name":"books/worker-{node}",'
    '"time":"2026-11-22T{hour:02}:{minute:02}:11.123456789Z"}}\n'
)
_POD = (
    '{{"ID":{n},"identity":{n},"namespace":"team-{team}","labels":["k8s:app=app-{n}",'
    '"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=team-{team}",'
    '"k8s:io.cilium.k8s.policy.cluster=books","k8s:io.cilium.k8s.policy.serviceaccount=default",'
    '"k8s:io.kubernetes.pod.namespace=team-{team}"],"pod_name":"app-{n}-7c9d8f6b5-x{pod:04}",'
    '"workloads":[{{"name":"app-{n}","kind":"Deployment"}}]}}'
)
_WORLD = '{"identity":2,"labels":["reserved:world"]}'


def busy() -> Iterator[str]:
    """Yield lines of a cluster in which each workload calls a few others."""
    chance = random.Random(7)  # noqa: S311 - what is wanted is the same each time
    while True:
        caller = chance.randrange(_WORKLOADS)
        called = (caller * 7 + chance.randrange(6)) % _WORKLOADS
        yield _line(chance, _pod(caller, chance), _pod(called, chance), 8080 + called % 5)


def world() -> Iterator[str]:
    """Yield lines of callers from everywhere."""
    chance = random.Random(7)  # noqa: S311 - as above
    while True:
        address = str(IPv4Address(chance.getrandbits(32)))
        yield _line(chance, _WORLD, _pod(chance.randrange(3), chance), 443, address)


def scan() -> Iterator[str]:
    """Yield lines of a workload that tries every port of every other."""
    chance = random.Random(7)  # noqa: S311 - as above
    while True:
        for port in range(1, 65_536):
            called = _pod(chance.randrange(_WORKLOADS), chance)
            yield _line(chance, _pod(0, chance), called, port)


def table() -> Iterator[str]:
    """Yield rows of addresses, in which none comes twice."""
    chance = random.Random(7)  # noqa: S311 - as above
    while True:
        ends = IPv4Address(chance.getrandbits(32)), IPv6Address(chance.getrandbits(128))
        yield f"{ends[0]},{ends[1]},{chance.randrange(1, 65_536)},TCP,3\n"


KINDS: Mapping[str, Callable[[], Iterator[str]]] = {
    "busy": busy, "world": world, "scan": scan, "table": table,
}  # fmt: skip
"""The files that can be written, by their name."""


def write(path: Path, kind: str, count: int) -> None:
    """Write so many lines of a kind."""
    with path.open("w") as file:
        file.writelines(islice(KINDS[kind](), count))


def _pod(number: int, chance: random.Random) -> str:
    return _POD.format(n=number, team=number % 20, pod=chance.randrange(9999))


def _line(chance: random.Random, caller: str, called: str, port: int, source: str = "") -> str:
    return _LINE.format(
        hour=chance.randrange(24),
        minute=chance.randrange(60),
        source=source or f"10.244.{chance.randrange(256)}.{chance.randrange(256)}",
        target=f"10.244.{chance.randrange(256)}.{chance.randrange(256)}",
        client=chance.randrange(32_768, 61_000),
        port=port,
        caller=caller,
        called=called,
        node=chance.randrange(9),
        answer="true" if chance.randrange(3) == 0 else "false",
    )
