"""The cloud's metadata service: whether nodes have one, and which workloads may ask it.

Source: the documentation of instance metadata of AWS, Azure, Google Cloud, OpenStack, Oracle,
DigitalOcean, Hetzner and Alibaba; GKE, Workload Identity Federation, whose server answers at the
same address and hands out no credentials of the node.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sharden.analysis.images import parse_image
from k8sharden.analysis.network.beyond import is_metadata
from k8sharden.analysis.network.calls.settings import settings
from k8sharden.analysis.network.decide import Answer, Side, decide
from k8sharden.analysis.network.parties import outside, workload_parties
from k8sharden.analysis.network.policies import policies_of
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.workloads import Workload

ADDRESS = "169.254.169.254"
_ADDRESS_V6 = "fd00:ec2::254"
_PORT = 80
_CLOUDS = {
    "aws": "AWS",
    "azure": "Azure",
    "gce": "Google Cloud",
    "openstack": "OpenStack",
    "oci": "Oracle Cloud",
    "digitalocean": "DigitalOcean",
    "hcloud": "Hetzner Cloud",
    "alicloud": "Alibaba Cloud",
}
_DISTRIBUTIONS = {"EKS": "AWS", "AKS": "Azure", "GKE": "Google Cloud"}
_NOWHERE = ("kind", "vsphere", "baremetalhost", "metal3")
"""Schemes of provider ids of machines that have no such service."""
_GUARDED = "iam.gke.io/gke-metadata-server-enabled"


class Reaches(NamedTuple):
    """A workload whose pods may ask for metadata; where that is unknown, it is ``said`` why."""

    workload: Workload
    answer: Answer
    said: str = ""


def cloud_of(inventory: Inventory) -> str | None:
    """Name the cloud that the nodes run in; empty where that is not known, None where it is none.

    None also where each node has Google's server before its own.
    """
    nodes = inventory.of(kinds.NODES, o.Node)
    if nodes and len(guarded(inventory)) == len(nodes):
        return None
    ids = [(node.spec.provider_id if node.spec else None) or "" for node in nodes]
    schemes = [each.partition("://")[0] for each in ids]
    if schemes and all(each in _NOWHERE for each in schemes):
        return None
    named = next((_CLOUDS[each] for each in schemes if each in _CLOUDS), "")
    return named or _DISTRIBUTIONS.get(inventory.control_plane.distribution, "")


def guarded(inventory: Inventory) -> tuple[str, ...]:
    """Return the nodes on which Google's metadata server answers, which pods are meant to ask."""
    nodes = inventory.of(kinds.NODES, o.Node)
    return tuple(node.name for node in nodes if node.metadata.label.get(_GUARDED) == "true")


def reaching(workloads: Iterable[Workload], cloud: str, inventory: Inventory) -> Iterator[Reaches]:
    """Yield the workloads whose pods may ask for metadata, for certain or perhaps."""
    for workload in workloads:
        found = {each.answer: each.said for each in _sides(workload, cloud, inventory)}
        if Answer.ALLOWED in found:
            yield Reaches(workload, Answer.ALLOWED)
        elif Answer.UNKNOWN in found:
            said = found[Answer.UNKNOWN] or "not every policy is understood"
            yield Reaches(workload, Answer.UNKNOWN, said)


def _sides(workload: Workload, cloud: str, inventory: Inventory) -> Iterator[Side]:
    policies = policies_of(inventory)
    for party in workload_parties(workload, inventory):
        yield decide(policies, party, outside(ADDRESS), _PORT).egress
        if cloud == "AWS" and any(":" in address for address in party.addresses):
            yield decide(policies, party, outside(_ADDRESS_V6), _PORT).egress


_ASKERS = re.compile(
    r"(?:^|/)(?:cluster-autoscaler|external-dns|aws-load-balancer-controller|karpenter|velero"
    r"|[a-z0-9-]*csi[a-z0-9-]*|[a-z0-9-]*cloud-controller-manager[a-z0-9-]*|kube2iam|kiam"
    r"|datadog-agent|datadog/agent|cloudwatch-agent|aws-for-fluent-bit|aws-otel-collector"
    r"|aws-node-termination-handler|cluster-api-[a-z-]*controller|ecr-credential-[a-z-]*)$"
)


def asker(workload: Workload, inventory: Inventory) -> str:
    """Say by what a workload is known to ask for metadata: its image or a setting; else empty."""
    for seen in visit_containers(workload.spec):
        image = parse_image(seen.container.image)
        if image and _ASKERS.search(image.path):
            return image.path
    told = (
        setting.said
        for setting in settings(workload, inventory)
        if any(is_metadata(mention.host, mention.host) for mention in setting.hosts)
    )
    return next(told, "")
