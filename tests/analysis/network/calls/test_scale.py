"""Calls of many workloads: found by name, never by pairs."""

import time
from typing import Any

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.calls.ranges import Ranges
from k8sharden.model.inventory import Inventory
from tests.remediations.harness import inventory


def large(count: int) -> Inventory:
    """Workloads in one namespace, each with a Service, told two others and one host outside."""
    docs: list[dict[str, Any]] = []
    for number in range(count):
        labels = {"app": f"w{number}", "tier": "all"}
        meta = {"name": f"w{number}", "namespace": "shop"}
        env = [
            {"name": "NEXT_URL", "value": f"http://w{(number + 1) % count}"},
            {"name": "FAR_URL", "value": f"http://w{(number * 7) % count}.shop.svc:80"},
            {"name": "CARDS_URL", "value": "https://api.cards.example"},
            *({"name": f"OTHER_{each}", "value": f"value-{each}"} for each in range(10)),
        ]
        container = {"name": "main", "image": "x:1", "env": env, "ports": [{"containerPort": 8080}]}
        template = {
            "metadata": {"labels": labels, "annotations": {"prometheus.io/scrape": "true"}},
            "spec": {"containers": [container]},
        }
        spec = {"selector": {"matchLabels": labels}, "template": template}
        docs.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
        ports = [{"port": 80, "targetPort": 8080}]
        service = {"selector": labels, "ports": ports}
        docs.append({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service})
    return inventory(docs)


def spent(count: int) -> float:
    """The processor's seconds that this many workloads take."""
    world = large(count)
    began = time.process_time()
    assert len(calls_of(world).edges) >= 4 * count
    return time.process_time() - began


def test_the_time_grows_with_the_workloads_and_not_with_their_pairs() -> None:
    """Eight times as many in one namespace take far less than sixty-four times as long."""
    spent(50)
    assert spent(2_000) < 24 * max(spent(250), 0.01)


def test_addresses_are_not_compared_with_every_nodes_range() -> None:
    """Of ten thousand ranges only those are looked up that could hold an address."""
    docs: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"n{number}"},
            "spec": {
                "podCIDRs": [f"10.{number // 250}.{number % 250}.0/24", f"fd00:{number:x}::/64"]
            },
        }
        for number in range(5_000)
    ]
    ranges = Ranges(inventory(docs))
    began = time.process_time()
    assert not any(ranges.inside(f"8.8.{n // 250}.{n % 250}", sure=True) for n in range(5_000))
    assert time.process_time() - began < 2
    assert ranges.inside("10.19.249.9", sure=True)
    assert ranges.inside("fd00:1387::9", sure=True)
