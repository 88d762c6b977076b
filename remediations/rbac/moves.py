"""Moves: what one subject of a binding gets in its place, or why it stays."""

import re

import msgspec

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.bindings import is_own
from k8sharden.analysis.rbac.from_use import ByNamespace
from k8sharden.analysis.rbac.policy import Grant, Policy, role_of
from k8sharden.analysis.rbac.powers import FOR_PEOPLE
from k8sharden.analysis.rbac.subjects import MASTERS, is_account_group, service_account
from k8sharden.analysis.rbac.unlimited import grants_everything, is_unlimited
from k8sharden.analysis.system import is_bootstrap_rbac, is_broad_group
from k8sharden.model import objects as o
from k8sharden.model.ref import Ref

MOST_NAMESPACES = 30
"""More namespaces than this nobody reviews roles for."""

BREAK_GLASS = "kubeadm:cluster-admins"
"""The group that kubeadm makes for emergencies."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")

EVERYTHING = (
    o.PolicyRule(["*"], ["*"], ["*"]),
    o.PolicyRule(["*"], non_resource_urls=["*"]),
)
"""The rules of `cluster-admin`, which is in no manifest."""


class Move(msgspec.Struct, frozen=True):
    """A subject that leaves the binding, and what it gets instead, if anything.

    ``kept`` is what it is sure to keep, most used first; ``role`` is bound where that is one that
    exists. ``name`` is the name that is wanted for what is made, empty for the usual one.
    """

    subject: o.Subject
    rules: ByNamespace = {}
    annotations: tuple[tuple[str, str], ...] = ()
    said: tuple[str, ...] = ()
    kept: tuple[Request, ...] = ()
    name: str = ""
    role: Ref | None = None


class Stay(msgspec.Struct, frozen=True):
    """A subject that stays in the binding, and why; without a word where nobody has to be told."""

    subject: o.Subject
    why: str = ""


def granted(ref: Ref, policy: Policy) -> Grant | None:
    """Return what a binding gives; None where it, or its role, is not there."""
    binding = policy.bindings.get(ref)
    if binding is None or not binding.subjects:
        return None
    role = role_of(ref, binding)
    rules = policy.rules(role)
    if rules is None and is_unlimited(role, policy):
        rules = EVERYTHING
    return None if rules is None else Grant(ref, role, rules, ref.namespace)


def allows_everything(grant: Grant) -> bool:
    """Whether a binding gives everything, in the cluster or in its namespace."""
    return grants_everything(grant.rules)


def stays(subject: o.Subject, grant: Grant, policy: Policy) -> Stay | None:
    """Return why a subject stays whatever is known of it; None where it may be moved."""
    home = grant.namespace
    if subject.kind == "Group" and subject.name == MASTERS:
        return Stay(subject)
    account = service_account(subject, home)
    if is_own(subject, home):
        return Stay(
            subject,
            f"{subject.label} belongs to the cluster's own parts: ask whoever installed it.",
        )
    if account and not all(map(_NAME.fullmatch, account)):
        return Stay(
            subject,
            f"{subject.label} is no valid name of a service account: correct the binding.",
        )
    if is_person(subject, grant) and _is_for_people(grant, policy):
        return Stay(subject)  # Kubernetes' own roles for people are what they are meant for.
    if subject.kind == "Group" and subject.name == BREAK_GLASS and allows_everything(grant):
        return Stay(subject, f"{subject.label} is the way in for emergencies: it stays.")
    return None


def _is_for_people(grant: Grant, policy: Policy) -> bool:
    role = policy.roles.get(grant.role)
    known = bool(grant.namespace) and grant.role.name in FOR_PEOPLE
    return known and role is not None and is_bootstrap_rbac(role.metadata)


def is_person(subject: o.Subject, grant: Grant) -> bool:
    """Whether a subject is somebody, or a group of some, and not any account or anybody."""
    broad = is_broad_group(subject.name) or is_account_group(subject.name)
    return service_account(subject, grant.namespace) is None and not broad


def stays_for_people(subject: o.Subject) -> Stay:
    """Return why nobody takes everything from a person without evidence."""
    return Stay(
        subject,
        f"{subject.label} is not moved, since it could be whoever applies this: find out who "
        "uses it, give them roles of their own, then take it out of the binding by hand.",
    )
