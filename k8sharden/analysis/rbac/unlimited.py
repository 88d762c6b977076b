"""Roles that allow everything, as `cluster-admin` does, and who holds them in the whole cluster."""

from collections.abc import Iterable, Mapping
from typing import cast

from k8sharden.analysis.rbac.bindings import in_use, subjects_of
from k8sharden.analysis.rbac.policy import Policy, policy_of, role_of
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

CLUSTER_ADMIN = "cluster-admin"

_EVERY_VERB = frozenset({"get", "list", "watch", "create", "update", "patch", "delete"})


def grants_everything(rules: Iterable[o.PolicyRule]) -> bool:
    """Whether the rules allow everything on every resource, as `cluster-admin` does.

    All the common verbs on every resource are as much as ``*``: they include making a token of any
    service account.
    """
    verbs: set[str] = set()
    for rule in rules:
        if "*" in (rule.resources or ()) and "*" in (rule.api_groups or ()):
            verbs |= set() if rule.resource_names else set(rule.verbs or ())
    return "*" in verbs or verbs >= _EVERY_VERB


def is_unlimited(role: Ref, policy: Policy) -> bool:
    """Whether a role allows everything, wherever it is bound.

    In manifests `cluster-admin` is not there, and is what it always is.
    """
    if role == kinds.CLUSTER_ROLES.ref("", CLUSTER_ADMIN):
        return True
    return grants_everything(policy.rules(role) or ())


_Unlimited = Mapping[str, tuple[o.Binding, list[o.Subject]]]


def unlimited_bindings(inventory: Inventory) -> _Unlimited:
    """Return the ClusterRoleBindings that allow everything, by name, with whom they allow it.

    The group `system:masters` is left out: the API server lets it pass before it asks RBAC.
    """
    if "unlimited-bindings" not in inventory.cache:
        policy = policy_of(inventory)
        inventory.cache["unlimited-bindings"] = {
            ref.name: (binding, subjects_of(binding))
            for ref, binding in in_use(policy)
            if not ref.namespace and is_unlimited(role_of(ref, binding), policy)
        }
    return cast("_Unlimited", inventory.cache["unlimited-bindings"])
