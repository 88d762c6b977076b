"""Cilium's selectors, said in Kubernetes' words: by namespace, its labels, and the pod's.

Source: Cilium's documentation (Using Kubernetes Constructs in Policy; Limiting Identity-Relevant
Labels).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from k8sharden.analysis.network.clauses import NAME, LabelSelector, Scope, Selector

_NAMESPACE = "io.kubernetes.pod.namespace"
_NAMESPACE_LABEL = "io.cilium.k8s.namespace.labels."

_SOURCE = re.compile(r"([a-z0-9-]+):(.*)")
_LEFT_OUT = re.compile(
    r"io\.|kubernetes\.io|statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index"
    r"|batch\.kubernetes\.io/job-completion-index|.*beta\.kubernetes\.io|k8s\.io|annotation"
    r"|pod-template-generation|pod-template-hash|controller-revision-hash|etcd_node"
)
"""Labels that make no identity unless Cilium is told so, and words of Cilium's own."""


class NotModelled(Exception):
    """A part of a policy that is not looked into; it says which."""


def scope_of(selector: LabelSelector, namespace: str, *, fixed: bool = False) -> Scope:
    """Return the pods that a selector means in a policy of a namespace, or of none.

    Unless it names namespaces it means its own; where that is ``fixed`` it always does. Raises
    NotModelled for labels that say something else than a pod's or a namespace's.
    """
    spaces: list[dict[str, Any]] = []
    pods: list[dict[str, Any]] = []
    for requirement in _requirements(selector):
        key = _plain(str(requirement.get("key", "")))
        if key == _NAMESPACE:
            spaces.append({**requirement, "key": NAME})
        elif key.startswith(_NAMESPACE_LABEL):
            spaces.append({**requirement, "key": key.removeprefix(_NAMESPACE_LABEL)})
        elif _LEFT_OUT.match(key):
            raise NotModelled(f"the label {key}")
        else:
            pods.append({**requirement, "key": key})
    own = namespace if fixed or not spaces else ""
    found: Selector | None = {"matchExpressions": spaces} if spaces and not own else None
    return Scope(own, found, {"matchExpressions": pods})


def _requirements(selector: LabelSelector) -> Iterator[Mapping[str, Any]]:
    for key, value in (selector.match_labels or {}).items():
        yield {"key": key, "operator": "In", "values": [value]}
    yield from selector.match_expressions or ()


def _plain(key: str) -> str:
    """Return a label without its source, where that is Kubernetes or any."""
    found = _SOURCE.fullmatch(key)
    if found is None:
        return key
    if found[1] not in ("k8s", "any"):
        raise NotModelled(f"the label {key}")
    return found[2]
