"""What a service account is for, guessed from names and images: a deployer, a GitOps operator.

A guess only ever shapes a proposal or lowers a severity by one step; it never hides a finding.
"""

import re
from collections.abc import Iterable
from enum import Enum

from k8sharden.analysis.rbac.subjects import ServiceAccount
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers


def _words(words: str) -> re.Pattern[str]:
    """Whole words only, so that `ci` is not found in `social`."""
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(words.split())})(?![a-z0-9])")


_DEPLOYER = _words(
    "argo cd ci cicd circleci concourse deploy deployer drone github gitlab jenkins pipeline "
    "pipelines runner runners spinnaker tekton woodpecker"
)
_GITOPS = _words("argocd flux fluxcd kustomize-controller helm-controller helm-operator")


class Purpose(Enum):
    """What a service account seems to be for."""

    DEPLOYER = "deployer"
    GITOPS = "gitops"
    OTHER = "other"


def purpose(account: ServiceAccount, binding: str, inventory: Inventory) -> Purpose:
    """Guess what a service account is for.

    A GitOps operator must show in its name and in an image that runs under it: the name alone is
    free for anybody to choose.
    """
    under = workloads_under(account, inventory)
    images = [v.container.image for work in under for v in visit_containers(work.spec)]
    if _found(_GITOPS, account) and _found(_GITOPS, images):
        return Purpose.GITOPS
    names = (*account, binding, *(work.ref.name for work in under), *images)
    return Purpose.DEPLOYER if _found(_DEPLOYER, names) else Purpose.OTHER


def _found(words: re.Pattern[str], texts: Iterable[str]) -> bool:
    return any(words.search(text[:500].lower().replace("argo-cd", "argocd")) for text in texts)
