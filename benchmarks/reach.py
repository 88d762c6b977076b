"""The whole matrix of namespaces, by classes of pods: from 500 pods to 50,000, in 500 namespaces.

Once the policies stay the same while pods are added, and once every ten pods bring two policies of
their own, so that there are more classes. Two floors stand beside it in the same run: one plain
pass that groups the pods by their labels, and what asking about every pair of pods would take, as
told from a sample. Ends with 1 where the matrix takes longer than people wait for, or grows faster
than the pods and policies do.

    python -m benchmarks.reach
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import msgspec

from k8sharden.analysis.network.cells import Spot
from k8sharden.analysis.network.comparison import compared
from k8sharden.analysis.network.decide import decide
from k8sharden.analysis.network.matrix import matrix
from k8sharden.analysis.network.parties import pod_party
from k8sharden.analysis.network.policies import policies_of
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from k8sharden.model.workloads import pods_of, workloads

SPACES = 500
SIZES = (500, 5_000, 50_000)
POLICIES = 1_000
GOAL_SECONDS = 5.0
"""For 5,000 pods and 1,000 policies."""
GOAL_GROWTH = 15.0
"""Ten times the pods, or the pods and policies, may take fifteen times as long."""
SAMPLE = 3_000
"""Pairs of pods that are asked about, of millions."""


class Measured(NamedTuple):
    """One cluster: how many of each there are, and the seconds that everything takes."""

    pods: int
    policies: int
    classes: int
    grouping: float
    whole: float
    inside: float
    after: float
    pairs: float


def main() -> int:
    """Measure both kinds of growth and print a table."""
    bad = False
    for name, policies in (
        ("the same policies", lambda _: POLICIES),
        ("more policies with more pods", lambda pods: max(POLICIES, pods // 5)),
    ):
        print(f"{name}, {SPACES} namespaces; seconds")
        heads = ("pods", "policies", "classes", "grouping", "matrix", "ratio", "within", "after")
        print("".join(f"{head:>10}" for head in heads) + f"{'all pairs':>14}{'times less':>14}")
        found = [measured(pods, policies(pods)) for pods in SIZES]
        for each in found:
            print(_line(each))
        growth = found[-1].whole / found[-2].whole
        print(f"{SIZES[-1] // SIZES[-2]} times the pods take {growth:.1f} times as long\n")
        bad |= growth > GOAL_GROWTH or found[1].whole > GOAL_SECONDS
    print(f"goals: {GOAL_SECONDS} s for {SIZES[1]:,} pods, growth {GOAL_GROWTH}")
    return 1 if bad else 0


def _line(each: Measured) -> str:
    return (
        f"{each.pods:>10,}{each.policies:>10,}{each.classes:>10,}{each.grouping:>10.3f}"
        f"{each.whole:>10.2f}{each.whole / each.grouping:>10.0f}{each.inside:>10.4f}"
        f"{each.after:>10.2f}{each.pairs:>14,.0f}{each.pairs / each.whole:>14,.0f}"
    )


def measured(pods: int, policies: int) -> Measured:
    """Return what one cluster takes."""
    inventory = filled(pods, policies)
    # Who owns a pod is found for everything else in a scan, too.
    workloads(inventory)
    pods_of(inventory)
    known = policies_of(inventory)
    first = Spot("team-000")

    def whole() -> None:
        found = matrix(inventory, known)
        for source, target in product(found.spots, found.spots):
            found.cell(source, target)

    def after() -> None:
        ref = kinds.NETWORK_POLICIES.ref(first.namespace, "p0")
        list(compared(inventory, known, known.changed({ref: None})).changes())

    found = matrix(inventory, known)
    found.cell(first, first)
    inside = matrix(inventory, known, first.namespace)
    return Measured(
        pods,
        policies,
        len(found.classes.groups),
        timed(lambda: grouped(inventory)),
        timed(whole),
        timed(lambda: [inside.cell(a, b) for a, b in product(inside.spots, inside.spots)]),
        timed(after),
        every_pair(inventory),
    )


def grouped(inventory: Inventory) -> int:
    """Return how many kinds of labels there are, in one plain pass."""
    return len({(pod.namespace, *sorted(pod.metadata.label.items())) for pod in inventory.pods})


def every_pair(inventory: Inventory) -> float:
    """Return the seconds that one port of every pair of pods would take, by a sample of them."""
    dice = random.Random(1)  # noqa: S311 - chooses what is measured, keeps no secret
    parties = [pod_party(pod) for pod in inventory.pods]
    pairs = [(dice.choice(parties), dice.choice(parties)) for _ in range(SAMPLE)]
    known = policies_of(inventory)
    spent = timed(lambda: [decide(known, *pair, 8080) for pair in pairs])
    return spent / SAMPLE * len(parties) ** 2


def timed(ask: Callable[[], Any]) -> float:
    """Return the seconds of the processor that a call takes: it waits for nothing else."""
    begun = time.process_time()
    ask()
    return time.process_time() - begun


def filled(pods: int, policies: int) -> Inventory:
    """Return a cluster with so many pods and policies, spread over all namespaces."""
    spaces = [
        {"metadata": {"name": _space(s), "labels": {"kubernetes.io/metadata.name": _space(s)}}}
        for s in range(SPACES)
    ]
    held = {
        kinds.NAMESPACES.key: _read(spaces, o.Namespace),
        kinds.PODS.key: _read([_pod(number) for number in range(pods)], o.Pod),
        kinds.NETWORK_POLICIES.key: _read(
            [_policy(number // SPACES, _space(number % SPACES)) for number in range(policies)],
            n.NetworkPolicy,
        ),
    }
    ledger = {key: Entry(key, Coverage.READ) for key in held}
    return Inventory(Source(SourceKind.CLUSTER, "bench"), held, ledger)


def _read(items: list[dict[str, Any]], struct: Any) -> tuple[Any, ...]:
    return tuple(msgspec.convert(each, struct) for each in items)


def _space(number: int) -> str:
    return f"team-{number:03}"


def _pod(number: int) -> dict[str, Any]:
    app = f"app-{number // SPACES % 20}"
    labels = {"app": app, "pod-template-hash": f"{number // 3:x}", "tier": f"t{number % 3}"}
    port = {"name": "http", "containerPort": 8080}
    return {
        "metadata": {
            "name": f"pod-{number}",
            "namespace": _space(number % SPACES),
            "labels": labels,
        },
        "spec": {"containers": [{"name": "c", "ports": [port]}]},
        "status": {"podIP": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"},
    }


def _policy(number: int, space: str) -> dict[str, Any]:
    """The first of a namespace denies, the second lets its own in, all others open one program."""
    own: dict[str, Any] = {"podSelector": {}}
    spec: dict[str, Any] = {"podSelector": {}}
    if number == 0:
        spec |= {"policyTypes": ["Ingress", "Egress"], "egress": [_dns()]}
    elif number == 1:
        gate = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "team-000"}}}
        spec |= {
            "ingress": [{"from": [own]}, {"from": [gate], "ports": [{"port": "http"}]}],
            "egress": [{"to": [own]}, {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}],
        }
        spec["policyTypes"] = ["Ingress", "Egress"]
    else:
        spec["podSelector"] = {"matchLabels": {"app": f"app-{number}"}}
        spec["ingress"] = [
            {"from": [{"namespaceSelector": {}}], "ports": [{"port": 8000 + number}]}
        ]
    return {"metadata": {"name": f"p{number}", "namespace": space}, "spec": spec}


def _dns() -> dict[str, Any]:
    everywhere = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "app-0"}}}
    return {"to": [everywhere], "ports": [{"protocol": p, "port": 53} for p in ("UDP", "TCP")]}


if __name__ == "__main__":
    sys.exit(main())
