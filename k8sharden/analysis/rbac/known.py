"""The words of RBAC that Kubernetes itself knows: its verbs, and the resources of its own groups.

Only such a group can be spelled out instead of ``*``: what a CustomResourceDefinition brings stands
in no table. Source: the discovery documents of kube-apiserver v1.36, and what the kubelet checks.
"""

from collections.abc import Iterator, Mapping

READS = ("get", "list", "watch")

VERBS = (*READS, "create", "update", "patch", "delete", "deletecollection")
"""The verbs of requests."""

_RBAC = "rbac.authorization.k8s.io"
_CERTIFICATES = "certificates.k8s.io"

_MORE_VERBS = {
    (_RBAC, "roles"): ("bind", "escalate"),
    (_RBAC, "clusterroles"): ("bind", "escalate"),
    (_CERTIFICATES, "signers"): ("approve", "attest", "sign"),
    ("", "groups"): ("impersonate",),
    ("", "serviceaccounts"): ("impersonate",),
    ("", "users"): ("impersonate",),
}
"""The verbs that no request has: the API server asks for them beside one."""


def _resources(words: str) -> tuple[str, ...]:
    """Return what stands in a text: ``pods/log,status`` is pods and two of its sub-resources."""
    return tuple(_spelled(words))


def _spelled(words: str) -> Iterator[str]:
    for word in words.split():
        name, _, subs = word.partition("/")
        yield name
        yield from (f"{name}/{sub}" for sub in subs.split(",") if sub)


RESOURCES: Mapping[str, tuple[str, ...]] = {
    "": _resources(
        "bindings componentstatuses configmaps endpoints events limitranges "
        "namespaces/finalize,status "
        "nodes/configz,healthz,log,metrics,pods,proxy,spec,stats,status "
        "persistentvolumeclaims/status persistentvolumes/status "
        "pods/attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status "
        "podtemplates replicationcontrollers/scale,status resourcequotas/status secrets "
        "serviceaccounts/token services/proxy,status groups users"
    ),
    "admissionregistration.k8s.io": _resources(
        "mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations "
        "validatingadmissionpolicies/status validatingadmissionpolicybindings "
        "validatingwebhookconfigurations"
    ),
    "apiextensions.k8s.io": _resources("customresourcedefinitions/status"),
    "apiregistration.k8s.io": _resources("apiservices/status"),
    "apps": _resources(
        "controllerrevisions daemonsets/status deployments/scale,status replicasets/scale,status "
        "statefulsets/scale,status"
    ),
    "autoscaling": _resources("horizontalpodautoscalers/status"),
    "batch": _resources("cronjobs/status jobs/status"),
    _CERTIFICATES: _resources(
        "certificatesigningrequests/approval,status clustertrustbundles "
        "podcertificaterequests/status signers"
    ),
    "coordination.k8s.io": _resources("leases leasecandidates"),
    "discovery.k8s.io": _resources("endpointslices"),
    "events.k8s.io": _resources("events"),
    "networking.k8s.io": _resources(
        "ingressclasses ingresses/status ipaddresses networkpolicies servicecidrs/status"
    ),
    "node.k8s.io": _resources("runtimeclasses"),
    "policy": _resources("poddisruptionbudgets/status"),
    "rbac.authorization.k8s.io": _resources("clusterrolebindings clusterroles rolebindings roles"),
    "scheduling.k8s.io": _resources("priorityclasses"),
    "storage.k8s.io": _resources(
        "csidrivers csinodes csistoragecapacities storageclasses volumeattachments/status "
        "volumeattributesclasses"
    ),
}
"""The resources of the groups that Kubernetes alone fills, with their sub-resources."""


def verbs_of(group: str, resource: str) -> tuple[str, ...] | None:
    """Return every verb that ``*`` stands for on a resource; None where no table knows."""
    if group not in RESOURCES or resource not in RESOURCES[group]:
        return None
    return (*VERBS, *_MORE_VERBS.get((group, resource), ()))


def resources_like(group: str, word: str) -> tuple[str, ...] | None:
    """Return what ``*`` or ``*/scale`` stands for in a group; None where no table knows."""
    if not word.startswith("*"):
        return (word,)
    if group not in RESOURCES:
        return None
    return tuple(each for each in RESOURCES[group] if word == "*" or each.endswith(word[1:]))


_MOVED = {
    "deployments": "apps",
    "daemonsets": "apps",
    "replicasets": "apps",
    "ingresses": "networking.k8s.io",
    "networkpolicies": "networking.k8s.io",
    "podsecuritypolicies": "policy",
}


def group_of(group: str, resource: str) -> str:
    """Return the group in which a resource is today: ``extensions`` was emptied with 1.22.

    Old versions of a group, such as autoscaling/v2beta1, share its rights: RBAC knows no versions.
    """
    if group != "extensions":
        return group
    return _MOVED.get(resource.partition("/")[0], group)
