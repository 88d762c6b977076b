"""The rules of network policies."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.steps import (
    Case,
    refused,
)


def policy(name: str, **spec: Any) -> Case:
    """A NetworkPolicy with such a spec."""
    return refused("networkpolicies.networking.k8s.io", name, {"spec": {"podSelector": {}, **spec}})


CASES: tuple[Case, ...] = (
    policy("odd direction", policyTypes=["Foo"]),
    policy("three directions", policyTypes=["Ingress", "Egress", "Ingress"]),
    policy("odd label", podSelector={"matchLabels": {"A B": "c"}}),
    policy("odd label value", podSelector={"matchLabels": {"d": "e f"}}),
    policy("odd operator", podSelector={"matchExpressions": [{"key": "a", "operator": "X"}]}),
    policy("no values", podSelector={"matchExpressions": [{"key": "a", "operator": "In"}]}),
    policy("empty peer", ingress=[{"from": [{}]}]),
    policy("odd block", ingress=[{"from": [{"ipBlock": {"cidr": "x"}}]}]),
    policy("odd bits", egress=[{"to": [{"ipBlock": {"cidr": "1.2.3.4/8"}, "podSelector": {}}]}]),
    policy("odd port", ingress=[{"ports": [{"port": 0}]}]),
    policy("odd protocol", ingress=[{"ports": [{"protocol": "X", "port": 70000}]}]),
)
