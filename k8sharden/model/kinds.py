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
_RBAC = "rbac.authorization.k8s.io"
ROLES = ResourceType(_RBAC, "v1", "roles", "Role")
CLUSTER_ROLES = ResourceType(_RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False)
ROLE_BINDINGS = ResourceType(_RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLE_BINDINGS = ResourceType(
    _RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)

ALL: tuple[ResourceType, ...] = (
    NAMESPACES, NODES, PODS, SERVICES, SERVICE_ACCOUNTS, SECRETS, CONFIG_MAPS, LIMIT_RANGES,
    REPLICATION_CONTROLLERS, DEPLOYMENTS, DAEMON_SETS, STATEFUL_SETS, REPLICA_SETS, JOBS,
    CRON_JOBS, NETWORK_POLICIES, ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS,
)  # fmt: skip
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

SCANNED: tuple[ResourceType, ...] = tuple(kind for kind in ALL if kind is not CONFIG_MAPS)
"""The types a scan lists. Secrets come as metadata only."""

BY_KIND = {(kind.api_version, kind.kind): kind for kind in ALL}
BY_KEY = {kind.key: kind for kind in ALL}


def listings(kinds: Iterable[ResourceType], namespace: str = "") -> tuple[Listing, ...]:
    """Return the lists of these types in a namespace, or in all: what a change rests on."""
    return tuple(Listing(kind.key, namespace if kind.namespaced else "") for kind in kinds)


def type_of(ref: Ref) -> ResourceType:
    """Return the type of a reference. Raises `KeyError` for a kind that is not known here."""
    return BY_KIND[ref.api_version, ref.kind]
