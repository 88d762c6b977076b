"""What a change of roles or bindings takes from whom: effective rights before and after.

A subject's rights are those of every binding that names it, or a group that it surely is in.
Source: kubernetes.io, Using RBAC Authorization.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import msgspec

from k8sharden.analysis.rbac import effective_rules, service_account
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.impact import Impact, ImpactKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

Changed = Mapping[Ref, Mapping[str, Any] | None]
"""Roles and bindings as they will be; None where they will be gone."""

RBAC = (kinds.ROLES, kinds.CLUSTER_ROLES, kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)
_KINDS = {kind.kind: kind for kind in RBAC}
_SHOWN = 3


class Right(NamedTuple):
    """One verb on one resource; ``namespace`` is empty for all, ``path`` is set for a URL."""

    namespace: str
    verb: str
    group: str = ""
    resource: str = ""
    name: str = ""
    path: str = ""

    @property
    def words(self) -> str:
        """``get secrets in shop``."""
        verb = "every verb on" if self.verb == "*" else self.verb
        if self.path:
            return f"{verb} {'every URL' if self.path == '*' else self.path}"
        what = f"{self.resource}.{self.group}" if self.group not in ("", "*") else self.resource
        what = "every resource" if self.resource == "*" else what
        what += f" {self.name}" if self.name else ""
        return f"{verb} {what} {f'in {self.namespace}' if self.namespace else 'everywhere'}"

    def covers(self, other: "Right") -> bool:
        """Whether who holds this right holds the other one too."""
        if self.path or other.path:
            return _any(self.verb, other.verb) and _url(self.path, other.path)
        return (
            self.namespace in ("", other.namespace)
            and _any(self.verb, other.verb)
            and _any(self.group, other.group)
            and _resource(self.resource, other.resource)
            and self.name in ("", other.name)
        )


def _any(mine: str, other: str) -> bool:
    return mine in ("*", other)


def _resource(mine: str, other: str) -> bool:
    return _any(mine, other) or (mine.startswith("*/") and other.endswith(mine[1:]))


def _url(mine: str, other: str) -> bool:
    if not mine or not other:
        return False
    return _any(mine, other) or (mine.endswith("*") and other.startswith(mine[:-1]))


class _State(NamedTuple):
    """Roles and bindings by reference, as they are at one moment."""

    roles: Mapping[Ref, o.Role]
    bindings: Mapping[Ref, o.Binding]

    def rules(self, ref: Ref, binding: o.Binding) -> tuple[o.PolicyRule, ...]:
        """Return what a binding grants; nothing where its role is missing."""
        kind = kinds.ROLES if binding.role_ref.kind == "Role" else kinds.CLUSTER_ROLES
        role = self.roles.get(kind.ref(ref.namespace, binding.role_ref.name))
        if role is None or role.aggregation_rule is None:
            return tuple(role.rules or ()) if role else ()
        whole = [each for at, each in self.roles.items() if at.kind == kinds.CLUSTER_ROLES.kind]
        return effective_rules(role, whole)


def lost_access(
    changed: Changed, inventory: Inventory, earlier: Changed | None = None
) -> tuple[Impact, ...]:
    """Return what each subject loses by a change of roles and bindings; nothing for other changes.

    ``earlier`` holds what earlier changes of the plan made of roles and bindings.
    Where roles or bindings could not be read, what is left cannot be told, and that is said.
    """
    mine = {ref: value for ref, value in changed.items() if ref.kind in _KINDS}
    if not mine:
        return ()
    gaps = [kind.key for kind in RBAC if not inventory.entry(kind).complete]
    if gaps:
        said = f"Cannot tell who loses which rights: {', '.join(gaps)} could not all be read."
        return (Impact(ImpactKind.PERMISSIONS, None, said),)
    try:
        before = _replaced(_state(inventory), earlier or {})
        after = _replaced(before, mine)
    except msgspec.ValidationError:
        said = "Cannot tell who loses which rights: a role or binding of the change is odd."
        return (Impact(ImpactKind.PERMISSIONS, None, said),)
    told = (_told(subject, before, after) for subject in _affected(mine, before, after))
    return tuple(impact for impact in told if impact is not None)


def _state(inventory: Inventory) -> _State:
    roles = {
        kind.ref(role.namespace, role.name): role
        for kind in (kinds.ROLES, kinds.CLUSTER_ROLES)
        for role in inventory.of(kind, o.Role)
    }
    bindings = {
        kind.ref(binding.namespace, binding.name): binding
        for kind in (kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)
        for binding in inventory.of(kind, o.Binding)
    }
    return _State(roles, bindings)


def _replaced(state: _State, changed: Changed) -> _State:
    roles, bindings = dict(state.roles), dict(state.bindings)
    for ref, value in changed.items():
        roles.pop(ref, None)
        bindings.pop(ref, None)
        if value is None:
            continue
        if "Binding" in ref.kind:
            bindings[ref] = convert(value, o.Binding, strict=False)
        else:
            roles[ref] = convert(value, o.Role, strict=False)
    return _State(roles, bindings)


def _affected(changed: Changed, *states: _State) -> list[o.Subject]:
    """Return the subjects of every binding that changes, or whose role does, each once."""
    found: dict[str, o.Subject] = {}
    aggregated = any(ref.kind == kinds.CLUSTER_ROLES.kind for ref in changed)
    for state in states:
        for ref, binding in state.bindings.items():
            kind = kinds.ROLES if binding.role_ref.kind == "Role" else kinds.CLUSTER_ROLES
            role = kind.ref(ref.namespace, binding.role_ref.name)
            # A ClusterRole may be filled from one that changes, whatever its own name.
            touched = ref in changed or role in changed or (aggregated and role.namespace == "")
            if touched:
                found |= {_key(subject): subject for subject in binding.subjects or ()}
    return [found[key] for key in sorted(found)]


def _key(subject: o.Subject) -> str:
    account = service_account(subject)
    return f"ServiceAccount {account[0]}/{account[1]}" if account else subject.label


def _told(subject: o.Subject, before: _State, after: _State) -> Impact | None:
    """Say what one subject loses, and what it keeps; None where it loses nothing."""
    had, has = set(_rights(subject, before)), set(_rights(subject, after))
    lost = sorted(right for right in had if not any(each.covers(right) for each in has))
    if not lost:
        return None
    words = list(dict.fromkeys(right.words for right in lost))
    rest = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    shown = one_line(", ".join(words[:_SHOWN]), 300) + rest
    rights = "1 right" if len(lost) == 1 else f"{len(lost)} rights"
    left = f"{len(has)} {'is' if len(has) == 1 else 'are'} left" if has else "none is left"
    who = one_line(_key(subject), 200)
    return Impact(ImpactKind.PERMISSIONS, len(lost), f"{who} loses {rights}: {shown}; {left}.")


def _rights(subject: o.Subject, state: _State) -> Iterator[Right]:
    names = _names(subject)
    for ref, binding in state.bindings.items():
        if names & {_key(each) for each in binding.subjects or ()}:
            for rule in state.rules(ref, binding):
                yield from _single(rule, ref.namespace)


def _names(subject: o.Subject) -> frozenset[str]:
    """Return a subject and the groups that it is in by what it is; certificates may name more."""
    key = _key(subject)
    account = service_account(subject)
    groups: Iterable[str] = ()
    if account:
        home = f"system:serviceaccounts:{account[0]}"
        groups = ("system:serviceaccounts", home, "system:authenticated")
    elif subject.kind == "User" and subject.name != "system:anonymous":
        groups = ("system:authenticated",)
    return frozenset((key, *(f"Group {group}" for group in groups)))


def _single(rule: o.PolicyRule, namespace: str) -> Iterator[Right]:
    """Yield the rights of one rule; URLs count only where the binding is for the whole cluster."""
    for verb, group, resource, name in product(
        rule.verbs or (), rule.api_groups or (), rule.resources or (), rule.resource_names or ("",)
    ):
        yield Right(namespace, verb, group, resource, name)
    for verb, path in product(rule.verbs or (), rule.non_resource_urls or ()):
        if not namespace:
            yield Right("", verb, path=path)
