"""The roles and bindings of one moment, indexed by whom they are for.

A controller fills aggregated ClusterRoles from others. So does `aggregation`: in manifests it was
not done yet, and after a change it is about to be.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from k8sharden.analysis.rbac.aggregation import Book
from k8sharden.analysis.rbac.aggregation import Rules as Rules  # noqa: PLC0414 - one door
from k8sharden.analysis.rbac.built_in import built_in_roles
from k8sharden.analysis.rbac.index import Index, index_of
from k8sharden.analysis.rbac.subjects import Identity, ServiceAccount, service_account
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert, uncollected
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.kinds import ResourceType
from k8sharden.model.ref import Ref

Changed = Mapping[Ref, Mapping[str, Any] | None]
"""Roles and bindings as they will be; None where they will be gone."""

T = TypeVar("T", bound=o.Object)

RBAC = (kinds.ROLES, kinds.CLUSTER_ROLES, kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)
_API = kinds.ROLES.api_version
_ROLES = {kinds.ROLES.kind, kinds.CLUSTER_ROLES.kind}
_BINDINGS = {kinds.ROLE_BINDINGS.kind, kinds.CLUSTER_ROLE_BINDINGS.kind}


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
    grant, and ``index`` whom bindings name, where that was worked out before.
    """

    def __init__(
        self,
        roles: Mapping[Ref, o.Role],
        bindings: Mapping[Ref, o.Binding],
        *,
        read: bool = False,
        book: Book | None = None,
        index: Index | None = None,
    ) -> None:
        self.roles = roles
        self.bindings = bindings
        self._book = book or Book(roles, read=read)
        self._by_subject = index
        self._by_name: dict[str, list[ServiceAccount]] | None = None
        self._roles_by_name: dict[str, list[Ref]] | None = None
        self.known: dict[object, bool] = {}
        """What analyses worked out of it, which stays true: it is frozen."""

    def rules(self, role: Ref) -> Rules | None:
        """Return the rules that a role grants; None where it does not exist."""
        return self._book.rules.get(role)

    def grant(self, ref: Ref) -> Grant:
        """Return what a binding gives."""
        role = role_of(ref, self.bindings[ref])
        return Grant(ref, role, self.rules(role) or (), ref.namespace)

    def grants(self, who: Identity, namespace: str | None = None) -> Iterator[Grant]:
        """Yield what somebody is given, in one namespace or (None) anywhere, in a stable order."""
        found = set(self._index().of(who.principals(), namespace))
        yield from map(self.grant, sorted(found, key=lambda each: (each.namespace, each)))

    def names(self, name: str) -> bool:
        """Whether any binding names somebody, see `principal`."""
        return self._index().names(name)

    def named(self, name: str) -> Sequence[Ref]:
        """Return the roles of a name, in any namespace and in none."""
        if self._roles_by_name is None:
            self._roles_by_name = {}
            for ref in self.roles:
                self._roles_by_name.setdefault(ref.name, []).append(ref)
        return self._roles_by_name.get(name, ())

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

    def _index(self) -> Index:
        if self._by_subject is None:
            with uncollected():
                self._by_subject = index_of(self.bindings)
        return self._by_subject

    def changed(self, changes: Changed) -> "Policy":
        """Return the policy as these changes leave it; what is no role and no binding is skipped.

        Raises msgspec.ValidationError for one that is odd.
        """
        roles = {ref: value for ref, value in changes.items() if ref.kind in _ROLES}
        bindings = {ref: value for ref, value in changes.items() if ref.kind in _BINDINGS}
        made, book, bound, index = self.roles, self._book, self.bindings, self._by_subject
        if roles:
            made = _after(made, roles, o.Role)
            book = book.changed(made, roles)
        if bindings:
            bound = _after(bound, bindings, o.Binding)
            index = self._index().changed(self.bindings, bound, bindings)
        return Policy(made, bound, book=book, index=index)


def _after(known: Mapping[Ref, T], changes: Changed, struct: type[T]) -> dict[Ref, T]:
    kept = dict(known)
    for ref, value in changes.items():
        kept.pop(ref, None)
        if value is not None:
            kept[ref] = convert(value, struct, strict=False)
    return kept


def role_of(ref: Ref, binding: o.Binding) -> Ref:
    """Return the role that a binding grants.

    A ClusterRoleBinding of a Role looks for it in no namespace, and finds nothing.
    """
    kind, name = binding.role_ref.kind, binding.role_ref.name
    # Of any other kind there are no roles: the server refuses it, and a file may hold it.
    return Ref(_API, kind, ref.namespace if kind == "Role" else "", name)


def policy_of(inventory: Inventory) -> Policy:
    """Return the roles and bindings that were read.

    Manifests hold what people add to a cluster; what every cluster has of its own stands in.
    """
    if "rbac-policy" not in inventory.cache:
        with uncollected():
            inventory.cache["rbac-policy"] = _read(inventory)
    return cast("Policy", inventory.cache["rbac-policy"])


def _read(inventory: Inventory) -> Policy:
    read = inventory.source.kind is not SourceKind.MANIFESTS
    there = {} if read else built_in_roles()
    roles = {**there, **_by_ref(inventory, (kinds.ROLES, kinds.CLUSTER_ROLES), o.Role)}
    bound = (kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)
    return Policy(roles, _by_ref(inventory, bound, o.Binding), read=read)


def _by_ref(inventory: Inventory, types: Iterable[ResourceType], struct: type[T]) -> dict[Ref, T]:
    return {
        kind.ref(item.namespace, item.name): item
        for kind in types
        for item in inventory.of(kind, struct)
    }
