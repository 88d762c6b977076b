"""DNS: what every pod asks first.

Sources: kubernetes.io, DNS for Services and Pods (dnsPolicy), Using NodeLocal DNSCache; OpenShift,
DNS Operator (dns-default listens on 5353); RKE2, Helm chart rke2-coredns.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.calls.addresses import addresses_of, is_address
from k8sharden.analysis.network.calls.command import flags, words
from k8sharden.analysis.network.calls.found import Found, edge
from k8sharden.analysis.network.calls.services import Target, services_of, workload_end
from k8sharden.analysis.network.edges import End, EndKind, Evidence, EvidenceKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import MIRROR, Workload, workloads, workloads_in

PORT = 53
_PROTOCOLS = ("UDP", "TCP")
_NAMES = (
    ("kube-system", "kube-dns"),
    ("kube-system", "coredns"),
    ("kube-system", "rke2-coredns-rke2-coredns"),
    ("openshift-dns", "dns-default"),
)
_LABELS = ("kube-dns", "coredns")
_HOME = "kube-system"
_LOCAL = "node-local-dns"
_LINK = "169.254.20.10"


def from_dns(inventory: Inventory) -> Iterator[Found]:
    """Yield what pods ask for names, and whom the DNS servers of the cluster ask in turn."""
    servers = dns_targets(inventory)
    caches = _caches(inventory)
    refs = {target.end.ref for target in servers}
    for workload in workloads(inventory):
        if workload.ref in refs:
            yield from _onwards(workload.ref)
        elif _is_cache(workload):
            yield from _asked(workload.ref, servers, "it answers for the cluster's DNS servers")
        elif asks_cluster(workload):
            yield from _asked(workload.ref, (*servers, *caches), _said(workload))


def dns_targets(inventory: Inventory) -> tuple[Target, ...]:
    """Return the DNS servers of the cluster on UDP and TCP; port 53 of anybody if none is known."""
    services = services_of(inventory)
    for name in _NAMES:
        if name in services.by_name:
            found = services.targets(services.by_name[name])
            kept = [each for each in found if each.end.ref and not _is_metrics(each.port)]
            if kept:
                return _both(kept)
    known = [
        Target(workload_end(workload.ref), PORT)
        for workload in workloads_in(_HOME, inventory)
        if workload.template_metadata.label.get("k8s-app") in _LABELS
    ]
    return _both(known or [Target(End(EndKind.OUTSIDE), PORT)])


def asks_cluster(workload: Workload) -> bool:
    """Whether a workload's pods ask the cluster's DNS, and not what their node asks."""
    if MIRROR in workload.metadata.annotation:
        return False
    policy = workload.spec.dns_policy or "ClusterFirst"
    if workload.spec.host_network:
        return policy == "ClusterFirstWithHostNet"
    # With None it names its own servers, in a field that may well name the cluster's.
    return policy != "Default"


def _both(found: list[Target]) -> tuple[Target, ...]:
    """Return targets with either protocol: an answer too long for UDP is asked for again by TCP."""
    each = ((target.end, target.port, protocol) for target in found for protocol in _PROTOCOLS)
    return tuple(Target(*one) for one in dict.fromkeys(each))


def _is_metrics(port: int) -> bool:
    return port not in (PORT, 5353, 1053, 8053, 10053)


def _asked(ref: Ref, targets: tuple[Target, ...], said: str) -> Iterator[Found]:
    evidence = Evidence(EvidenceKind.DNS, said)
    for target in targets:
        yield edge(workload_end(ref), target, evidence)


def _said(workload: Workload) -> str:
    return f"its dnsPolicy is {workload.spec.dns_policy or 'ClusterFirst'}"


def _onwards(ref: Ref) -> Iterator[Found]:
    """Yield whom a DNS server asks for names that are not the cluster's."""
    evidence = Evidence(EvidenceKind.DNS, "it asks other servers for names outside the cluster")
    for protocol in _PROTOCOLS:
        target = Target(End(EndKind.OUTSIDE), PORT, protocol)
        yield edge(workload_end(ref), target, evidence)


def _is_cache(workload: Workload) -> bool:
    label = workload.template_metadata.label.get("k8s-app", "")
    return workload.namespace == _HOME and _LOCAL in (label, workload.ref.name)


def _caches(inventory: Inventory) -> tuple[Target, ...]:
    """Return the addresses on every node at which NodeLocal DNSCache answers."""
    found = [each for each in workloads_in(_HOME, inventory) if _is_cache(each)]
    texts = dict.fromkeys(address for each in found for address in _local_addresses(each))
    where = addresses_of(inventory)
    blocks = (end.address for text in texts if (end := where.end(text)) is not None)
    return _both([Target(End(EndKind.NODES, address=block), PORT) for block in blocks])


def _local_addresses(workload: Workload) -> list[str]:
    """Return the addresses that ``-localip`` names, or the usual one."""
    found = [
        address
        for seen in visit_containers(workload.spec)
        for name, value in flags(words(seen.container))
        if name == "localip"
        for address in value.split(",")
        if is_address(address)
    ]
    return found or [_LINK]
