"""What a service account is for, guessed from names and images: deploying, scraping, ingress.

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
_INGRESS = _words(
    "ambassador contour haproxy-ingress ingress ingress-nginx kong nginx-ingress "
    "nginx-ingress-controller traefik"
)
_SCRAPER = _words("grafana-agent metrics prometheus scraper victoria-metrics vmagent")
_GITOPS = _words("argocd flux fluxcd kustomize-controller helm-controller helm-operator")


class Purpose(Enum):
    """What a service account seems to be for."""

    DEPLOYER = "deployer"
    GITOPS = "gitops"
    SCRAPER = "scraper"
    INGRESS = "ingress"
    OTHER = "other"


def purpose(account: ServiceAccount, binding: str, inventory: Inventory) -> Purpose:
    """Guess what a service account is for.

    All but a deployer must show in the name and in an image that runs under it: the name alone is
    free for anybody to choose.
    """
    under = workloads_under(account, inventory)
    images = _images(account, inventory)
    if _found(_GITOPS, account) and _found(_GITOPS, images):
        return Purpose.GITOPS
    names = (*account, binding, *(work.ref.name for work in under), *images)
    return Purpose.DEPLOYER if _found(_DEPLOYER, names) else Purpose.OTHER


def fine_purpose(account: ServiceAccount, binding: str, inventory: Inventory) -> Purpose:
    """Guess what a service account is for as finely as a starting point needs it."""
    coarse = purpose(account, binding, inventory)
    if coarse is not Purpose.OTHER:
        return coarse
    images = _images(account, inventory)
    for words, found in ((_INGRESS, Purpose.INGRESS), (_SCRAPER, Purpose.SCRAPER)):
        if _found(words, account) and _found(words, images):
            return found
    return coarse


def _images(account: ServiceAccount, inventory: Inventory) -> list[str]:
    under = workloads_under(account, inventory)
    return [visit.container.image for work in under for visit in visit_containers(work.spec)]


def _found(words: re.Pattern[str], texts: Iterable[str]) -> bool:
    return any(words.search(text[:500].lower().replace("argo-cd", "argocd")) for text in texts)
