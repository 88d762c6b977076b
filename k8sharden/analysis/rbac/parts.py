"""Parts of a swap: what some subjects get in the place of a binding, as objects to create."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.rbac.from_use import ByNamespace
from k8sharden.analysis.rbac.policy import RBAC
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Create
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import ResourceType
from k8sharden.model.ref import Ref

STARTING_POINT = "k8sharden/starting-point"
"""The annotation of a role that is a guess, which says from what."""

FROM_LOG = "k8sharden/from-audit-log"
"""The annotation of a role from use, which says what log showed it."""

SUFFIX = "-least"

_RBAC = "rbac.authorization.k8s.io"
_LONGEST = 253


class Part(msgspec.Struct, frozen=True):
    """Rules by namespace for some subjects, or a role that is there, under a name that is free.

    ``annotations`` say where the rules come from.
    """

    subjects: tuple[o.Subject, ...]
    name: str
    rules: ByNamespace
    annotations: Mapping[str, str] = {}
    role: Ref | None = None


def least_name(binding: str) -> str:
    """Return the name of what stands in a binding's place; the same for its successors."""
    stem = binding.rstrip("0123456789").removesuffix("-")
    return binding.removesuffix(SUFFIX) + SUFFIX if not stem.endswith(SUFFIX) else stem


def fitted(name: str) -> str:
    """Return a name that is short enough for a number behind it; what is cut off shows as a hash.

    A role's name may have 253 characters.
    """
    if len(name) <= _LONGEST - 4:
        return name
    return f"{name[: _LONGEST - 20]}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def creations(part: Part, inventory: Inventory, reserved: Iterable[str] = ()) -> tuple[Create, ...]:
    """Return the roles and bindings of a part, each pair in its namespace, under one name."""
    name = free_name(fitted(part.name), part.rules, inventory, reserved)
    return tuple(write for space in part.rules for write in _pair(part, name, space))


def free_name(
    wanted: str, spaces: Iterable[str], inventory: Inventory, reserved: Iterable[str] = ()
) -> str:
    """Return a name that no role and no binding of these namespaces has."""
    where = set(spaces)
    taken = {
        item.name
        for kind in RBAC
        for item in inventory.of(kind, o.Object)
        if item.namespace in where
    } | set(reserved)
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _pair(part: Part, name: str, space: str) -> Iterator[Create]:
    """Yield the role, where there is none yet, and the binding."""
    role_kind = kinds.ROLES if space else kinds.CLUSTER_ROLES
    bound_kind = kinds.ROLE_BINDINGS if space else kinds.CLUSTER_ROLE_BINDINGS
    role = part.role or role_kind.ref(space, name)
    if part.role is None:
        rules = [_written(rule) for rule in part.rules[space]]
        yield _made(role_kind, part, name, space, rules=rules)
    yield _made(
        bound_kind,
        part,
        name,
        space,
        roleRef={"apiGroup": _RBAC, "kind": role.kind, "name": role.name},
        subjects=[plain(subject) for subject in part.subjects],
    )


def _made(kind: ResourceType, part: Part, name: str, space: str, **content: Any) -> Create:
    metadata: dict[str, Any] = {"name": name}
    if space:
        metadata["namespace"] = space
    if part.annotations:
        metadata["annotations"] = dict(part.annotations)
    header = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
    return Create(kind.ref(space, name), header | content)


def _written(rule: o.PolicyRule) -> dict[str, Any]:
    """Return a rule with its fields in the order in which people write them."""
    known = plain(rule)
    return {key: known[key] for key in _FIELDS if key in known}


_FIELDS = ("apiGroups", "resources", "resourceNames", "nonResourceURLs", "verbs")


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """Return a rule or a subject as JSON, without what is not set."""
    return {key: each for key, each in msgspec.to_builtins(value).items() if each is not None}
