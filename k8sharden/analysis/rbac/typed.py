"""Requests as people type them: ``get deployments.apps/scale``, ``list po``, ``get /metrics``.

Source: kubectl's resource arguments (plural, singular, kind or short name, with the group behind a
dot), and the resources of Kubernetes' own groups.
"""

from collections.abc import Iterator, Mapping

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.known import RESOURCES, VERBS
from k8sharden.errors import InputError
from k8sharden.model.text import one_line

_SHORT: Mapping[str, str] = {
    "cm": "configmaps", "cs": "componentstatuses", "ep": "endpoints", "ev": "events",
    "limits": "limitranges", "ns": "namespaces", "no": "nodes", "pv": "persistentvolumes",
    "pvc": "persistentvolumeclaims", "po": "pods", "quota": "resourcequotas",
    "rc": "replicationcontrollers", "sa": "serviceaccounts", "svc": "services",
    "crd": "customresourcedefinitions", "crds": "customresourcedefinitions",
    "deploy": "deployments", "ds": "daemonsets", "rs": "replicasets", "sts": "statefulsets",
    "hpa": "horizontalpodautoscalers", "cj": "cronjobs", "csr": "certificatesigningrequests",
    "ing": "ingresses", "netpol": "networkpolicies", "pdb": "poddisruptionbudgets",
    "pc": "priorityclasses", "sc": "storageclasses",
}  # fmt: skip
"""The short names that kubectl knows, of Kubernetes' own resources."""

_BY_HAND = {"authentication.k8s.io": ("uids", "userextras"), "authorization.k8s.io": ()}
_OF_URLS = ("get", "head", "post", "put", "patch", "delete", "options")
_SPECIAL = ("bind", "escalate", "impersonate", "approve", "attest", "sign", "use", "*")


def request_of(verb: str, resource: str, namespace: str = "", name: str = "") -> Request:
    """Return the request that is meant. Raises `InputError` for a resource that nobody knows."""
    if resource.startswith("/"):
        if namespace or name:
            raise InputError("A URL is in no namespace and has no objects: leave these out.")
        return Request(verb, path=resource)
    word, _, subresource = resource.partition("/")
    plural, dot, group = word.partition(".")
    # kubectl takes a version in between, which RBAC does not know: deployments.v1.apps.
    version, more, rest = group.partition(".")
    versioned = more and version[:1] == "v" and version[1:2].isdecimal()
    if versioned and (rest in RESOURCES or "." in rest):
        group = rest
    if not dot:
        plural, group = _known(word)
    elif plural.lower() in _words() and _words()[plural.lower()][1] == group:
        plural = _words()[plural.lower()][0]
    whole = f"{plural}/{subresource}" if subresource else plural
    return Request(verb, group, whole, namespace, name)


def is_usual(request: Request) -> bool:
    """Whether a verb is one that Kubernetes itself asks for; others may be a slip."""
    if request.path:
        return request.verb in (*_OF_URLS, "*")
    return request.verb in (*VERBS, *_SPECIAL) or request.verb.startswith("impersonate")


def _known(word: str) -> tuple[str, str]:
    if word == "*":
        return "*", "*"
    found = _words().get(word.lower())
    if found is None:
        said = one_line(word, 100)
        raise InputError(
            f"{said!r} is no resource that Kubernetes brings: write another one with its group, as "
            f"in {said}.example.com."
        )
    return found


def _words() -> Mapping[str, tuple[str, str]]:
    """Return each word for a resource, with its plural and its group; the first group wins."""
    found: dict[str, tuple[str, str]] = {}
    for group, resources in (*RESOURCES.items(), *_BY_HAND.items()):
        for plural in resources:
            if "/" not in plural:
                for word in _forms(plural):
                    found.setdefault(word, (plural, group))
    found |= {short: found[plural] for short, plural in _SHORT.items()}
    return found


def _forms(plural: str) -> Iterator[str]:
    yield plural
    for ending, single in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if plural.endswith(ending):
            yield plural.removesuffix(ending) + single
            return
