"""Random cases for the oracle: small clusters in which selectors, blocks and ports meet often."""

import random
from typing import Any

from tests.analysis.network.oracle import Asked, World

Json = dict[str, Any]

SPACES = {"red": {"team": "r", "env": "e"}, "blue": {"team": "b"}, "grey": {}}
NODES = {"n1": ["192.168.0.1"], "n2": ["192.168.0.2", "fd00::2"]}
CIDRS = (
    "0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.0/30", "192.168.0.0/24", "192.168.0.1/32",
    "203.0.113.0/24", "fd00::/64", "fd00::2/128",
)  # fmt: skip
EXCEPT = {
    "0.0.0.0/0": ["10.0.0.0/8", "192.168.0.0/24", "203.0.113.7/32"],
    "10.0.0.0/8": ["10.0.0.0/30"],
    "203.0.113.0/24": ["203.0.113.0/25", "203.0.113.128/25"],
    "fd00::/64": ["fd00::2/128"],
}
OUTSIDE = (["203.0.113.7"], ["203.0.113.200"], ["198.51.100.1", "2001:db8::1"], ["10.9.9.9"])
PROTOCOLS = ("TCP", "UDP", "SCTP")
PORTS = (53, 80, 443)
NAMES = ("web", "dns")


class Dice(random.Random):
    """A seeded generator of the parts of a case."""

    def maybe(self, share: float = 0.5) -> bool:
        """Return True for this share of times."""
        return self.random() < share

    def pod(self, number: int) -> Json:
        """Return a Pod with one or two addresses, at times on its node's network."""
        host = self.maybe(0.2)
        node = self.choice(list(NODES))
        own = [f"10.0.0.{number}"] if self.maybe(0.9) else []
        own += [f"fd00::1:{number}"] if not own or self.maybe(0.3) else []
        ports = [
            {"name": self.choice(NAMES), "containerPort": self.choice(PORTS)}
            | ({"protocol": self.choice(PROTOCOLS)} if self.maybe() else {})
            for _ in range(self.randint(0, 2))
        ]
        return {
            "metadata": {
                "name": f"pod-{number}",
                "namespace": self.choice(list(SPACES)),
                "labels": {key: self.choice("ab") for key in ("app", "tier") if self.maybe(0.7)},
            },
            "spec": {
                "nodeName": node,
                "hostNetwork": host,
                "containers": [{"name": "c", "ports": ports}],
            },
            "status": {"podIPs": [{"ip": each} for each in (NODES[node] if host else own)]},
        }

    def selector(self, keys: tuple[str, ...], values: str) -> Json:
        """Return a label selector: empty, by labels, by expressions, or by both."""
        found: Json = {}
        if self.maybe(0.4):
            found["matchLabels"] = {self.choice(keys): self.choice(values)}
        if self.maybe(0.4):
            operator = self.choice(("In", "NotIn", "Exists", "DoesNotExist"))
            term: Json = {"key": self.choice(keys), "operator": operator}
            if operator in ("In", "NotIn"):
                term["values"] = self.sample(values, self.randint(1, 2))
            found["matchExpressions"] = [term]
        return found

    def policy(self, number: int) -> Json:
        """Return a NetworkPolicy, most of them about few pods."""
        spec: Json = {}
        if self.maybe(0.9):
            spec["podSelector"] = self.selector(("app", "tier"), "ab")
        if self.maybe(0.6):
            spec["policyTypes"] = self.choice(([], ["Ingress"], ["Egress"], ["Egress", "Ingress"]))
        for way, peers in (("ingress", "from"), ("egress", "to")):
            if self.maybe(0.7):
                spec[way] = [self.rule(peers) for _ in range(self.randint(0, 2))]
        metadata = {"name": f"np-{number}", "namespace": self.choice(list(SPACES))}
        return {"metadata": metadata, "spec": spec}

    def rule(self, peers: str) -> Json:
        """Return a rule; an empty list and a missing one both occur."""
        rule: Json = {}
        if self.maybe(0.85):
            rule[peers] = [self.peer() for _ in range(self.choice((0, 1, 1, 2)))]
        if self.maybe(0.5):
            rule["ports"] = [self.port() for _ in range(self.choice((0, 1, 1, 2)))]
        return rule

    def peer(self) -> Json:
        """Return a peer of each kind that the API has."""
        if self.maybe(0.35):
            block: Json = {"cidr": self.choice(CIDRS)}
            out = EXCEPT.get(block["cidr"])
            if out and self.maybe():
                block["except"] = self.sample(out, self.randint(1, len(out)))
            return {"ipBlock": block}
        peer: Json = {}
        if self.maybe(0.6):
            keys = ("team", "env", "kubernetes.io/metadata.name")
            peer["namespaceSelector"] = self.selector(keys, "rbe")
        if not peer or self.maybe():
            peer["podSelector"] = self.selector(("app", "tier"), "ab")
        return peer

    def port(self) -> Json:
        """Return a port: by number, range or name, or all of a protocol."""
        port: Json = {"protocol": self.choice(PROTOCOLS[:2])} if self.maybe(0.6) else {}
        match self.randint(0, 3):
            case 0:
                port["port"] = self.choice(PORTS)
            case 1:
                port |= {"port": self.choice(PORTS[:2]), "endPort": self.choice((80, 100, 443))}
            case 2:
                port["port"] = self.choice(NAMES)
        return port

    def end(self, pods: list[Json]) -> Json:
        """Return a pod more often than a node or somebody outside."""
        if self.maybe(0.75):
            return self.choice(pods)
        if self.maybe(0.3):
            node = self.choice(list(NODES))
            return {"node": node, "addresses": NODES[node]}
        return {"addresses": self.choice(OUTSIDE)}


def case(seed: int) -> tuple[World, list[Asked]]:
    """Return a cluster and some connections in it; equal seeds give equal ones."""
    dice = Dice(seed)
    pods = [dice.pod(number) for number in range(1, 6)]
    policies = [dice.policy(number) for number in range(dice.randint(2, 9))]
    asked = [
        Asked(dice.end(pods), dice.end(pods), dice.choice(PORTS), dice.choice(PROTOCOLS[:2]))
        for _ in range(4)
    ]
    return World(SPACES, policies), asked
