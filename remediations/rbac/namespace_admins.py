"""Moves whoever holds too much of a namespace to `admin`, or to small Roles.

This is what a RoleBinding to everything, or to `admin` for accounts that pods share, is answered
with where no audit log shows what is used.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from k8sharden.analysis.rbac.bindings import subjects_of, who
from k8sharden.analysis.rbac.policy import RBAC, Policy, policy_of, role_of
from k8sharden.analysis.rbac.purpose import Purpose, purpose
from k8sharden.analysis.rbac.starting import DEPLOYER, READER, Grant, creations
from k8sharden.analysis.rbac.subjects import (
    ACCOUNTS,
    ServiceAccount,
    is_account_group,
    service_account,
)
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.analysis.system import is_broad_group
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Create,
    Delete,
    NoChange,
    Patch,
    Risk,
    SetField,
    Write,
)
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

ADMIN = kinds.CLUSTER_ROLES.ref("", "admin")
"""The role that Kubernetes brings for whoever looks after a namespace."""


def is_too_much(ref: Ref, binding: o.Binding, policy: Policy) -> bool:
    """Whether a binding is answered here: the item rbac-ns-admin finds it."""
    return gives_everything(ref, binding, policy) or bool(shared_admins(ref, binding))


def gives_everything(ref: Ref, binding: o.Binding, policy: Policy) -> bool:
    """Whether a binding allows everything in one namespace."""
    return bool(ref.namespace) and is_unlimited(role_of(ref, binding), policy)


def shared_admins(ref: Ref, binding: o.Binding) -> list[o.Subject]:
    """Return the subjects that make pods without an account of their own a namespace's admin."""
    if not ref.namespace or role_of(ref, binding) != ADMIN:
        return []
    return [each for each in subjects_of(binding) if _is_shared(each, ref.namespace)]


def _is_shared(subject: o.Subject, home: str) -> bool:
    account = service_account(subject, home)
    if account:
        return account[1] == "default"
    # The group of all accounts of the cluster is everybody, and another item's.
    return subject.kind == "Group" and subject.name.startswith(f"{ACCOUNTS}:")


def give_less(ref: Ref, binding: o.Binding, inventory: Inventory) -> Change | NoChange:
    """Return what takes the place of such a binding, and its end."""
    shared = shared_admins(ref, binding)
    moved = shared or binding.subjects or ()
    broad = [each for each in moved if is_broad_group(each.name) or is_account_group(each.name)]
    if broad:
        return NoChange(
            f"{broad[0].label} is anybody: find out who needs something there, give them a role "
            "of their own, then take it out of the binding."
        )
    accounts = dict.fromkeys(filter(None, (service_account(each, ref.namespace) for each in moved)))
    rest = [each for each in binding.subjects or () if each not in shared]
    people = [each for each in rest if not service_account(each, ref.namespace)]
    writes = [] if shared or not people else [_to_admin(ref, people, inventory)]
    for account in accounts:
        writes += creations(_grant(account, ref, inventory), inventory)
    return Change(
        ChangeKind.GROUP,
        f"Give {who(moved)} less than {binding.role_ref.name} in {ref.namespace}",
        Risk.ACCESS,
        (*writes, _end(ref, rest if shared else [])),
        basis={"role": binding.role_ref.name},
        rests_on=kinds.listings((*RBAC, *kinds.WORKLOADS)),
        warnings=tuple(_warnings([] if shared else people, accounts)),
    )


def _end(ref: Ref, rest: list[o.Subject]) -> Write:
    """Delete a binding, or leave those in it who stay."""
    return Patch(ref, (SetField(("subjects",), _plain(rest)),)) if rest else Delete(ref)


def _plain(subjects: Iterable[o.Subject]) -> list[dict[str, Any]]:
    written = (msgspec.to_builtins(each) for each in subjects)
    return [{key: value for key, value in each.items() if value is not None} for each in written]


def _to_admin(ref: Ref, people: list[o.Subject], inventory: Inventory) -> Create:
    """Return a RoleBinding to `admin` under a name that is free."""
    stem, number = f"{ref.name[:200]}-admin", 1
    mine = kinds.ROLE_BINDINGS.ref(ref.namespace, stem)
    while mine in policy_of(inventory).bindings:
        number += 1
        mine = kinds.ROLE_BINDINGS.ref(ref.namespace, f"{stem}-{number}")
    manifest = {
        "apiVersion": kinds.ROLE_BINDINGS.api_version,
        "kind": kinds.ROLE_BINDINGS.kind,
        "metadata": {"name": mine.name, "namespace": ref.namespace},
        "roleRef": {"apiGroup": ADMIN.group, "kind": ADMIN.kind, "name": ADMIN.name},
        "subjects": _plain(people),
    }
    return Create(mine, manifest)


def _grant(account: ServiceAccount, ref: Ref, inventory: Inventory) -> Grant:
    """Return a small role for a service account: it rolls out, or it only reads."""
    deploys = purpose(account, ref.name, inventory) is Purpose.DEPLOYER
    return Grant(
        account,
        f"{account[1][:200]}-{'deployer' if deploys else 'reader'}",
        DEPLOYER if deploys else READER,
        (ref.namespace,),
        "A guess by k8sharden from names and images. Compare it with the audit log.",
    )


def _warnings(people: list[o.Subject], accounts: Iterable[ServiceAccount]) -> Iterator[str]:
    if people:
        yield (
            "Needs testing: ClusterRole admin leaves out quotas, limit ranges, the namespace's "
            "own labels, giving away more than one holds, and custom resources that nobody added "
            "to it."
        )
    for home, name in accounts:
        yield (
            f"Needs testing: the Role for {home}/{name} is a guess from names and images: "
            "compare it with the audit log."
        )
