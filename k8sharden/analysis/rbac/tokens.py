"""Tokens of service accounts in pods: who carries one, and who needs one without any right.

A pod's own field decides about the token in the usual place, and the service account's where the
pod says nothing. Projected tokens are volumes like others, and no field takes them away.

Source: kubernetes.io, Configure Service Accounts for Pods; the documentation of Vault Agent
Injector, Linkerd and Istio (how a pod asks for their sidecars).
"""

from collections.abc import Mapping
from typing import cast

from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.analysis.rbac.subjects import (
    Identity,
    ServiceAccount,
    identity_of,
    user_of,
)
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.meta import Meta
from k8sharden.model.pods import visit_containers
from k8sharden.model.workloads import MIRROR, Workload

DEFAULT = "default"
"""The service account of pods that name none."""

_FOLDER = "secrets/kubernetes.io/serviceaccount"
_INJECTED = {
    "vault.hashicorp.com/agent-inject": ("true",),
    "linkerd.io/inject": ("enabled", "ingress"),
    "sidecar.istio.io/inject": ("true",),
    "istio-injection": ("enabled",),
}


def accounts(inventory: Inventory) -> Mapping[ServiceAccount, o.ServiceAccount]:
    """Return the service accounts that were read."""
    if "service-accounts" not in inventory.cache:
        there = inventory.of(kinds.SERVICE_ACCOUNTS, o.ServiceAccount)
        inventory.cache["service-accounts"] = {(each.namespace, each.name): each for each in there}
    return cast("Mapping[ServiceAccount, o.ServiceAccount]", inventory.cache["service-accounts"])


def is_given_token(workload: Workload, inventory: Inventory) -> bool:
    """Whether a workload's pods find a token in the usual place; static pods have no account."""
    if MIRROR in workload.metadata.annotation:
        return False
    own = workload.spec.automount_service_account_token
    if own is not None:
        return own
    account = accounts(inventory).get(account_under(workload))
    return account is None or account.automount_service_account_token is not False


def has_projected_token(workload: Workload) -> bool:
    """Whether a workload's pods ask for a token by a volume of their own."""
    projected = (volume.sources.get("projected") or {} for volume in workload.spec.volumes)
    sources = (source for each in projected for source in each.get("sources") or ())
    return any(isinstance(each, dict) and each.get("serviceAccountToken") for each in sources)


def has_rights(account: ServiceAccount, inventory: Inventory) -> bool:
    """Whether a binding gives an account more than everybody gets.

    Manifests do not hold every role, so there the binding itself is enough, as it is for a role
    that is there and could not be understood.
    """
    files = inventory.source.kind is SourceKind.MANIFESTS
    who = Identity(user_of(account), identity_of(account).own)
    odd = {each.ref for each in inventory.odd}
    grants = policy_of(inventory).grants(who)
    return any(files or grant.rules or grant.role in odd for grant in grants)


def is_seen(account: ServiceAccount, inventory: Inventory) -> bool:
    """Whether an audit log shows a request by an account, allowed or not."""
    if "users-seen" not in inventory.cache:
        usage = inventory.facts.usage
        inventory.cache["users-seen"] = frozenset(use.user for use in usage.uses) if usage else ()
    return user_of(account) in inventory.cache["users-seen"]


def needs_token(workload: Workload, inventory: Inventory) -> bool:
    """Whether a workload is known to show its token to somebody else than the API server.

    A sidecar of Vault, Linkerd or Istio logs in with it; a command line may name its folder.
    """
    containers = (seen.container for seen in visit_containers(workload.spec))
    words = (word for each in containers for word in (*(each.command or ()), *(each.args or ())))
    return _is_injected(workload, inventory) or any(_FOLDER in word for word in words)


def _is_injected(workload: Workload, inventory: Inventory) -> bool:
    space = _namespaces(inventory).get(workload.namespace, Meta())
    marks: dict[str, str] = {}
    for meta in (space, workload.template_metadata):
        marks |= {**meta.label, **meta.annotation}
    # A revision chooses which of several Istios injects.
    return "istio.io/rev" in marks or any(
        marks.get(key) in wanted for key, wanted in _INJECTED.items()
    )


def _namespaces(inventory: Inventory) -> Mapping[str, Meta]:
    if "namespace-metadata" not in inventory.cache:
        found = {each.name: each.metadata for each in inventory.namespaces}
        inventory.cache["namespace-metadata"] = found
    return cast("Mapping[str, Meta]", inventory.cache["namespace-metadata"])
