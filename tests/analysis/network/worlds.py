"""Small random clusters with policies, made to have much in common so that policies matter."""

import random
from typing import Any

import msgspec

from k8sharden.analysis.network.parties import Party, workload_parties
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import workloads

SPACES = ("red", "green", "blue")
KEYS = ("app", "tier")
VALUES = ("a", "b", "c")
CIDRS = ("10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "192.0.2.0/24", "fd00::/8", "::/0")
NAMES = ("http", "db")
PORTS = (53, 80, 8080)


def world(seed: int) -> Inventory:
    """Return a cluster of a dozen pods and up to eight policies; equal seeds give equal ones."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice, kept by the seed
    pods = [_pod(dice, number) for number in range(12)]
    policies = [_policy(dice, number) for number in range(dice.randint(0, 8))]
    return inventory(pods, policies)


def odd_world(seed: int) -> Inventory:
    """Return one with policies of other kinds besides, and with parts that were not read."""
    dice = random.Random(seed)  # noqa: S311 - as above
    plain = world(seed)
    held = {key: list(items) for key, items in plain.objects.items()}
    for number in range(dice.randint(0, 4)):
        kind = dice.choice((kinds.CILIUM_POLICIES, kinds.CILIUM_CLUSTERWIDE_POLICIES))
        namespace = dice.choice(SPACES) if kind.namespaced else None
        metadata = {"name": f"cnp-{number}", "namespace": namespace}
        value = {"metadata": metadata, "spec": _cilium(dice)}
        held.setdefault(kind.key, []).append(msgspec.convert(value, n.Loose))
    if dice.random() < 0.2:
        value = {"metadata": {"name": "tier"}, "spec": _tier(dice)}
        held[kinds.CLUSTER_NETWORK_POLICIES.key] = [msgspec.convert(value, n.Loose)]
    if dice.random() < 0.3:
        agent = {"metadata": {"name": "cilium", "namespace": "kube-system"}}
        held[kinds.DAEMON_SETS.key] = [msgspec.convert(agent, o.TemplateOwner)]
    if dice.random() < 0.2:
        held[kinds.NAMESPACES.key].pop()
    ledger = dict(plain.ledger)
    if dice.random() < 0.15:
        kind = dice.choice((kinds.NETWORK_POLICIES, kinds.CILIUM_POLICIES))
        ledger[kind.key] = Entry(kind.key, Coverage.FORBIDDEN, namespaces=frozenset(("red",)))
    objects = {key: tuple(items) for key, items in held.items()}
    return Inventory(plain.source, objects, ledger)


def pod(namespace: str, name: str, **labels: str) -> dict[str, Any]:
    """Return a pod with one container and an address of its own."""
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "c"}]},
        "status": {"podIP": f"10.0.0.{sum(map(ord, namespace + name)) % 250 + 1}"},
    }


def policy(namespace: str, name: str, **spec: Any) -> dict[str, Any]:
    """Return a policy over all pods of a namespace, unless it says which."""
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"podSelector": {}, **spec}}


def parties(inventory: Inventory) -> dict[Ref, Party]:
    """Return each pod as one of those that are like it, on no node, by its workload."""
    return {
        workload.ref: msgspec.structs.replace(party, name="")
        for workload in workloads(inventory)
        for party in workload_parties(workload, inventory)
    }


def _cilium(dice: random.Random) -> dict[str, Any]:
    spec: dict[str, Any] = {"endpointSelector": _selector(dice, KEYS, VALUES)}
    for way, prefix in (("ingress", "from"), ("egress", "to")):
        for suffix, chance in (("", 0.6), ("Deny", 0.3)):
            if dice.random() < chance:
                spec[way + suffix] = [_cilium_rule(dice, prefix) for _ in range(dice.randint(0, 2))]
    if dice.random() < 0.3:
        spec["enableDefaultDeny"] = {"ingress": dice.random() < 0.5, "egress": dice.random() < 0.5}
    return spec


def _cilium_rule(dice: random.Random, prefix: str) -> dict[str, Any]:
    entities = ("all", "world", "cluster", "host", "kube-apiserver")
    peer: tuple[str, Any] = dice.choice(
        (
            ("Endpoints", [_selector(dice, KEYS, VALUES)]),
            ("Endpoints", [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "green"}}]),
            ("Entities", [dice.choice(entities)]),
            ("CIDR", [dice.choice(CIDRS)]),
            ("FQDNs", [{"matchName": "example.org"}]),
        )
    )
    rule: dict[str, Any] = {f"{prefix}{peer[0]}": peer[1]} if dice.random() < 0.8 else {}
    if dice.random() < 0.6:
        port = {"port": dice.choice(("53", "80", "http")), "protocol": dice.choice(("TCP", "ANY"))}
        rule["toPorts"] = [{"ports": [port]}]
    return rule


def _tier(dice: random.Random) -> dict[str, Any]:
    subject = {"namespaces": _selector(dice, ("team", "env"), ("r", "g", "b", "e"))}
    rules = [{"action": dice.choice(("Accept", "Deny", "Pass"))}]
    way = dice.choice(("ingress", "egress"))
    return {"tier": dice.choice(("Admin", "Baseline")), "subject": subject, way: rules}


def inventory(pods: list[dict[str, Any]], policies: list[dict[str, Any]]) -> Inventory:
    """Return an inventory of these pods and policies in three namespaces, each labelled."""
    spaces = [{"metadata": {"name": s, "labels": {"team": s[0], "env": "e"}}} for s in SPACES]
    return Inventory(
        Source(SourceKind.CLUSTER, "test"),
        {
            kinds.NAMESPACES.key: tuple(msgspec.convert(each, o.Namespace) for each in spaces),
            kinds.PODS.key: tuple(msgspec.convert(each, o.Pod) for each in pods),
            kinds.NETWORK_POLICIES.key: tuple(
                msgspec.convert(each, n.NetworkPolicy) for each in policies
            ),
        },
        {kind.key: Entry(kind.key, Coverage.READ) for kind in kinds.SCANNED},
    )


def _pod(dice: random.Random, number: int) -> dict[str, Any]:
    ports = [
        {"name": name, "containerPort": dice.choice(PORTS), "protocol": dice.choice(("TCP", "UDP"))}
        for name in NAMES
        if dice.random() < 0.5
    ]
    addresses = [f"10.{dice.randint(0, 2)}.0.{number + 1}"]
    if dice.random() < 0.3:
        addresses.append(f"fd0{dice.randint(0, 2)}::{number + 1}")
    return {
        "metadata": {
            "name": f"pod-{number}",
            "namespace": dice.choice(SPACES),
            "labels": {key: dice.choice(VALUES) for key in KEYS if dice.random() < 0.8},
        },
        "spec": {"hostNetwork": dice.random() < 0.1, "containers": [{"name": "c", "ports": ports}]},
        "status": {"podIPs": [{"ip": each} for each in addresses]},
    }


def _policy(dice: random.Random, number: int) -> dict[str, Any]:
    spec: dict[str, Any] = {"podSelector": _selector(dice, KEYS, VALUES)}
    if dice.random() < 0.7:
        spec["policyTypes"] = dice.choice((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    for way, peers in (("ingress", "from"), ("egress", "to")):
        if dice.random() < 0.6:
            spec[way] = [_rule(dice, peers) for _ in range(dice.randint(0, 2))]
    return {"metadata": {"name": f"np-{number}", "namespace": dice.choice(SPACES)}, "spec": spec}


def _rule(dice: random.Random, peers: str) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    if dice.random() < 0.8:
        rule[peers] = [_peer(dice) for _ in range(dice.randint(0, 2))]
    if dice.random() < 0.6:
        rule["ports"] = [_port(dice) for _ in range(dice.randint(0, 2))]
    return rule


def _peer(dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.25:
        block: dict[str, Any] = {"cidr": dice.choice(CIDRS)}
        if block["cidr"] == "0.0.0.0/0" and dice.random() < 0.5:
            block["except"] = ["10.0.0.0/8"]
        return {"ipBlock": block}
    peer = {}
    if dice.random() < 0.6:
        peer["podSelector"] = _selector(dice, KEYS, VALUES)
    if not peer or dice.random() < 0.5:
        peer["namespaceSelector"] = _selector(dice, ("team", "env"), ("r", "g", "b", "e"))
    return peer


def _port(dice: random.Random) -> dict[str, Any]:
    port: dict[str, Any] = {"protocol": dice.choice(("TCP", "UDP"))}
    match dice.randint(0, 3):
        case 0:
            port["port"] = dice.choice(PORTS)
        case 1:
            port |= {"port": 79, "endPort": dice.choice((80, 9000))}
        case 2:
            port["port"] = dice.choice(NAMES)
    return port


def _selector(
    dice: random.Random, keys: tuple[str, ...], values: tuple[str, ...]
) -> dict[str, Any]:
    match dice.randint(0, 3):
        case 0:
            return {}
        case 1:
            operator = dice.choice(("In", "NotIn", "Exists", "DoesNotExist"))
            expression: dict[str, Any] = {"key": dice.choice(keys), "operator": operator}
            if operator.endswith("In"):
                expression["values"] = dice.sample(values, 2)
            return {"matchExpressions": [expression]}
        case _:
            return {"matchLabels": {dice.choice(keys): dice.choice(values)}}
