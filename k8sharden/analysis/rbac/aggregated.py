"""What a ClusterRole adds by its labels to those that Kubernetes gives people.

Source: k8s.io/kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy, v1.36.
"""

from collections.abc import Mapping

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.named import Place, place_of
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.powers import given
from k8sharden.model import kinds
from k8sharden.model.ref import Ref

LABEL = "rbac.authorization.k8s.io/aggregate-to-"
"""A label that begins so adds a ClusterRole to the one that it ends with, if it says ``true``."""

REACHES: Mapping[str, tuple[str, ...]] = {
    "view": ("view", "edit", "admin"),
    "edit": ("edit", "admin"),
    "admin": ("admin",),
}
"""Each target with those that take it in."""

_OWN = ("rbac-secrets-read", "rbac-workload-write", "rbac-exec", "rbac-token-create")

Leaks = Mapping[str, tuple[Request, ...]]
"""The dangerous requests that a target gets, by its name."""


def leaks_of(role: Ref, policy: Policy, minor: int | None) -> Leaks:
    """Return what a ClusterRole's labels add to each target that is dangerous and new there.

    ``minor`` is the server's minor version, None where it is not known.
    """
    if role.kind != kinds.CLUSTER_ROLES.kind or role.name in REACHES:
        return {}
    label = policy.roles[role].metadata.label
    place = place_of(policy, minor, "")
    wanted = [target for target in REACHES if label.get(LABEL + target) == "true"]
    found = {target: added(target, role, place) for target in wanted}
    return {target: requests for target, requests in found.items() if requests}


def added(target: str, role: Ref, place: Place) -> tuple[Request, ...]:
    """Return the dangerous requests that a role allows, and a target does not by itself."""
    rules = place.policy.rules(role) or ()
    return tuple(
        request
        for check, power in POWERS.items()
        for request in given(power, rules, place)
        if target == "view" or not _is_own(check, request)
    )


def _is_own(check: str, request: Request) -> bool:
    """Whether `edit` and `admin` come with a request, or with one that is as good."""
    acts = request.verb.startswith("impersonate") and request.resource == "serviceaccounts"
    return acts or check in _OWN
