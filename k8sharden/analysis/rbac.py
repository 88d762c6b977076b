"""Effective permissions: what a role grants, to whom, and which workloads hold it.

Source: kubernetes.io, Using RBAC Authorization; aggregated roles hold the rules of every
ClusterRole that their selectors choose.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from k8sharden.analysis.selectors import chooses
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.workloads import Workload, workloads

ServiceAccount = tuple[str, str]
"""A service account: its namespace and its name."""

CLUSTER_ADMIN = "cluster-admin"
MASTERS = "system:masters"

_EVERY_VERB = frozenset({"get", "list", "watch", "create", "update", "patch", "delete"})
_USER_PREFIX = "system:serviceaccount:"


def cluster_roles(inventory: Inventory) -> Mapping[str, o.Role]:
    """Return the ClusterRoles by name."""
    return {role.name: role for role in inventory.of(kinds.CLUSTER_ROLES, o.Role)}


def effective_rules(role: o.Role, roles: Iterable[o.Role]) -> tuple[o.PolicyRule, ...]:
    """Return a ClusterRole's rules, with those that its aggregation takes in.

    A controller writes the aggregated rules into the live object; in a manifest they are not there
    yet.
    """
    own = tuple(role.rules or ())
    selectors = role.aggregation_rule.cluster_role_selectors if role.aggregation_rule else None
    if not selectors:
        return own
    taken = (
        rule
        for other in roles
        if any(chooses(selector, other.metadata.label) for selector in selectors)
        for rule in other.rules or ()
    )
    return (*own, *taken)


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


def service_account(subject: o.Subject) -> ServiceAccount | None:
    """Return the service account that a subject is, also where it is written as a user."""
    if subject.kind == "ServiceAccount":
        return subject.namespace or "", subject.name
    if subject.kind == "User" and subject.name.startswith(_USER_PREFIX):
        namespace, _, name = subject.name.removeprefix(_USER_PREFIX).partition(":")
        return (namespace, name) if namespace and name else None
    return None


def is_account_group(name: str) -> bool:
    """Whether a group holds service accounts: all of them, or those of one namespace."""
    return name == "system:serviceaccounts" or name.startswith("system:serviceaccounts:")


_Unlimited = Mapping[str, tuple[o.Binding, list[o.Subject]]]


def unlimited_bindings(inventory: Inventory) -> _Unlimited:
    """Return the ClusterRoleBindings that allow everything, by name, with whom they allow it.

    The group `system:masters` is left out: the API server lets it pass before it asks RBAC.
    """
    if "unlimited-bindings" not in inventory.cache:
        inventory.cache["unlimited-bindings"] = _unlimited(inventory)
    return cast("_Unlimited", inventory.cache["unlimited-bindings"])


def _unlimited(inventory: Inventory) -> _Unlimited:
    roles = cluster_roles(inventory)
    unlimited = {CLUSTER_ADMIN} | {
        name
        for name, role in roles.items()
        if grants_everything(effective_rules(role, roles.values()))
    }
    found: dict[str, tuple[o.Binding, list[o.Subject]]] = {}
    for binding in inventory.of(kinds.CLUSTER_ROLE_BINDINGS, o.Binding):
        subjects = [each for each in binding.subjects or () if not _is_masters(each)]
        if binding.role_ref.name in unlimited and subjects:
            found[binding.name] = (binding, subjects)
    return dict(sorted(found.items()))


def _is_masters(subject: o.Subject) -> bool:
    return subject.kind == "Group" and subject.name == MASTERS


def workloads_under(account: ServiceAccount, inventory: Inventory) -> tuple[Workload, ...]:
    """Return the workloads whose pods run under a service account."""
    if "by-account" not in inventory.cache:
        found: dict[ServiceAccount, list[Workload]] = {}
        for workload in workloads(inventory):
            name = workload.spec.service_account_name or "default"
            found.setdefault((workload.namespace, name), []).append(workload)
        inventory.cache["by-account"] = found
    by_account = cast("Mapping[ServiceAccount, list[Workload]]", inventory.cache["by-account"])
    return tuple(by_account.get(account, ()))
