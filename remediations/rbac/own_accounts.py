"""Gives workloads that run under the account `default` accounts of their own.

New accounts and bindings come first, then the templates name them, and last, once the old pods have
gone, `default` leaves the old bindings: at every step pods have the rights they need.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from k8sharden.analysis.containers import named_workloads
from k8sharden.analysis.rbac.foretold import Expected
from k8sharden.analysis.rbac.parts import plain
from k8sharden.analysis.rbac.policy import RBAC, Policy, policy_of, role_of
from k8sharden.analysis.rbac.subjects import (
    ServiceAccount,
    identity_of,
    service_account,
)
from k8sharden.analysis.rbac.tokens import (
    DEFAULT,
    accounts,
    has_projected_token,
    is_given_token,
)
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.analysis.rbac.workloads import account_under, workloads_under
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Create,
    NoChange,
    Patch,
    Risk,
    SetField,
    Write,
)
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload
from remediations.rbac.leaving import foretold, given_by, without

_CLOUD = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)


class Family(msgspec.Struct, frozen=True):
    """Accounts called `default` and all bindings of theirs, which are answered as one."""

    accounts: frozenset[ServiceAccount]
    bindings: tuple[Ref, ...]


def family(ref: Ref, policy: Policy) -> Family:
    """Return the accounts that a binding names, what else binds those, and so on."""
    named = {each: defaults(each, binding) for each, binding in policy.bindings.items()}
    known = named[ref]
    while more := {a for found in named.values() if found & known for a in found} - known:
        known |= more
    return Family(known, tuple(sorted(each for each in named if named[each] & known)))


def defaults(ref: Ref, binding: o.Binding) -> frozenset[ServiceAccount]:
    """Return the accounts called `default` that a binding names."""
    found = (service_account(each, ref.namespace) for each in binding.subjects or ())
    return frozenset(each for each in found if each and each[1] == DEFAULT)


def carriers(of: Family, inventory: Inventory) -> list[Workload]:
    """Return the workloads that run under these accounts and carry a token to show for it."""
    under = (
        each for account in sorted(of.accounts) for each in workloads_under(account, inventory)
    )
    return [each for each in under if is_given_token(each, inventory) or has_projected_token(each)]


def moved(of: Family, works: Sequence[Workload], inventory: Inventory) -> Change | NoChange:
    """Return the group of writes that moves workloads to accounts of their own, or why not."""
    reason = next(_obstacles(of, works, inventory), "")
    if reason:
        return NoChange(reason)
    names = _names(works, inventory)
    writes = (
        *(_account(work, names[work.ref], inventory) for work in works),
        *_bindings(of, works, names, inventory),
        *(_template(work, names[work.ref], inventory) for work in works),
        *_leaving(of, inventory),
    )
    told = foretold(writes, _expected(of, works, names, inventory), inventory)
    return Change(
        ChangeKind.GROUP,
        f"Give {named_workloads(works)} service accounts of their own in place of default",
        Risk.ACCESS,
        writes,
        basis={work.ref.label: names[work.ref] for work in works},
        rests_on=kinds.listings((*kinds.WORKLOADS, *RBAC, kinds.SERVICE_ACCOUNTS)),
        warnings=(
            _rollout(sorted({space for space, _ in of.accounts})),
            *_managed(inventory),
            *told.said,
        ),
        reviews=told.reviews,
        shadowed=told.shadowed,
    )


def _obstacles(of: Family, works: Sequence[Workload], inventory: Inventory) -> Iterator[str]:
    policy = policy_of(inventory)
    for work in works:
        if work.unpatchable:
            yield f"{work.ref.label} runs under it, and needs another account first. " + (
                work.unpatchable
            )
    for ref in of.bindings:
        role = role_of(ref, policy.bindings[ref])
        if is_unlimited(role, policy):
            yield (
                f"{ref.label} allows {role.label}, which is everything, and a new account should "
                "not begin with that: narrow it first, as rbac-cluster-admin or rbac-ns-admin say."
            )
    for account in sorted(of.accounts):
        there = accounts(inventory).get(account)
        if there and any(key in there.metadata.annotation for key in _CLOUD):
            yield (
                f"ServiceAccount {account[0]}/{account[1]} stands for a role in the cloud, which "
                "trusts it by name: move its workloads by hand, and that trust with them."
            )


def _names(works: Sequence[Workload], inventory: Inventory) -> Mapping[Ref, str]:
    """Choose a name for each new account: the workload's, with its kind where that is taken."""
    taken = set(accounts(inventory))
    names = {}
    for work in works:
        name = work.ref.name
        if (work.namespace, name) in taken:
            name = f"{name}-{work.ref.kind.lower()}"
        taken.add((work.namespace, name))
        names[work.ref] = name
    return names


def _account(work: Workload, name: str, inventory: Inventory) -> Create:
    """Make an account that pulls images and gives tokens as the old one does."""
    old = accounts(inventory).get(account_under(work))
    manifest: dict[str, Any] = {
        "apiVersion": kinds.SERVICE_ACCOUNTS.api_version,
        "kind": kinds.SERVICE_ACCOUNTS.kind,
        "metadata": {"name": name, "namespace": work.namespace},
    }
    if old and old.automount_service_account_token is not None:
        manifest["automountServiceAccountToken"] = old.automount_service_account_token
    if old and old.image_pull_secrets:
        manifest["imagePullSecrets"] = old.image_pull_secrets
    return Create(kinds.SERVICE_ACCOUNTS.ref(work.namespace, name), manifest)


def _bindings(
    of: Family, works: Sequence[Workload], names: Mapping[Ref, str], inventory: Inventory
) -> Iterator[Create]:
    """Yield a twin of each old binding, for the new accounts."""
    for ref in of.bindings:
        binding = policy_of(inventory).bindings[ref]
        mine = [work for work in works if account_under(work) in defaults(ref, binding)]
        if mine:
            kind = kinds.type_of(ref)
            twin = kind.ref(ref.namespace, f"{ref.name[:200]}-own")
            where = {"namespace": ref.namespace} if ref.namespace else {}
            manifest = {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "metadata": {"name": twin.name, **where},
                "roleRef": plain(binding.role_ref),
                "subjects": [
                    {"kind": "ServiceAccount", "name": names[work.ref], "namespace": work.namespace}
                    for work in mine
                ],
            }
            yield Create(twin, manifest)


def _template(work: Workload, name: str, inventory: Inventory) -> Patch:
    """Name the account, on a server under the field's old name, too.

    The server fills either in from the other, so that an undo of one alone would undo nothing.
    """
    files = inventory.source.kind is SourceKind.MANIFESTS
    fields = ("serviceAccountName",) if files else ("serviceAccountName", "serviceAccount")
    return Patch(work.ref, tuple(SetField((*work.path, field), name) for field in fields))


def _expected(
    of: Family, works: Sequence[Workload], names: Mapping[Ref, str], inventory: Inventory
) -> Iterator[Expected]:
    """Yield what the new accounts have to hold, and the old ones no longer."""
    bindings = policy_of(inventory).bindings
    for account in sorted(of.accounts):
        mine = [ref for ref in of.bindings if account in defaults(ref, bindings[ref])]
        rights = tuple(right for ref in mine for right in given_by(ref, inventory))
        yield Expected(identity_of(account), (), rights)
        for work in works:
            if account_under(work) == account:
                new = (account[0], names[work.ref])
                yield Expected(identity_of(new), rights, ())


def _leaving(of: Family, inventory: Inventory) -> Iterator[Write]:
    for ref in of.bindings:
        binding = policy_of(inventory).bindings[ref]
        gone = [
            each
            for each in binding.subjects or ()
            if service_account(each, ref.namespace) in of.accounts
        ]
        yield without(ref, binding, gone)


def _rollout(spaces: Sequence[str]) -> str:
    return (
        f"Needs testing: pods of {', '.join(spaces)} that run under default lose these rights. "
        "Applied here, that waits until the new pods, which have them, have taken over; as a "
        "merged patch, or where nobody waits for rollouts, it does not. A Job that runs keeps its "
        "account to its end. What an audit log shows of default, the new accounts ask from then on."
    )


def _managed(inventory: Inventory) -> Iterator[str]:
    if inventory.control_plane.managed:
        yield (
            "Needs testing: what the cloud gave the account default by its name (EKS Pod "
            "Identity, a workload identity of GKE or AKS) does not follow to the new one."
        )
