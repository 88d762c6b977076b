"""What policies are worked out from is read again before they are written: all of it."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from k8sharden.changes.ground import Ground
from k8sharden.changes.make import make_plan
from k8sharden.model import kinds
from k8sharden.model.change import Listing
from k8sharden.model.inventory import Inventory
from remediations.network import ITEMS, allow_all, no_default_deny_egress, no_default_deny_ingress
from tests.remediations import harness
from tests.remediations.harness import Document
from tests.remediations.network.test_allow_all import OPEN, SHOP, SPACE, deployment, policy


def server(address: str) -> Document:
    """Return the endpoints of the API server."""
    labels = {"kubernetes.io/service-name": "kubernetes"}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"namespace": "default", "name": "kubernetes", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address]}],
        "ports": [{"port": 6443, "protocol": "TCP"}],
    }


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"namespace": "default", "name": "kubernetes"},
    "spec": {"clusterIP": "10.96.0.1", "ports": [{"port": 443, "targetPort": 6443}]},
}


def calling_the_server() -> Document:
    """Return a Deployment of the shop that is told to call the API server."""
    return deployment("operator", "https://kubernetes.default.svc")


def cilium() -> Document:
    """Return a policy of Cilium's that isolates the pods of one Deployment."""
    chosen = {"matchLabels": {"app": "cart"}}
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"namespace": "shop", "name": "mine"},
        "spec": {"endpointSelector": chosen, "ingress": [{}]},
    }


def reread(now: Inventory, seen: Inventory, listings: Sequence[Listing]) -> Inventory:
    """Return what was seen, with the lists that are asked for as they are now."""
    objects = dict(seen.objects)
    for each in listings:
        here = now.objects.get(each.resource, ())
        mine = [one for one in here if each.namespace in ("", one.namespace)]
        kept = [
            one
            for one in objects.get(each.resource, ())
            if each.namespace not in ("", one.namespace)
        ]
        objects[each.resource] = (*kept, *mine)
    return msgspec.structs.replace(seen, objects=objects, cache={})


CASES: dict[str, tuple[Any, list[Document], list[Document]]] = {
    "the API server moved": (
        no_default_deny_egress.ITEM,
        [SPACE, SERVICE, calling_the_server(), server("192.0.2.10")],
        [SPACE, SERVICE, calling_the_server(), server("192.0.2.20")],
    ),
    "a policy of Cilium's isolates by now": (
        no_default_deny_ingress.ITEM,
        SHOP,
        [*SHOP, cilium()],
    ),
    "somebody else calls by now": (
        allow_all.ITEM,
        [*SHOP, policy("open", OPEN)],
        [SPACE, *SHOP[1:3], deployment("mail", "http://cart"), SHOP[4], policy("open", OPEN)],
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("moved", [True, False])
def test_what_moved_since_the_scan_gives_another_change(case: str, moved: bool) -> None:  # noqa: FBT001 - a case
    """A change is only what was approved as long as the cluster is what it was."""
    item, docs, later = CASES[case]
    seen, now = harness.inventory(docs), harness.inventory(later if moved else docs)
    live = {kinds.NETWORK_POLICIES.ref("shop", "open"): policy("open", OPEN)}
    plan = make_plan(tuple(item.evaluate(seen)), seen, ITEMS, live.get)
    (planned,) = plan.changes
    assert plan.origin is not None
    ground = Ground(plan.origin, lambda known, lists: reread(now, known, lists))
    fresh = ground.current(planned)
    assert (fresh.writes != planned.change.writes or fresh.basis != planned.change.basis) is moved
