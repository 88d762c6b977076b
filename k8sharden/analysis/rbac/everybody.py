"""What a new cluster lets everybody do, and what a binding gives everybody beyond that.

Roles are judged by their rules, not by their names: the API server puts missing rules back into
its own roles and leaves those that somebody added.

Source: kubernetes.io, Using RBAC Authorization (API discovery roles) and Managing Service Accounts
(issuer discovery); KEP-3257 (trust bundles); kubeadm's phase bootstrap-token (`cluster-info`).
"""

from collections.abc import Iterable
from itertools import product

from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.policy import policy_of, role_of
from k8sharden.analysis.rbac.powers import given_by, minor_of
from k8sharden.analysis.rbac.rights import Right, TooManyRights, rights_by, uncovered
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.ref import Ref

_SHOWN = 3


def _urls(paths: str) -> frozenset[Right]:
    return frozenset(Right("", "get", path=path) for path in paths.split())


# The keys that tokens are checked with are public; whoever federates binds them to anybody.
_ISSUER = _urls(
    "/.well-known/openid-configuration /.well-known/openid-configuration/ "
    "/openid/v1/jwks /openid/v1/jwks/"
)
PUBLIC = (
    _urls("/healthz /livez /readyz /version /version/")
    | _ISSUER
    | {Right("kube-public", "get", "", "configmaps", "cluster-info")}
)
"""What anybody may do without a name: `cluster-info` is how kubeadm lets nodes join."""

_REVIEWS = (
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
)
_BUNDLES = ("certificates.k8s.io", "clustertrustbundles")
BASIC = (
    PUBLIC
    | _urls("/api /api/* /apis /apis/* /openapi /openapi/*")
    | {Right("", "create", *review) for review in _REVIEWS}
    | {
        Right("", verb, *bundles)
        for verb, bundles in product(("get", "list", "watch"), (_BUNDLES,))
    }
)
"""What everybody with a name may do: see which APIs there are, and ask what they may do."""

_ROLES = frozenset(
    {
        "system:public-info-viewer",
        "system:service-account-issuer-discovery",
        "kubeadm:bootstrap-signer-clusterinfo",
        "system:discovery",
        "system:basic-user",
        "system:cluster-trust-bundle-discovery",
    }
)


def beyond(
    ref: Ref, binding: o.Binding, allowed: Iterable[Right], inventory: Inventory
) -> list[str] | None:
    """Return in words what a binding gives beyond these rights; None where it is nothing.

    The words are none where the role is not among the manifests, which do not hold everything.
    """
    policy = policy_of(inventory)
    if policy.rules(role_of(ref, binding)) is None:
        files = inventory.source.kind is SourceKind.MANIFESTS
        return [] if files and binding.role_ref.name not in _ROLES else None
    try:
        given = rights_by([policy.grant(ref)])
    except TooManyRights:
        return ["more than anybody could list"]
    return list(dict.fromkeys(right.words for right in uncovered(given, allowed))) or None


def shown(words: list[str]) -> str:
    """Write the first few rights and count the rest; ``something`` where none are known."""
    rest = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + rest if words else "do what it allows"


def is_dangerous(ref: Ref, inventory: Inventory) -> bool:
    """Whether a binding gives anything that an item reports as dangerous in anybody's hands."""
    policy, minor = policy_of(inventory), minor_of(inventory)
    return any(given_by(ref, power, policy, minor) for power in POWERS.values())
