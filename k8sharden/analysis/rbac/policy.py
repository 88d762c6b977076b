"""The roles and bindings of one moment, indexed by whom they are for.

A controller fills an aggregated ClusterRole from others, wholesale. So does this: in manifests it
was not done yet, and after a change it is about to be.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from k8sharden.analysis.rbac.subjects import Identity, key
from k8sharden.analysis.selectors import chooses
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import ResourceType
from k8sharden.model.ref import Ref

Changed = Mapping[Ref, Mapping[str, Any] | None]
"""Roles and bindings as they will be; None where they will be gone."""

Rules = tuple[o.PolicyRule, ...]

T = TypeVar("T", bound=o.Object)

RBAC = (kinds.ROLES, kinds.CLUSTER_ROLES, kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)
_KINDS = {kind.kind: kind for kind in RBAC}


class Grant(NamedTuple):
    """What one binding gives: the rules of its role, none where the role is missing.

    ``namespace`` is empty where they hold everywhere.
    """

    binding: Ref
    role: Ref
    rules: Rules
    namespace: str


class Policy:
    """Roles and bindings. Frozen: a change makes another one."""

    def __init__(self, roles: Mapping[Ref, o.Role], bindings: Mapping[Ref, o.Binding]) -> None:
        self.roles = roles
        self.bindings = bindings
        self._rules: dict[Ref, Rules] = {}
        self._by_subject: dict[str, list[Ref]] | None = None

    def rules(self, role: Ref) -> Rules | None:
        """Return the rules that a role grants; None where it does not exist."""
        found = self.roles.get(role)
        if found is None:
            return None
        if role not in self._rules:
            self._rules[role] = self._gathered(found, frozenset({role}))
        return self._rules[role]

    def _gathered(self, role: o.Role, above: frozenset[Ref]) -> Rules:
        """Return a role's rules with those that its aggregation takes in, each once."""
        selectors = role.aggregation_rule.cluster_role_selectors if role.aggregation_rule else None
        found = list(role.rules or ())
        if selectors:
            for ref, other in self.roles.items():
                label = other.metadata.label
                chosen = any(chooses(selector, label) for selector in selectors)
                if ref.kind == kinds.CLUSTER_ROLES.kind and chosen and ref not in above:
                    found += self._gathered(other, above | {ref})
        return tuple({msgspec.json.encode(rule): rule for rule in found}.values())

    def grant(self, ref: Ref) -> Grant:
        """Return what a binding gives."""
        role = role_of(ref, self.bindings[ref])
        return Grant(ref, role, self.rules(role) or (), ref.namespace)

    def grants(self, who: Identity, namespace: str | None = None) -> Iterator[Grant]:
        """Yield what somebody is given, in one namespace or (None) anywhere, in a stable order."""
        index = self._index()
        found = {ref for subject in who.subjects() for ref in index.get(subject, ())}
        for ref in sorted(found, key=lambda each: (each.namespace, each)):
            if namespace is None or ref.namespace in ("", namespace):
                yield self.grant(ref)

    def _index(self) -> Mapping[str, list[Ref]]:
        if self._by_subject is None:
            found: dict[str, list[Ref]] = {}
            for ref, binding in self.bindings.items():
                for subject in binding.subjects or ():
                    found.setdefault(key(subject, ref.namespace), []).append(ref)
            self._by_subject = found
        return self._by_subject

    def changed(self, changes: Changed) -> "Policy":
        """Return the policy as these changes leave it; what is no role and no binding is skipped.

        Raises msgspec.ValidationError for one that is odd.
        """
        roles, bindings = dict(self.roles), dict(self.bindings)
        for ref, value in changes.items():
            if ref.kind not in _KINDS:
                continue
            roles.pop(ref, None)
            bindings.pop(ref, None)
            if value is not None and "Binding" in ref.kind:
                bindings[ref] = convert(value, o.Binding, strict=False)
            elif value is not None:
                roles[ref] = convert(value, o.Role, strict=False)
        # What an aggregated role holds by itself is what it was filled with before.
        settled = {ref: _emptied(role) for ref, role in roles.items()}
        return Policy(settled, bindings)


def role_of(ref: Ref, binding: o.Binding) -> Ref:
    """Return the role that a binding grants."""
    if binding.role_ref.kind == kinds.ROLES.kind:
        return kinds.ROLES.ref(ref.namespace, binding.role_ref.name)
    return kinds.CLUSTER_ROLES.ref("", binding.role_ref.name)


def policy_of(inventory: Inventory) -> Policy:
    """Return the roles and bindings that were read."""
    if "rbac-policy" not in inventory.cache:
        roles = _by_ref(inventory, (kinds.ROLES, kinds.CLUSTER_ROLES), o.Role)
        bound = (kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)
        inventory.cache["rbac-policy"] = Policy(roles, _by_ref(inventory, bound, o.Binding))
    return cast("Policy", inventory.cache["rbac-policy"])


def _by_ref(inventory: Inventory, types: Iterable[ResourceType], struct: type[T]) -> dict[Ref, T]:
    return {
        kind.ref(item.namespace, item.name): item
        for kind in types
        for item in inventory.of(kind, struct)
    }


def _emptied(role: o.Role) -> o.Role:
    if role.aggregation_rule and role.aggregation_rule.cluster_role_selectors and role.rules:
        return o.Role(role.metadata, rules=None, aggregation_rule=role.aggregation_rule)
    return role
