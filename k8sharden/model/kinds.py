"""The resource types of the API that k8sharden reads or writes.

Source: the Kubernetes API reference, v1.36.
"""

from collections.abc import Iterable
from urllib.parse import quote

import msgspec

from k8sharden.model.change import Listing
from k8sharden.model.ref import Ref


class ResourceType(msgspec.Struct, frozen=True):
    """A kind together with the words its URLs are made of."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def key(self) -> str:
        """``deployments.apps``, or ``pods`` in the core group: as kubectl and RBAC write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """``apps/v1``, or ``v1`` in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the URL path of the collection, or of one object where a name is given."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{quote(name, safe=':')}" if name else "")

    def ref(self, namespace: str, name: str) -> Ref:
        """Return the reference of an object of this type."""
        return Ref(self.api_version, self.kind, namespace if self.namespaced else "", name)


NAMESPACES = ResourceType("", "v1", "namespaces", "Namespace", namespaced=False)
NODES = ResourceType("", "v1", "nodes", "Node", namespaced=False)
PODS = ResourceType("", "v1", "pods", "Pod")
SERVICES = ResourceType("", "v1", "services", "Service")
SERVICE_ACCOUNTS = ResourceType("", "v1", "serviceaccounts", "ServiceAccount")
SECRETS = ResourceType("", "v1", "secrets", "Secret")
CONFIG_MAPS = ResourceType("", "v1", "configmaps", "ConfigMap")
LIMIT_RANGES = ResourceType("", "v1", "limitranges", "LimitRange")
REPLICATION_CONTROLLERS = ResourceType("", "v1", "replicationcontrollers", "ReplicationController")
DEPLOYMENTS = ResourceType("apps", "v1", "deployments", "Deployment")
DAEMON_SETS = ResourceType("apps", "v1", "daemonsets", "DaemonSet")
STATEFUL_SETS = ResourceType("apps", "v1", "statefulsets", "StatefulSet")
REPLICA_SETS = ResourceType("apps", "v1", "replicasets", "ReplicaSet")
JOBS = ResourceType("batch", "v1", "jobs", "Job")
CRON_JOBS = ResourceType("batch", "v1", "cronjobs", "CronJob")
NETWORK_POLICIES = ResourceType("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
INGRESSES = ResourceType("networking.k8s.io", "v1", "ingresses", "Ingress")
INGRESS_CLASSES = ResourceType(
    "networking.k8s.io", "v1", "ingressclasses", "IngressClass", namespaced=False
)
ENDPOINT_SLICES = ResourceType("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")
API_SERVICES = ResourceType(
    "apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced=False
)
_RBAC = "rbac.authorization.k8s.io"
ROLES = ResourceType(_RBAC, "v1", "roles", "Role")
CLUSTER_ROLES = ResourceType(_RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False)
ROLE_BINDINGS = ResourceType(_RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLE_BINDINGS = ResourceType(
    _RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)

_ADMISSION = "admissionregistration.k8s.io"
ADMISSION_POLICIES = ResourceType(
    _ADMISSION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", namespaced=False
)
ADMISSION_POLICY_BINDINGS = ResourceType(
    _ADMISSION,
    "v1",
    "validatingadmissionpolicybindings",
    "ValidatingAdmissionPolicyBinding",
    namespaced=False,
)
VALIDATING_WEBHOOKS = ResourceType(
    _ADMISSION,
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    namespaced=False,
)
MUTATING_WEBHOOKS = ResourceType(
    _ADMISSION,
    "v1",
    "mutatingwebhookconfigurations",
    "MutatingWebhookConfiguration",
    namespaced=False,
)

VULNERABILITY_REPORTS = ResourceType(
    "aquasecurity.github.io", "v1alpha1", "vulnerabilityreports", "VulnerabilityReport"
)
KYVERNO_CLUSTER_POLICIES = ResourceType(
    "kyverno.io", "v1", "clusterpolicies", "ClusterPolicy", namespaced=False
)
KYVERNO_POLICIES = ResourceType("kyverno.io", "v1", "policies", "Policy")
_KYVERNO = "policies.kyverno.io"
KYVERNO_VALIDATING_POLICIES = ResourceType(
    _KYVERNO, "v1", "validatingpolicies", "ValidatingPolicy", namespaced=False
)
KYVERNO_IMAGE_POLICIES = ResourceType(
    _KYVERNO, "v1", "imagevalidatingpolicies", "ImageValidatingPolicy", namespaced=False
)
CONSTRAINT_TEMPLATES = ResourceType(
    "templates.gatekeeper.sh", "v1", "constrainttemplates", "ConstraintTemplate", namespaced=False
)
_CONSTRAINTS = "constraints.gatekeeper.sh"
CONSTRAINTS = ResourceType(_CONSTRAINTS, "v1beta1", "*", "Constraint", namespaced=False)
"""Stands for all kinds of Gatekeeper constraints: each ConstraintTemplate makes one of its own."""

_CILIUM = "cilium.io"
CILIUM_POLICIES = ResourceType(_CILIUM, "v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy")
CILIUM_CLUSTERWIDE_POLICIES = ResourceType(
    _CILIUM,
    "v2",
    "ciliumclusterwidenetworkpolicies",
    "CiliumClusterwideNetworkPolicy",
    namespaced=False,
)
_TIERS = "policy.networking.k8s.io"
CLUSTER_NETWORK_POLICIES = ResourceType(
    _TIERS, "v1alpha2", "clusternetworkpolicies", "ClusterNetworkPolicy", namespaced=False
)
ADMIN_NETWORK_POLICIES = ResourceType(
    _TIERS, "v1alpha1", "adminnetworkpolicies", "AdminNetworkPolicy", namespaced=False
)
BASELINE_ADMIN_NETWORK_POLICIES = ResourceType(
    _TIERS,
    "v1alpha1",
    "baselineadminnetworkpolicies",
    "BaselineAdminNetworkPolicy",
    namespaced=False,
)
_CALICO = "crd.projectcalico.org"
CALICO_POLICIES = ResourceType(_CALICO, "v1", "networkpolicies", "NetworkPolicy")
CALICO_GLOBAL_POLICIES = ResourceType(
    _CALICO, "v1", "globalnetworkpolicies", "GlobalNetworkPolicy", namespaced=False
)
_GATEWAY = "gateway.networking.k8s.io"
GATEWAYS = ResourceType(_GATEWAY, "v1", "gateways", "Gateway")
HTTP_ROUTES = ResourceType(_GATEWAY, "v1", "httproutes", "HTTPRoute")
GRPC_ROUTES = ResourceType(_GATEWAY, "v1", "grpcroutes", "GRPCRoute")
_MONITORING = "monitoring.coreos.com"
PROMETHEUSES = ResourceType(_MONITORING, "v1", "prometheuses", "Prometheus")
SERVICE_MONITORS = ResourceType(_MONITORING, "v1", "servicemonitors", "ServiceMonitor")
POD_MONITORS = ResourceType(_MONITORING, "v1", "podmonitors", "PodMonitor")

BUILT_IN: tuple[ResourceType, ...] = (
    NAMESPACES, NODES, PODS, SERVICES, SERVICE_ACCOUNTS, SECRETS, CONFIG_MAPS, LIMIT_RANGES,
    REPLICATION_CONTROLLERS, DEPLOYMENTS, DAEMON_SETS, STATEFUL_SETS, REPLICA_SETS, JOBS,
    CRON_JOBS, NETWORK_POLICIES, INGRESSES, INGRESS_CLASSES, ENDPOINT_SLICES, API_SERVICES,
    ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS, ADMISSION_POLICIES,
    ADMISSION_POLICY_BINDINGS, VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS,
)  # fmt: skip
"""The types that every API server has."""

CUSTOM: tuple[ResourceType, ...] = (
    VULNERABILITY_REPORTS, KYVERNO_CLUSTER_POLICIES, KYVERNO_POLICIES,
    KYVERNO_VALIDATING_POLICIES, KYVERNO_IMAGE_POLICIES, CONSTRAINT_TEMPLATES, CONSTRAINTS,
    CILIUM_POLICIES, CILIUM_CLUSTERWIDE_POLICIES, CLUSTER_NETWORK_POLICIES,
    ADMIN_NETWORK_POLICIES, BASELINE_ADMIN_NETWORK_POLICIES, CALICO_POLICIES,
    CALICO_GLOBAL_POLICIES, GATEWAYS, HTTP_ROUTES, GRPC_ROUTES, PROMETHEUSES, SERVICE_MONITORS,
    POD_MONITORS,
)  # fmt: skip
"""The types that a CustomResourceDefinition brings, where the tool is installed."""

ALL: tuple[ResourceType, ...] = BUILT_IN + CUSTOM
"""Every type that is known by name: what can be written, and read from files."""

WORKLOADS: tuple[ResourceType, ...] = (
    DEPLOYMENTS, DAEMON_SETS, STATEFUL_SETS, REPLICA_SETS, REPLICATION_CONTROLLERS, JOBS,
    CRON_JOBS, PODS,
)  # fmt: skip
"""The types that hold a pod template, and Pods themselves."""

ROLLING: tuple[ResourceType, ...] = (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS)
"""The types whose controllers replace pods when their template changes."""

EVENTS = ResourceType("", "v1", "events", "Event")
"""Only read, of one object at a time, while its rollout is watched."""

SCANNED: tuple[ResourceType, ...] = ALL
"""The types a scan lists. Secrets come as metadata only, ConfigMaps as the hosts they name."""

BY_KIND = {(kind.api_version, kind.kind): kind for kind in ALL}
BY_KEY = {kind.key: kind for kind in ALL}


def listings(
    kinds: Iterable[ResourceType], namespace: str = "", *, age: int = 0
) -> tuple[Listing, ...]:
    """Return the lists of these types in a namespace, or in all: what a change rests on.

    Each may be ``age`` seconds old, see `Listing`.
    """
    return tuple(Listing(kind.key, namespace if kind.namespaced else "", age) for kind in kinds)


def constraints_of(kind: str) -> ResourceType:
    """Return the type of the Gatekeeper constraints of one kind, as their template makes it."""
    return ResourceType(_CONSTRAINTS, "v1beta1", kind.lower(), kind, namespaced=False)


def find(api_version: str, kind: str) -> ResourceType | None:
    """Return the type of these words, Gatekeeper's own for a constraint; None if it is unknown."""
    if api_version == CONSTRAINTS.api_version:
        # It becomes a part of a path.
        return constraints_of(kind) if kind.isascii() and kind.isalnum() else None
    return BY_KIND.get((api_version, kind))


def family(kind: ResourceType) -> ResourceType:
    """Return the type under which an inventory keeps objects: one for all kinds of constraints."""
    return CONSTRAINTS if kind.group == _CONSTRAINTS else kind


def type_of(ref: Ref) -> ResourceType:
    """Return the type of a reference. Raises `KeyError` for a kind that is not known here."""
    found = find(ref.api_version, ref.kind)
    if found is None:
        raise KeyError(ref.kind)
    return found
