"""The API objects of the network: Services, policies, routes, and what names hosts.

Source: the Kubernetes API reference, v1.36.
"""

from typing import Any

import msgspec

from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType
from k8sharden.model.mentions import Mentions
from k8sharden.model.meta import Managed, Object, Struct
from k8sharden.model.selectors import Selector, check_selectors


class Address(Struct, frozen=True):
    """One of a pod's addresses."""

    ip: str = ""


class NodeAddress(Struct, frozen=True):
    """``type`` is InternalIP, ExternalIP, Hostname and others."""

    type: str = ""
    address: str = ""


class ServicePort(Struct, frozen=True):
    """A port of a Service; ``target_port`` is a number, a name, or absent for the same number."""

    name: str | None = None
    protocol: str | None = None
    port: int = 0
    target_port: int | str | None = None
    node_port: int | None = None


class ServiceSpec(Struct, frozen=True):
    """The part of a Service that tells whom it sends traffic to, and from where."""

    type: str | None = None
    selector: dict[str, str] | None = None
    ports: list[ServicePort] | None = None
    cluster_ip: str | None = msgspec.field(name="clusterIP", default=None)
    cluster_ips: list[str] | None = msgspec.field(name="clusterIPs", default=None)
    external_ips: list[str] | None = msgspec.field(name="externalIPs", default=None)
    external_name: str | None = None
    external_traffic_policy: str | None = None
    load_balancer_source_ranges: list[str] | None = None
    load_balancer_class: str | None = None


class Service(Object, frozen=True):
    """A Service."""

    spec: ServiceSpec | None = None


class IPBlock(Struct, frozen=True):
    """Addresses, less those of ``except_``."""

    cidr: str = ""
    except_: list[str] | None = msgspec.field(name="except", default=None)


class Peer(Struct, frozen=True):
    """Whom a rule allows: pods by labels, namespaces by labels, or addresses.

    An empty selector chooses everything, a missing one nothing of its own.
    """

    pod_selector: Selector | None = None
    namespace_selector: Selector | None = None
    ip_block: IPBlock | None = None

    def __post_init__(self) -> None:
        check_selectors(self.pod_selector, self.namespace_selector)


class PolicyPort(Struct, frozen=True):
    """A port, a range of ports up to ``end_port``, a port by name, or all of a protocol."""

    protocol: str | None = None
    port: int | str | None = None
    end_port: int | None = None


class Rule(Struct, frozen=True):
    """One rule: ``from_`` counts for ingress and ``to`` for egress; an empty list is anybody."""

    ports: list[PolicyPort] | None = None
    from_: list[Peer] | None = msgspec.field(name="from", default=None)
    to: list[Peer] | None = None


class NetworkPolicySpec(Struct, frozen=True):
    """Which pods are selected, and which traffic of theirs is let through."""

    pod_selector: Selector | None = None
    policy_types: list[str] | None = None
    ingress: list[Rule] | None = None
    egress: list[Rule] | None = None

    def __post_init__(self) -> None:
        check_selectors(self.pod_selector)


class NetworkPolicy(Object, frozen=True):
    """A NetworkPolicy."""

    metadata: Managed
    spec: NetworkPolicySpec = msgspec.field(default_factory=NetworkPolicySpec)


class IngressSpec(Struct, frozen=True):
    """``rules``, ``default_backend`` and ``tls`` as the API writes them."""

    ingress_class_name: str | None = None
    default_backend: dict[str, Any] | None = None
    rules: list[dict[str, Any]] | None = None
    tls: list[dict[str, Any]] | None = None


class Ingress(Object, frozen=True):
    """An Ingress."""

    spec: IngressSpec = msgspec.field(default_factory=IngressSpec)


class IngressClassSpec(Struct, frozen=True):
    """``controller`` names what serves the class: ``k8s.io/ingress-nginx``."""

    controller: str | None = None


class IngressClass(Object, frozen=True):
    """An IngressClass."""

    spec: IngressClassSpec | None = None


class Endpoint(Struct, frozen=True):
    """Addresses that stand behind a Service; ``target_ref`` names the pod, where it is one."""

    addresses: list[str] | None = None
    target_ref: dict[str, Any] | None = None


class EndpointPort(Struct, frozen=True):
    """A port of the addresses of a slice."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = None


class EndpointSlice(Object, frozen=True):
    """An EndpointSlice; the label ``kubernetes.io/service-name`` names its Service."""

    address_type: str | None = None
    endpoints: list[Endpoint] | None = None
    ports: list[EndpointPort] | None = None


class APIServiceSpec(Struct, frozen=True):
    """``service`` is missing where the API server serves the group itself."""

    service: dict[str, Any] | None = None
    group: str | None = None
    version: str | None = None


class APIService(Object, frozen=True):
    """An APIService."""

    spec: APIServiceSpec | None = None


class ConfigMap(Object, frozen=True):
    """A ConfigMap: of each key the hosts that its value names.

    ``settings`` holds the whole data of those few that configure the network; see `SETTINGS`.
    """

    data: dict[str, Mentions | None] | None = None
    settings: dict[str, str] | None = msgspec.field(name="$settings", default=None)


SETTINGS = (
    ("kube-system", "cilium-config"),
    ("cilium", "cilium-config"),
    ("kube-system", "amazon-vpc-cni"),
    ("kube-system", "kube-flannel-cfg"),
    ("kube-flannel", "kube-flannel-cfg"),
)
"""The ConfigMaps whose data is read: they say what the network plug-in enforces."""


def is_settings(item: Object) -> bool:
    """Whether a ConfigMap is one of those few."""
    return (item.namespace, item.name) in SETTINGS


def configured(item: Object, data: Any) -> Object:
    """Return a ConfigMap with its settings, given its whole data, where it is one of those few."""
    if not isinstance(item, ConfigMap) or not is_settings(item):
        return item
    texts = data.items() if isinstance(data, dict) else ()
    kept = {str(key): value for key, value in texts if isinstance(value, str)}
    return msgspec.structs.replace(item, settings=kept)


class Loose(Object, frozen=True):
    """An object of a tool's own type, with its specification as it was written.

    CiliumNetworkPolicies may have ``specs`` beside it.
    """

    metadata: Managed
    spec: dict[str, Any] | None = None
    specs: list[dict[str, Any]] | None = None


LOOSE: tuple[ResourceType, ...] = (
    kinds.CILIUM_POLICIES, kinds.CILIUM_CLUSTERWIDE_POLICIES, kinds.CLUSTER_NETWORK_POLICIES,
    kinds.ADMIN_NETWORK_POLICIES, kinds.BASELINE_ADMIN_NETWORK_POLICIES, kinds.CALICO_POLICIES,
    kinds.CALICO_GLOBAL_POLICIES, kinds.GATEWAYS, kinds.HTTP_ROUTES, kinds.GRPC_ROUTES,
    kinds.PROMETHEUSES, kinds.SERVICE_MONITORS, kinds.POD_MONITORS,
)  # fmt: skip
"""The types that are read so."""
