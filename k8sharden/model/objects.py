"""The API objects that checks read, decoded to the fields they need.

Source: the Kubernetes API reference, v1.36. Items of a list carry no kind; it is the list's.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from k8sharden.model import admission as a
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.kinds import ResourceType
from k8sharden.model.meta import Object as Object  # noqa: PLC0414 - one door
from k8sharden.model.meta import Struct
from k8sharden.model.pods import PodSpec, Template
from k8sharden.model.ref import Ref
from k8sharden.model.reports import VulnerabilityReport
from k8sharden.model.selectors import check_selectors


class ContainerStatus(Struct, frozen=True):
    """What runs: ``image_id`` holds a digest once the image was pulled from a registry."""

    name: str = ""
    image: str = ""
    image_id: str = msgspec.field(name="imageID", default="")
    ready: bool = False
    restart_count: int = 0


class ContainerState(Struct, frozen=True):
    """Whether a container runs or has ended; neither before its start."""

    running: dict[str, Any] | None = None
    terminated: dict[str, Any] | None = None


class EphemeralStatus(Struct, frozen=True):
    """What became of an ephemeral container."""

    name: str = ""
    state: ContainerState | None = None


class PodStatus(Struct, frozen=True):
    """The part of a pod's status that tells what runs."""

    phase: str | None = None
    pod_ip: str | None = msgspec.field(name="podIP", default=None)
    pod_ips: list[n.Address] | None = msgspec.field(name="podIPs", default=None)
    start_time: str | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    ephemeral_container_statuses: list[EphemeralStatus] | None = None


class Pod(Object, frozen=True):
    """A pod."""

    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus | None = None


class TemplateSpec(Struct, frozen=True):
    """The specification of what makes pods from a template."""

    template: Template = msgspec.field(default_factory=Template)
    replicas: int | None = None
    selector: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        # A ReplicationController's selector is labels, which have the shape of a selector, too.
        check_selectors(self.selector)


class OwnerStatus(Struct, frozen=True):
    """Of a DaemonSet: on how many nodes its pods should run, and on how many they are ready."""

    desired_number_scheduled: int = 0
    number_ready: int = 0


class TemplateOwner(Object, frozen=True):
    """A Deployment, DaemonSet, StatefulSet, ReplicaSet, ReplicationController or Job."""

    spec: TemplateSpec = msgspec.field(default_factory=TemplateSpec)
    status: OwnerStatus | None = None


class JobTemplate(Struct, frozen=True):
    """The Job that a CronJob makes."""

    spec: TemplateSpec = msgspec.field(default_factory=TemplateSpec)


class CronJobSpec(Struct, frozen=True):
    """The specification of a CronJob."""

    schedule: str = ""
    job_template: JobTemplate = msgspec.field(default_factory=JobTemplate)


class CronJob(Object, frozen=True):
    """A CronJob."""

    spec: CronJobSpec = msgspec.field(default_factory=CronJobSpec)


class NamespaceStatus(Struct, frozen=True):
    """``phase`` is Active or Terminating."""

    phase: str | None = None


class Namespace(Object, frozen=True):
    """A namespace."""

    status: NamespaceStatus | None = None


class NodeInfo(Struct, frozen=True):
    """What the kubelet says of itself, and of what it runs on: ``containerd://2.1.4``."""

    kubelet_version: str = ""
    container_runtime_version: str = ""
    kernel_version: str = ""
    os_image: str = ""
    operating_system: str = ""
    architecture: str = ""


class NodeStatus(Struct, frozen=True):
    """The part of a node's status that tells what it is, and where."""

    node_info: NodeInfo | None = None
    addresses: list[n.NodeAddress] | None = None


class NodeSpec(Struct, frozen=True):
    """``provider_id`` tells the cloud a node runs in, ``pod_cidrs`` the addresses of its pods."""

    provider_id: str | None = msgspec.field(name="providerID", default=None)
    pod_cidr: str | None = msgspec.field(name="podCIDR", default=None)
    pod_cidrs: list[str] | None = msgspec.field(name="podCIDRs", default=None)


class Node(Object, frozen=True):
    """A node."""

    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class ServiceAccount(Object, frozen=True):
    """A ServiceAccount; its pods get a token unless `automount_service_account_token` is false."""

    automount_service_account_token: bool | None = None
    image_pull_secrets: list[dict[str, Any]] | None = None


class LimitRangeItem(Struct, frozen=True):
    """What holds for each Container, or for each Pod: ``default`` are limits by resource."""

    type: str = ""
    default: dict[str, str | int | float] | None = None
    max: dict[str, str | int | float] | None = None


class LimitRangeSpec(Struct, frozen=True):
    """The bounds of what a pod may ask for, and what it gets where it asks for nothing."""

    limits: list[LimitRangeItem] | None = None


class LimitRange(Object, frozen=True):
    """A LimitRange, by which admission fills in the limits that a pod leaves out."""

    spec: LimitRangeSpec | None = None


class PolicyRule(Struct, frozen=True):
    """One rule of a role."""

    verbs: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None
    non_resource_urls: list[str] | None = msgspec.field(name="nonResourceURLs", default=None)


class AggregationRule(Struct, frozen=True):
    """The label selectors whose roles a ClusterRole is filled from."""

    cluster_role_selectors: list[dict[str, Any]] | None = None


class Role(Object, frozen=True):
    """A Role or a ClusterRole."""

    rules: list[PolicyRule] | None = None
    aggregation_rule: AggregationRule | None = None


class RoleRef(Struct, frozen=True):
    """The role that a binding grants; it cannot be changed."""

    api_group: str = ""
    kind: str = ""
    name: str = ""


class Subject(Struct, frozen=True):
    """Who is granted a role: a User, a Group or a ServiceAccount."""

    kind: str = ""
    name: str = ""
    namespace: str | None = None
    api_group: str | None = None

    @property
    def label(self) -> str:
        """``ServiceAccount ci/pipeline`` or ``Group system:authenticated``."""
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {where}"


class Binding(Object, frozen=True):
    """A RoleBinding or a ClusterRoleBinding; ``subjects`` may be null."""

    role_ref: RoleRef = msgspec.field(default_factory=RoleRef)
    subjects: list[Subject] | None = None


STRUCTS: Mapping[ResourceType, type[Object]] = {
    kinds.NAMESPACES: Namespace,
    kinds.NODES: Node,
    kinds.PODS: Pod,
    kinds.SERVICES: n.Service,
    kinds.SERVICE_ACCOUNTS: ServiceAccount,
    kinds.SECRETS: Object,
    kinds.CONFIG_MAPS: n.ConfigMap,
    kinds.LIMIT_RANGES: LimitRange,
    kinds.REPLICATION_CONTROLLERS: TemplateOwner,
    kinds.DEPLOYMENTS: TemplateOwner,
    kinds.DAEMON_SETS: TemplateOwner,
    kinds.STATEFUL_SETS: TemplateOwner,
    kinds.REPLICA_SETS: TemplateOwner,
    kinds.JOBS: TemplateOwner,
    kinds.CRON_JOBS: CronJob,
    kinds.NETWORK_POLICIES: n.NetworkPolicy,
    kinds.INGRESSES: n.Ingress,
    kinds.INGRESS_CLASSES: n.IngressClass,
    kinds.ENDPOINT_SLICES: n.EndpointSlice,
    kinds.API_SERVICES: n.APIService,
    kinds.ROLES: Role,
    kinds.CLUSTER_ROLES: Role,
    kinds.ROLE_BINDINGS: Binding,
    kinds.CLUSTER_ROLE_BINDINGS: Binding,
    kinds.ADMISSION_POLICIES: a.AdmissionPolicy,
    kinds.ADMISSION_POLICY_BINDINGS: a.AdmissionPolicyBinding,
    kinds.VALIDATING_WEBHOOKS: a.WebhookConfiguration,
    kinds.MUTATING_WEBHOOKS: a.WebhookConfiguration,
    kinds.VULNERABILITY_REPORTS: VulnerabilityReport,
    kinds.KYVERNO_CLUSTER_POLICIES: a.KyvernoPolicy,
    kinds.KYVERNO_POLICIES: a.KyvernoPolicy,
    kinds.KYVERNO_VALIDATING_POLICIES: a.KyvernoPolicy,
    kinds.KYVERNO_IMAGE_POLICIES: a.KyvernoPolicy,
    kinds.CONSTRAINT_TEMPLATES: a.ConstraintTemplate,
    kinds.CONSTRAINTS: a.Constraint,
    **dict.fromkeys(n.LOOSE, n.Loose),
}
"""The struct that each type's items are decoded into."""


def ref_of(kind: ResourceType, item: Object) -> Ref:
    """Return the reference of an object that an inventory keeps under this type."""
    if isinstance(item, a.Constraint):
        kind = kinds.constraints_of(item.kind)
    return kind.ref(item.namespace, item.name)
