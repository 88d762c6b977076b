"""Whether a policy closes what another opens, told from two manifests."""

from typing import Any

import pytest

from k8sharden.analysis.network.closed import closes_on
from k8sharden.model import kinds

NATIVE, CILIUM = kinds.NETWORK_POLICIES, kinds.CILIUM_POLICIES


def policy(spec: dict[str, Any], kind: kinds.ResourceType = NATIVE) -> dict[str, Any]:
    """Return a policy's manifest."""
    return {"apiVersion": kind.api_version, "kind": kind.kind, "spec": spec}


def web(value: str = "web") -> dict[str, Any]:
    """Return a selector of one app."""
    return {"matchLabels": {"app": value}}


ALLOW = policy({"podSelector": web(), "policyTypes": ["Ingress"], "ingress": [{}]})


@pytest.mark.parametrize(
    ("spec", "kind", "closes"),
    [
        ({"podSelector": {}}, NATIVE, True),
        ({"podSelector": {}, "policyTypes": ["Egress"]}, NATIVE, False),
        ({"podSelector": web(), "policyTypes": ["Ingress"]}, NATIVE, True),
        ({"podSelector": web("cart"), "policyTypes": ["Ingress"]}, NATIVE, False),
        ({"podSelector": {"matchLabels": {"tier": "front"}}}, NATIVE, True),
        ({"endpointSelector": {}, "ingress": [{}]}, CILIUM, True),
        ({"endpointSelector": {}, "egress": [{}]}, CILIUM, False),
    ],
)
def test_selectors_and_directions_decide(
    spec: dict[str, Any], kind: kinds.ResourceType, *, closes: bool
) -> None:
    """It has to be about the same direction, and may choose the same pods."""
    assert closes_on(policy(spec, kind), ALLOW) is closes


def test_what_opens_nothing_and_what_is_no_policy_is_left_alone() -> None:
    """A deny under a deny opens nothing, and a Deployment isolates nobody."""
    deny = policy({"podSelector": {}, "policyTypes": ["Ingress"]})
    assert not closes_on(deny, deny)
    assert not closes_on(policy({"podSelector": {}}, kinds.DEPLOYMENTS), ALLOW)
