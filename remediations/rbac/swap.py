"""What answers the items about dangerous rights: a binding gets a smaller role in place of its own.

A role that a binding refers to cannot be changed in place, so this is a group of writes: the new
role, a binding to it, and the old binding's end. Whatever items found of one binding, the answer is
the same one.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.bindings import who
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.instead import instead
from k8sharden.analysis.rbac.merged import merged
from k8sharden.analysis.rbac.narrowed import TooWide, requests_in, without
from k8sharden.analysis.rbac.policy import Rules, policy_of, role_of
from k8sharden.analysis.rbac.powers import given_by, minor_of
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, Create, Delete, NoChange, Risk
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from remediations.rbac.namespace_admins import give_less, is_too_much

_RBAC = "rbac.authorization.k8s.io"
_GONE = "The binding is gone or grants less by now: scan again."


def swap(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Return the smaller role and the old binding's end, or why there is no such change."""
    if finding.system:
        return NoChange("It belongs to the cluster's own parts: ask whoever installed them.")
    policy, ref = policy_of(inventory), finding.resource
    binding = policy.bindings.get(ref)
    if binding is None:
        return NoChange(_GONE)
    if inventory.facts.usage is None and is_too_much(ref, binding, policy):
        return give_less(ref, binding, inventory)
    rules = policy.rules(role_of(ref, binding))
    if rules is None:
        return NoChange(_GONE)
    try:
        left = _safer(ref, rules, inventory)
    except TooWide as error:
        return NoChange(
            f"Its role allows {error} as a whole, so nobody can tell what to leave: give an audit "
            "log with --audit-log, which shows what is used."
        )
    return _group(ref, binding, left)


def _safer(ref: Ref, rules: Rules, inventory: Inventory) -> Rules:
    """Return the rules without dangerous rights, and with what does in their stead."""
    policy, minor = policy_of(inventory), minor_of(inventory)
    left = without(rules, dangerous(ref, inventory))
    powers = [each for each in POWERS.values() if given_by(ref, each, policy, minor)]
    kept = [request for rule in left for request in requests_in(rule)]
    return merged([*kept, *(new for each in powers for new in instead(each, rules, minor))])


def dangerous(ref: Ref, inventory: Inventory) -> Iterable[Request]:
    """Yield the dangerous requests that a binding allows where it holds."""
    for power in POWERS.values():
        yield from given_by(ref, power, policy_of(inventory), minor_of(inventory))


def _group(ref: Ref, binding: o.Binding, rules: Rules) -> Change:
    name = f"{binding.name[:200]}-least"
    role_kind, kind = (
        (kinds.ROLES, kinds.ROLE_BINDINGS)
        if ref.namespace
        else (kinds.CLUSTER_ROLES, kinds.CLUSTER_ROLE_BINDINGS)
    )
    metadata = {"name": name} | ({"namespace": ref.namespace} if ref.namespace else {})
    role = {
        "apiVersion": role_kind.api_version,
        "kind": role_kind.kind,
        "metadata": metadata,
        "rules": [_plain(rule) for rule in rules],
    }
    bound = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": _RBAC, "kind": role_kind.kind, "name": name},
        "subjects": [_plain(subject) for subject in binding.subjects or ()],
    }
    return Change(
        ChangeKind.GROUP,
        f"Give {who(binding.subjects or ())} a smaller role than {binding.role_ref.name}",
        Risk.ACCESS,
        (
            Create(role_kind.ref(ref.namespace, name), role),
            Create(kind.ref(ref.namespace, name), bound),
            Delete(ref),
        ),
        warnings=("Needs testing: nobody can tell without an audit log what is really used.",),
    )


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    return {key: each for key, each in msgspec.to_builtins(value).items() if each is not None}
