"""Starting points for least privilege: small Roles in place of the right to do everything.

What somebody really needs only the audit log can tell. Until it is asked these are guesses, and
each object says so in an annotation.
"""

from typing import Any

import msgspec

from k8sharden.analysis.rbac.subjects import ServiceAccount
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Create
from k8sharden.model.inventory import Inventory

ANNOTATION = "k8sharden/starting-point"

_RBAC = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]
_WRITE = [*_READ, "create", "update", "patch"]
_LONGEST = 240


def _rule(group: str, resources: str, verbs: list[str]) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs}


DEPLOYER = (
    _rule("apps", "deployments statefulsets daemonsets", _WRITE),
    _rule("batch", "cronjobs jobs", _WRITE),
    _rule("", "services configmaps", _WRITE),
    _rule("apps", "replicasets", _READ),
    _rule("", "pods pods/log events", _READ),
)
"""Rolls out applications: no Secrets, no RBAC, no exec, nothing deleted."""

READER = (
    _rule("", "configmaps endpoints events pods pods/log services", _READ),
    _rule("apps", "daemonsets deployments replicasets statefulsets", _READ),
    _rule("batch", "cronjobs jobs", _READ),
)
"""Looks at what runs in one namespace: no Secrets, nothing changed."""


class Grant(msgspec.Struct, frozen=True):
    """Rules that a service account is to have in some namespaces, under one name."""

    account: ServiceAccount
    name: str
    rules: tuple[dict[str, Any], ...]
    namespaces: tuple[str, ...]
    note: str


def creations(grant: Grant, inventory: Inventory) -> tuple[Create, ...]:
    """Return the Roles and RoleBindings to create, under a name that is free everywhere.

    A namespace where the service account was given such a role before gets none again.
    """
    todo = [space for space in grant.namespaces if not _granted(grant.account, space, inventory)]
    name = _free_name(grant.name[:_LONGEST], todo, inventory)
    return tuple(write for space in todo for write in _pair(grant, name, space))


def _granted(account: ServiceAccount, namespace: str, inventory: Inventory) -> bool:
    """Whether a binding of ours names the service account already."""
    return any(
        binding.namespace == namespace
        and ANNOTATION in binding.metadata.annotation
        and any((s.namespace, s.name) == account for s in binding.subjects or ())
        for binding in inventory.of(kinds.ROLE_BINDINGS, o.Binding)
    )


def _free_name(wanted: str, namespaces: list[str], inventory: Inventory) -> str:
    """Return a name that no Role and no RoleBinding of these namespaces has."""
    taken = {
        item.name
        for kind in (kinds.ROLES, kinds.ROLE_BINDINGS)
        for item in inventory.of(kind, o.Object)
        if item.namespace in namespaces
    }
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _pair(grant: Grant, name: str, namespace: str) -> tuple[Create, Create]:
    metadata = {"name": name, "namespace": namespace, "annotations": {ANNOTATION: grant.note}}
    home, account = grant.account
    role = {
        "apiVersion": kinds.ROLES.api_version,
        "kind": "Role",
        "metadata": metadata,
        "rules": list(grant.rules),
    }
    binding = {
        "apiVersion": kinds.ROLE_BINDINGS.api_version,
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "namespace": home, "name": account}],
    }
    return (
        Create(kinds.ROLES.ref(namespace, name), role),
        Create(kinds.ROLE_BINDINGS.ref(namespace, name), binding),
    )
