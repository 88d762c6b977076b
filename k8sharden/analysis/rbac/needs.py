"""Who often needs a dangerous right, guessed from names and images.

It makes a note, and keeps a fix from breaking what it guesses about; never a verdict.
"""

import re
from collections.abc import Iterable, Mapping

from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.analysis.rbac.subjects import service_account
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.ref import Ref

_GITOPS = ("a GitOps operator", "argocd argo-cd flux fluxcd kustomize-controller helm-controller")
_DEPLOYER = (
    "a pipeline that deploys",
    "ci cicd circleci concourse deployer drone jenkins pipeline runner runners spinnaker tekton",
)
_OPERATOR = ("an operator", "operator")
_CERTIFICATES = ("a certificate manager", "cert-manager certmanager cainjector")
_EXTERNAL = (
    "an operator of external secrets",
    "external-secrets secrets-store vault vault-csi-provider vault-secrets-operator",
)
_STORAGE = (
    "a driver for storage",
    "csi csi-provisioner longhorn openebs portworx provisioner rook secrets-store trident",
)
_BACKUP = ("a backup", "velero backup")
_MESH = ("a service mesh", "consul istio istiod kuma linkerd")

_NEEDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "rbac-secrets-read": (
        ("an ingress controller", "ingress gateway traefik haproxy contour envoy kong nginx"),
        _CERTIFICATES,
        _EXTERNAL,
        ("the controller of sealed secrets", "sealed-secrets sealed-secrets-controller"),
        _STORAGE,
        _BACKUP,
        _GITOPS,
        _OPERATOR,
    ),
    "rbac-workload-write": (_GITOPS, _DEPLOYER, _OPERATOR),
    "rbac-nodes-proxy": (
        ("an agent of monitoring", "prometheus kubelet metrics-server datadog-agent newrelic"),
    ),
    "rbac-token-create": (_EXTERNAL, _CERTIFICATES),
    "rbac-csr": (
        (
            "an approver of kubelets' certificates",
            "cert-approver csr-approver kubelet-csr-approver",
        ),
    ),
    "rbac-admission-write": (
        ("an engine of admission", "gatekeeper kubewarden kyverno opa policy-controller ratify"),
        _CERTIFICATES,
        _MESH,
        _OPERATOR,
    ),
    "rbac-pv-create": (_STORAGE, _BACKUP),
    "rbac-ns-patch": (("a manager of tenants", "capsule hnc rancher"), _GITOPS, _MESH),
}


def usual(check: str, ref: Ref, subjects: Iterable[o.Subject], inventory: Inventory) -> str:
    """Return what a subject of a binding looks like that often needs what a check found, or ``""``.

    Only service accounts count: people can be asked.
    """
    accounts = filter(None, (service_account(each, ref.namespace) for each in subjects))
    texts = [text for account in accounts for text in (*account, *_under(account, inventory))]
    return next((what for what, words in _NEEDS.get(check, ()) if _found(words, texts)), "")


def needed(check: str, ref: Ref, inventory: Inventory) -> str:
    """Return what a binding looks like to be for that a guess takes no power from, or ``""``.

    An audit log knows better, and where something smaller does, nobody needs the power.
    """
    usage = inventory.facts.usage
    if (usage and usage.uses) or check not in POWERS or POWERS[check].instead:
        return ""
    return usual(check, ref, policy_of(inventory).bindings[ref].subjects or (), inventory)


def _under(account: tuple[str, str], inventory: Inventory) -> Iterable[str]:
    """Yield the names and images of what runs under a service account."""
    for work in workloads_under(account, inventory):
        yield work.ref.name
        yield from (visit.container.image or "" for visit in visit_containers(work.spec))


def _found(words: str, texts: Iterable[str]) -> bool:
    wanted = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(words.split())})(?![a-z0-9])")
    return any(wanted.search(text[:500].lower()) for text in texts)
