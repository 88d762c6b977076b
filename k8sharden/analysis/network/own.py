"""Own policies: those that k8sharden wrote, and nobody else has touched since.

Only such a one is ever taken away, or given more rules. On a cluster the API server keeps the name
of everybody who wrote fields of an object; in files nothing does, and there what it says tells.

Source: kubernetes.io, Server-Side Apply: field management.
"""

from typing import Any, cast

import msgspec

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.isolation import in_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import WHOLE, Inventory, SourceKind
from k8sharden.model.meta import FIELD_MANAGER

METADATA = ("169.254.169.254/32", "fd00:ec2::254/128")
"""Where clouds answer with a node's metadata."""
BUT_METADATA = "deny-cloud-metadata"
"""What the policies are called that let out everything but that; a unit's name may follow."""

_LET_OUT: dict[str, Any] = {
    "policyTypes": ["Egress"],
    "egress": [
        {
            "to": [
                {"ipBlock": {"cidr": "0.0.0.0/0", "except": [METADATA[0]]}},
                {"ipBlock": {"cidr": "::/0", "except": [METADATA[1]]}},
                # Some plug-ins do not count pods among addresses.
                {"namespaceSelector": {}},
            ]
        }
    ],
}


def let_out(selector: Any) -> dict[str, Any]:
    """Return the specification that lets some pods out to everything but the metadata."""
    return {"podSelector": dict(selector), **_LET_OUT}


def is_untouched(policy: n.NetworkPolicy | n.Loose, inventory: Inventory) -> bool:
    """Whether only k8sharden wrote an object, so that it is as it was made.

    What has labels, annotations or an owner is kept by somebody. In files nobody is named.
    """
    meta = policy.metadata
    if meta.labels or meta.annotations or meta.owner_references or meta.deletion_timestamp:
        return False
    unnamed = inventory.source.kind is SourceKind.MANIFESTS and not meta.managers
    return unnamed or meta.managers == {FIELD_MANAGER}


def openers(namespace: str, inventory: Inventory) -> tuple[n.NetworkPolicy, ...]:
    """Return our own policies of a namespace that let all but metadata out, as we wrote them."""
    found = in_namespace(kinds.NETWORK_POLICIES, n.NetworkPolicy, namespace, inventory)
    return tuple(each for each in found if _is_opener(each, inventory))


def _is_opener(policy: n.NetworkPolicy, inventory: Inventory) -> bool:
    wanted = convert(let_out({}), n.NetworkPolicySpec)
    same = msgspec.structs.replace(wanted, pod_selector=policy.spec.pod_selector) == policy.spec
    return same and policy.name.startswith(BUT_METADATA) and is_untouched(policy, inventory)


def without_openers(inventory: Inventory) -> Inventory:
    """Return the inventory without any of these, made once from it."""
    if "without-openers" not in inventory.cache:
        policies = inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy)
        kept = tuple(each for each in policies if not _is_opener(each, inventory))
        objects = {**inventory.objects, kinds.NETWORK_POLICIES.key: kept}
        # No policy says who calls whom.
        cache = {WHOLE: inventory.whole, "calls": calls_of(inventory)}
        bare = msgspec.structs.replace(inventory, objects=objects, cache=cache)
        inventory.cache["without-openers"] = bare
    return cast("Inventory", inventory.cache["without-openers"])
