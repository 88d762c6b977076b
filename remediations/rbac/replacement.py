"""Moves service accounts from a binding that allows everything to Roles that allow little."""

import re
from collections.abc import Iterator

import msgspec

from k8sharden.analysis.rbac.purpose import Purpose, purpose
from k8sharden.analysis.rbac.starting import DEPLOYER, READER, Grant, creations
from k8sharden.analysis.rbac.subjects import ServiceAccount, service_account
from k8sharden.analysis.rbac.unlimited import unlimited_bindings
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Delete,
    NoChange,
    Patch,
    Risk,
    SetField,
    Write,
)
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.workloads import workloads

MOST_NAMESPACES = 30
"""More namespaces than this nobody reviews Roles for."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


class Move(msgspec.Struct, frozen=True):
    """A service account that leaves the binding, and what it gets instead, if anything."""

    account: ServiceAccount
    grant: Grant | None
    warning: str


def replace(
    binding: o.Binding, subjects: list[o.Subject], inventory: Inventory
) -> Change | NoChange:
    """Return the Roles to create and the old binding's end, or why there is no such change."""
    answers = [_move(subject, binding, inventory) for subject in subjects]
    moves = [answer for answer in answers if isinstance(answer, Move)]
    kept = [answer.reason for answer in answers if isinstance(answer, NoChange)]
    if not moves:
        return NoChange(kept[0])
    gone = {move.account for move in moves}
    stay = [each for each in binding.subjects or () if service_account(each) not in gone]
    grants = [move.grant for move in moves if move.grant]
    spaces = sorted({space for grant in grants for space in grant.namespaces})
    created = [write for grant in grants for write in creations(grant, inventory)]
    who = ", ".join(f"{home}/{name}" for home, name in sorted(gone))
    return Change(
        ChangeKind.GROUP,
        f"Take {who} out of ClusterRoleBinding {binding.name}",
        Risk.ACCESS,
        (*created, _end(binding, stay)),
        basis={"role": binding.role_ref.name, "namespaces": spaces},
        rests_on=kinds.listings(
            (
                *kinds.WORKLOADS,
                kinds.CLUSTER_ROLES,
                kinds.CLUSTER_ROLE_BINDINGS,
                kinds.ROLE_BINDINGS,
                kinds.NAMESPACES,
            )
        ),
        warnings=(*(move.warning for move in moves), *_unread(spaces, inventory), *kept),
    )


def _end(binding: o.Binding, stay: list[o.Subject]) -> Write:
    """Delete the binding, or leave those in it that are not moved."""
    ref = kinds.CLUSTER_ROLE_BINDINGS.ref("", binding.name)
    if not stay:
        return Delete(ref)
    rest = [
        {key: value for key, value in msgspec.to_builtins(subject).items() if value is not None}
        for subject in stay
    ]
    return Patch(ref, (SetField(("subjects",), rest),))


def _move(subject: o.Subject, binding: o.Binding, inventory: Inventory) -> Move | NoChange:
    """Decide on one subject: what it gets instead, or why it stays."""
    account = service_account(subject)
    why_not = _why_not(subject, account, binding, inventory)
    if why_not or account is None:
        return NoChange(why_not)
    first = _bindings_of(account, inventory)[0]
    if first != binding.name:
        return Move(account, None, f"The Roles instead come with ClusterRoleBinding {first}.")
    if purpose(account, binding.name, inventory) is Purpose.DEPLOYER:
        return _deployer(account, binding, inventory)
    return _reader(account, inventory)


def _why_not(
    subject: o.Subject, account: ServiceAccount | None, binding: o.Binding, inventory: Inventory
) -> str:
    """Say why a subject is not moved; empty where it can be."""
    if account is None:
        return (
            f"{subject.label} is not moved, since it could be whoever applies this: find out who "
            "uses it, give them roles of their own, then take it out of the binding by hand."
        )
    if is_system_namespace(account[0]):
        return f"{subject.label} belongs to the cluster's own parts: ask whoever installed it."
    if not all(map(_NAME.fullmatch, account)):
        return f"{subject.label} is no valid name of a service account: correct the binding."
    if purpose(account, binding.name, inventory) is Purpose.GITOPS:
        return (
            f"{subject.label} looks like a GitOps operator, which applies whatever its "
            "repositories hold: narrow it to the namespaces and kinds that they use."
        )
    return ""


def _deployer(account: ServiceAccount, binding: o.Binding, inventory: Inventory) -> Move | NoChange:
    """Give a Role for rollouts in each namespace that runs applications."""
    spaces = _applications(account[0], inventory)
    if not 0 < len(spaces) <= MOST_NAMESPACES:
        seen = f"{len(spaces)} namespaces run" if spaces else "no other namespace runs"
        return NoChange(
            f"{account[0]}/{account[1]} seems to deploy applications, but {seen} any that it could "
            "be meant for: write Roles for those that it really deploys to, then delete "
            f"ClusterRoleBinding {binding.name}."
        )
    name = f"{account[0]}-deployer"
    if len(_deployers(account[0], inventory)) > 1:
        name = f"{account[0]}-{account[1]}-deployer"
    note = "A guess by k8sharden from names and images. Compare it with the audit log."
    return Move(
        account,
        Grant(account, name, DEPLOYER, spaces, note),
        f"Role {name} is a guess: it lets {account[0]}/{account[1]} roll out workloads, Services "
        f"and ConfigMaps in {', '.join(spaces)}, without Secrets, RBAC or deleting. Compare "
        "it with the audit log. Who may roll out workloads can still run them under any service "
        "account of that namespace.",
    )


def _reader(account: ServiceAccount, inventory: Inventory) -> Move:
    """Give a Role that reads the account's own namespace, or none where nothing runs under it."""
    label = f"{account[0]}/{account[1]}"
    live = inventory.source.kind is not SourceKind.MANIFESTS
    known = live and inventory.entry(kinds.PODS).covers(account[0])
    if known and not workloads_under(account, inventory):
        return Move(
            account,
            None,
            f"Nothing runs under {label}, so it gets no Role instead: make sure that nobody uses "
            "its token from outside.",
        )
    name = f"{account[1]}-reader"
    note = "A guess by k8sharden: reads its own namespace. Compare it with the audit log."
    return Move(
        account,
        Grant(account, name, READER, (account[0],), note),
        f"Role {name} is a guess: it lets {label} read workloads of its own namespace and nothing "
        "else. Compare it with the audit log before applying.",
    )


def _applications(home: str, inventory: Inventory) -> tuple[str, ...]:
    """Return the namespaces that run something, but the cluster's own and the deployer's."""
    ending = {space.name for space in inventory.namespaces if space.metadata.deletion_timestamp}
    used = {work.namespace for work in workloads(inventory)} - ending - {home, ""}
    return tuple(sorted(space for space in used if not is_system_namespace(space)))


def _bindings_of(account: ServiceAccount, inventory: Inventory) -> list[str]:
    """Return the bindings that allow this account everything, in order of name."""
    return [
        name
        for name, (_, subjects) in unlimited_bindings(inventory).items()
        if account in map(service_account, subjects)
    ]


def _deployers(home: str, inventory: Inventory) -> set[ServiceAccount]:
    """Return the deployers of a namespace that are to get Roles, which need names of their own."""
    return {
        account
        for name, (_, subjects) in unlimited_bindings(inventory).items()
        for account in map(service_account, subjects)
        if account and account[0] == home
        if purpose(account, name, inventory) is Purpose.DEPLOYER
    }


def _unread(spaces: list[str], inventory: Inventory) -> Iterator[str]:
    """Say what was not seen, and could be in the way."""
    for kind in (kinds.ROLES, kinds.ROLE_BINDINGS):
        dark = [space for space in spaces if not inventory.entry(kind).covers(space)]
        if dark:
            yield (
                f"{kind.kind}s of {', '.join(dark)} could not be read: one of the same name there "
                "would stop this before anything is written."
            )
    if not inventory.entry(kinds.NAMESPACES).complete and spaces:
        yield "Not all namespaces could be read: others may need such a Role too."
