"""Which Services are reached from outside of the cluster, and how far.

A load balancer is internal where an annotation or its class says so; the words are each cloud's.

Sources: the documentation of the AWS Load Balancer Controller, EKS Auto Mode, GKE, AKS, OpenStack,
Oracle, Alibaba and IBM on Services of type LoadBalancer; kubernetes.io, Service.
"""

import ipaddress

from k8sharden.model import network as n

_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_INTERNAL = {
    _SCHEME: ("internal",),
    "service.beta.kubernetes.io/aws-load-balancer-internal": ("true", "0.0.0.0/0"),
    "networking.gke.io/load-balancer-type": ("internal",),
    "cloud.google.com/load-balancer-type": ("internal",),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "service.beta.kubernetes.io/openstack-internal-load-balancer": ("true",),
    "service.beta.kubernetes.io/oci-load-balancer-internal": ("true",),
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": ("intranet",),
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": ("private",),
}
_INTERNAL_CLASSES = ("service.k8s.aws/nlb", "eks.amazonaws.com/nlb")
"""Those whose load balancers are internal until an annotation says otherwise."""


def how_exposed(service: n.Service) -> str:
    """Say how far a Service reaches: ``NodePort``, ``LoadBalancer``; empty where not outside."""
    spec = service.spec or n.ServiceSpec()
    if spec.type == "LoadBalancer" and (_is_internal(service, spec) or is_limited(service)):
        return ""
    return spec.type if spec.type in ("NodePort", "LoadBalancer") else ""


def is_limited(service: n.Service) -> bool:
    """Whether a load balancer takes only some addresses; all of them are no limit."""
    spec = service.spec or n.ServiceSpec()
    text = service.metadata.annotation.get(_RANGES, "")
    ranges = spec.load_balancer_source_ranges or [each for each in text.split(",") if each.strip()]
    return bool(ranges) and not any(_is_all(each.strip()) for each in ranges)


def _is_all(block: str) -> bool:
    try:
        return ipaddress.ip_network(block, strict=False).prefixlen == 0
    except ValueError:
        return True


def _is_internal(service: n.Service, spec: n.ServiceSpec) -> bool:
    said = service.metadata.annotation
    if any(said.get(key, "").lower() in words for key, words in _INTERNAL.items()):
        return True
    return spec.load_balancer_class in _INTERNAL_CLASSES and _SCHEME not in said
