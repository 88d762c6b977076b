"""Starting points for least privilege: small roles in place of wide ones, by what somebody is for.

What somebody really needs only the audit log can tell. Until it is asked these are guesses, and
each object says so in an annotation.
"""

from collections.abc import Iterable

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.from_use import ByNamespace, by_namespace
from k8sharden.analysis.rbac.known import READS
from k8sharden.analysis.rbac.purpose import Purpose

_WRITES = (*READS, "create", "update", "patch")
_WORKLOADS = "deployments statefulsets daemonsets"
_NETWORK = "networking.k8s.io"

_Asks = tuple[tuple[str, str, tuple[str, ...]], ...]
"""A group, resources with blanks between them, and verbs."""

_DEPLOYER: _Asks = (
    ("apps", _WORKLOADS, _WRITES),
    ("batch", "cronjobs jobs", _WRITES),
    ("", "services configmaps", _WRITES),
    ("apps", "replicasets", READS),
    ("", "pods pods/log events", READS),
)
_KEEPS = ("create", "update", "patch", "delete")
_GITOPS: _Asks = (
    ("apps", _WORKLOADS, _KEEPS),
    ("batch", "cronjobs jobs", _KEEPS),
    ("", "services configmaps serviceaccounts persistentvolumeclaims", _KEEPS),
    (_NETWORK, "ingresses networkpolicies", _KEEPS),
    ("autoscaling", "horizontalpodautoscalers", _KEEPS),
    ("policy", "poddisruptionbudgets", _KEEPS),
)
_GITOPS_READS: _Asks = (
    *((group, resources, READS) for group, resources, _ in _GITOPS),
    ("", "events namespaces pods pods/log", READS),
    ("apps", "replicasets", READS),
)
"""An agent compares what is there with its repositories, in every namespace at once."""
_READER: _Asks = (
    ("", "configmaps endpoints events pods pods/log services", READS),
    ("apps", "daemonsets deployments replicasets statefulsets", READS),
    ("batch", "cronjobs jobs", READS),
)
_SCRAPER: _Asks = (
    ("", "endpoints nodes pods services", READS),
    ("discovery.k8s.io", "endpointslices", READS),
    (_NETWORK, "ingresses", READS),
    ("", "nodes/metrics", ("get",)),
)
_INGRESS: _Asks = (
    ("", "endpoints namespaces nodes pods services", READS),
    ("discovery.k8s.io", "endpointslices", READS),
    (_NETWORK, "ingresses ingressclasses", READS),
    (_NETWORK, "ingresses/status", ("update", "patch")),
    ("", "events", ("create", "patch")),
)
_INGRESS_HOME: _Asks = (
    ("", "configmaps secrets", READS),
    ("coordination.k8s.io", "leases", ("get", "create", "update", "patch")),
)

_EVERYWHERE = {
    Purpose.GITOPS: _GITOPS_READS,
    Purpose.SCRAPER: _SCRAPER,
    Purpose.INGRESS: _INGRESS,
}
_PER_NAMESPACE = {Purpose.DEPLOYER: _DEPLOYER, Purpose.GITOPS: _GITOPS}

SAID = {
    Purpose.DEPLOYER: "roll out workloads, Services and ConfigMaps in {where}, without Secrets, "
    "RBAC or deleting",
    Purpose.GITOPS: "keep workloads, Services, ConfigMaps and Ingresses in {where}, and read "
    "them everywhere, without Secrets, RBAC, custom resources or making namespaces",
    Purpose.SCRAPER: "find what is to be scraped, and read the metrics of nodes and of the API "
    "server",
    Purpose.INGRESS: "follow Ingresses and Services everywhere, with Secrets and leases of its own "
    "namespace only",
    Purpose.OTHER: "read workloads of its own namespace and nothing else",
}
"""What a starting point allows, going on from somebody that it lets do so."""


def starting_point(purpose: Purpose, home: str, spaces: Iterable[str]) -> ByNamespace:
    """Return the rules for a purpose: in its home, in the namespaces of applications, everywhere.

    Secrets stand in none of them, except those beside an ingress controller.
    """
    asks: list[Request] = []
    for space in spaces if purpose in _PER_NAMESPACE else ():
        asks += _requests(_PER_NAMESPACE[purpose], space)
    asks += _requests(_EVERYWHERE.get(purpose, ()), "")
    if purpose is Purpose.SCRAPER:
        asks += [Request("get", path="/metrics")]
    if purpose is Purpose.INGRESS:
        asks += _requests(_INGRESS_HOME, home)
    if purpose is Purpose.OTHER:
        asks += _requests(_READER, home)
    return by_namespace(asks)


def _requests(asks: _Asks, space: str) -> list[Request]:
    return [
        Request(verb, group, resource, space)
        for group, resources, verbs in asks
        for resource in resources.split()
        for verb in verbs
    ]
