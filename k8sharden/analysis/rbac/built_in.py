"""The ClusterRoles for people that every API server brings: cluster-admin, admin, edit, view.

Manifests name them and do not hold them. The rules are those of v1.36; a test holds them to a real
server's. ``admin``, ``edit`` and ``view`` are aggregated, so that roles beside them add to them.

Source: kubernetes.io, Using RBAC Authorization (user-facing roles).
"""

from collections.abc import Iterator, Mapping

from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.meta import Meta
from k8sharden.model.ref import Ref

_READ = "get list watch"
_WRITE = "create delete deletecollection patch update"
_ALL = f"{_READ} {_WRITE}"
_RBAC = "rbac.authorization.k8s.io"
_LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_STREAMS = "pods/attach pods/exec pods/portforward pods/proxy"
_WORKLOADS = (
    "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale "
    "statefulsets statefulsets/scale"
)
_EXTENSIONS = "daemonsets deployments deployments/scale replicasets replicasets/scale"

_Rule = tuple[str, str, str]
"""Verbs, API groups (``core`` is the one without a name) and resources."""

_ADMIN: tuple[_Rule, ...] = (
    ("create", "authorization.k8s.io", "localsubjectaccessreviews"),
    (_ALL, _RBAC, "rolebindings roles"),
)
_EDIT: tuple[_Rule, ...] = (
    (_READ, "core", f"{_STREAMS} secrets services/proxy"),
    ("impersonate", "core", "serviceaccounts"),
    (_WRITE, "core", f"pods {_STREAMS}"),
    ("create", "core", "pods/eviction"),
    (
        _WRITE,
        "core",
        (
            "configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale "
            "secrets serviceaccounts services services/proxy"
        ),
    ),
    ("create", "core", "serviceaccounts/token"),
    (_WRITE, "core events.k8s.io", "events"),
    (_WRITE, "apps", _WORKLOADS),
    (_WRITE, "autoscaling", "horizontalpodautoscalers"),
    (_WRITE, "batch", "cronjobs jobs"),
    (
        _WRITE,
        "extensions",
        (
            f"{_EXTENSIONS} deployments/rollback ingresses networkpolicies "
            "replicationcontrollers/scale"
        ),
    ),
    (_WRITE, "policy", "poddisruptionbudgets"),
    (_WRITE, "networking.k8s.io", "ingresses networkpolicies"),
    (_ALL, "coordination.k8s.io", "leases"),
    (_WRITE, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
)
_VIEW: tuple[_Rule, ...] = (
    (
        _READ,
        "core",
        (
            "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods "
            "replicationcontrollers replicationcontrollers/scale serviceaccounts services "
            "services/status"
        ),
    ),
    (
        _READ,
        "core",
        (
            "bindings limitranges namespaces/status pods/log pods/status "
            "replicationcontrollers/status resourcequotas resourcequotas/status"
        ),
    ),
    (_READ, "core", "namespaces"),
    (_READ, "core events.k8s.io", "events"),
    (_READ, "discovery.k8s.io", "endpointslices"),
    (
        _READ,
        "apps",
        (
            "controllerrevisions daemonsets daemonsets/status deployments deployments/scale "
            "deployments/status replicasets replicasets/scale replicasets/status statefulsets "
            "statefulsets/scale statefulsets/status"
        ),
    ),
    (_READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    (_READ, "batch", "cronjobs cronjobs/status jobs jobs/status"),
    (
        _READ,
        "extensions",
        (
            f"{_EXTENSIONS} daemonsets/status deployments/status ingresses ingresses/status "
            "networkpolicies replicasets/status replicationcontrollers/scale"
        ),
    ),
    (_READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
    (_READ, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
    (_READ, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
)
_EVERYTHING = (
    o.PolicyRule(["*"], ["*"], ["*"]),
    o.PolicyRule(["*"], non_resource_urls=["*"]),
)


def built_in_roles() -> Mapping[Ref, o.Role]:
    """Return the four roles, and those that three of them are filled from."""
    return {kinds.CLUSTER_ROLES.ref("", role.name): role for role in _roles()}


def _roles() -> Iterator[o.Role]:
    yield o.Role(Meta("cluster-admin", labels=_LABELS), rules=list(_EVERYTHING))
    # Each of the three is also a part of the one before it.
    for name, into, rules in (
        ("admin", "", _ADMIN),
        ("edit", "admin", _EDIT),
        ("view", "edit", _VIEW),
    ):
        label = f"{_RBAC}/aggregate-to-{name}"
        selectors: list[dict[str, object]] = [{"matchLabels": {label: "true"}}]
        above = {f"{_RBAC}/aggregate-to-{into}": "true"} if into else {}
        filling = o.AggregationRule(selectors)
        yield o.Role(Meta(name, labels=_LABELS | above), aggregation_rule=filling)
        part = Meta(f"system:aggregate-to-{name}", labels={**_LABELS, label: "true"})
        yield o.Role(part, rules=[_rule(each) for each in rules])


def _rule(words: _Rule) -> o.PolicyRule:
    verbs, groups, resources = (each.split() for each in words)
    return o.PolicyRule(verbs, ["" if group == "core" else group for group in groups], resources)
