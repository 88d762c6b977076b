"""The roles and bindings of one moment, indexed by whom they are for.

A controller fills aggregated ClusterRoles from others. So does `aggregation`: in manifests it was
not done yet, and after a change it is about to be.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from k8sharden.analysis.rbac.aggregation import Book
from k8sharden.analysis.rbac.aggregation import Rules as Rules  # noqa: PLC0414 - one door
from k8sharden.analysis.rbac.built_in import built_in_roles
from k8sharden.analysis.rbac.subjects import Identity, ServiceAccount, principal, service_account
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.kinds import ResourceType
from k8sharden.model.ref import Ref

Changed = Mapping[Ref, Mapping[str, Any] | None]
"""Roles and bindings as they will be; None where they will be gone."""

T = TypeVar("T", bound=o.Object)

RBAC = (kinds.ROLES, kinds.CLUSTER_ROLES, kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)
_KINDS = {kind.kind for kind in RBAC}
_ROLES = {kinds.ROLES.kind, kinds.CLUSTER_ROLES.kind}

_Index = dict[str, dict[str, list[Ref]]]
"""The bindings of each principal, by namespace."""


class Grant(NamedTuple):
    """What one binding gives: the rules of its role, none where the role is missing.

    ``namespace`` is empty where they hold everywhere.
    """

    binding: Ref
    role: Ref
    rules: Rules
    namespace: str


class Policy:
    """Roles and bindings. Frozen: a change makes another one.

    ``read`` is set where the roles were read from a cluster: what an aggregated ClusterRole holds
    there counts, also where the roles that it came from are not known. ``book`` is what the roles
    grant, where that was worked out before.
    """

    def __init__(
        self,
        roles: Mapping[Ref, o.Role],
        bindings: Mapping[Ref, o.Binding],
        *,
        read: bool = False,
        book: Book | None = None,
    ) -> None:
        self.roles = roles
        self.bindings = bindings
        self._book = book or Book(roles, read=read)
        self._by_subject: _Index | None = None
        self._by_name: dict[str, list[ServiceAccount]] | None = None

    def rules(self, role: Ref) -> Rules | None:
        """Return the rules that a role grants; None where it does not exist."""
        return self._book.rules.get(role)

    def grant(self, ref: Ref) -> Grant:
        """Return what a binding gives."""
        role = role_of(ref, self.bindings[ref])
        return Grant(ref, role, self.rules(role) or (), ref.namespace)

    def grants(self, who: Identity, namespace: str | None = None) -> Iterator[Grant]:
        """Yield what somebody is given, in one namespace or (None) anywhere, in a stable order."""
        index = self._index()
        held = [index[name] for name in who.principals() if name in index]
        spaces = (each if namespace is None else {"", namespace} & each.keys() for each in held)
        pairs = zip(held, spaces, strict=True)
        found = {ref for bound, some in pairs for space in some for ref in bound[space]}
        yield from map(self.grant, sorted(found, key=lambda each: (each.namespace, each)))

    def names(self, name: str) -> bool:
        """Whether any binding names somebody, see `principal`."""
        return name in self._index()

    def accounts(self, name: str) -> Sequence[ServiceAccount]:
        """Return the service accounts of a name, in any namespace, that a binding names."""
        if self._by_name is None:
            found = {
                service_account(each, ref.namespace)
                for ref, binding in self.bindings.items()
                for each in binding.subjects or ()
            }
            self._by_name = {}
            for account in sorted(filter(None, found)):
                self._by_name.setdefault(account[1], []).append(account)
        return self._by_name.get(name, ())

    def _index(self) -> "_Index":
        if self._by_subject is None:
            found: _Index = {}
            for ref, binding in self.bindings.items():
                for subject in binding.subjects or ():
                    spaces = found.setdefault(principal(subject, ref.namespace), {})
                    spaces.setdefault(ref.namespace, []).append(ref)
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
        about_roles = any(ref.kind in _ROLES for ref in changes)
        book = self._book.changed(roles, changes) if about_roles else self._book
        return Policy(roles, bindings, book=book)


def role_of(ref: Ref, binding: o.Binding) -> Ref:
    """Return the role that a binding grants.

    A ClusterRoleBinding of a Role looks for it in no namespace, and finds nothing.
    """
    kind, name = binding.role_ref.kind, binding.role_ref.name
    # Of any other kind there are no roles: the server refuses it, and a file may hold it.
    return Ref(kinds.ROLES.api_version, kind, ref.namespace if kind == "Role" else "", name)


def policy_of(inventory: Inventory) -> Policy:
    """Return the roles and bindings that were read.

    Manifests hold what people add to a cluster; what every cluster has of its own stands in.
    """
    if "rbac-policy" not in inventory.cache:
        read = inventory.source.kind is not SourceKind.MANIFESTS
        there = {} if read else built_in_roles()
        roles = {**there, **_by_ref(inventory, (kinds.ROLES, kinds.CLUSTER_ROLES), o.Role)}
        bound = (kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)
        bindings = _by_ref(inventory, bound, o.Binding)
        inventory.cache["rbac-policy"] = Policy(roles, bindings, read=read)
    return cast("Policy", inventory.cache["rbac-policy"])


def _by_ref(inventory: Inventory, types: Iterable[ResourceType], struct: type[T]) -> dict[Ref, T]:
    return {
        kind.ref(item.namespace, item.name): item
        for kind in types
        for item in inventory.of(kind, struct)
    }
