"""Who holds too much of a namespace: everything in it, or `admin` by an account that pods share."""

from k8sharden.analysis.rbac.bindings import subjects_of
from k8sharden.analysis.rbac.policy import Policy, role_of
from k8sharden.analysis.rbac.subjects import ACCOUNTS, service_account
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.ref import Ref

ADMIN = kinds.CLUSTER_ROLES.ref("", "admin")
"""The role that Kubernetes brings for whoever looks after a namespace."""


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
