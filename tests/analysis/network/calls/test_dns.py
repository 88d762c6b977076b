"""Calls for names."""

import pytest

from k8sharden.analysis.network.calls import calls_of
from tests.analysis.network.calls.small import SPACES, caller, edges, server, small, workload

DNS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: %(space)s}
spec:
  selector: {matchLabels: {k8s-app: %(label)s}}
  template:
    metadata: {labels: {k8s-app: %(label)s}}
    spec:
      dnsPolicy: Default
      automountServiceAccountToken: false
      containers:
      - name: coredns
        image: "x:1"
        ports:
        - {name: dns, containerPort: %(port)s, protocol: UDP}
        - {name: dns-tcp, containerPort: %(port)s}
        - {name: metrics, containerPort: 9153}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: %(name)s, namespace: %(space)s}
spec:
  selector: {k8s-app: %(label)s}
  ports:
  - {name: dns, port: 53, protocol: UDP, targetPort: dns}
  - {name: dns-tcp, port: 53, targetPort: dns-tcp}
  - {name: metrics, port: 9153}
"""


def dns(
    space: str = "kube-system", name: str = "kube-dns", label: str = "kube-dns", port: int = 53
) -> str:
    """The DNS servers of a cluster, and their Service where it has a name."""
    given = {"space": space, "name": name, "label": label, "port": port}
    return DNS % given + ("---" + SERVICE % given if name else "")


@pytest.mark.parametrize(
    ("servers", "end"),
    [
        (dns(), "Deployment kube-system/coredns 53"),
        (dns(port=1053), "Deployment kube-system/coredns 1053"),
        (dns(name=""), "Deployment kube-system/coredns 53"),
        (dns(name="coredns", label="other"), "Deployment kube-system/coredns 53"),
        (dns("openshift-dns", "dns-default", "dns", 5353), "Deployment openshift-dns/coredns 5353"),
        (dns(name="rke2-coredns-rke2-coredns", label="r"), "Deployment kube-system/coredns 53"),
        ("", "anywhere 53"),
    ],
)
def test_pods_ask_the_clusters_dns_by_udp_and_tcp(servers: str, end: str) -> None:
    """On the port of its pods, wherever a distribution put them; its metrics are no name."""
    found = edges(SPACES, caller(), servers, dns=True)
    asked = [each for each in found if each.startswith("Deployment shop/web")]
    assert asked == [f"Deployment shop/web -> {end}/TCP", f"Deployment shop/web -> {end}/UDP"]


@pytest.mark.parametrize(
    ("spec", "asks"),
    [
        ("dnsPolicy: ClusterFirst", True),
        ("dnsPolicy: Default", False),
        ("dnsPolicy: None", True),
        ("hostNetwork: true", False),
        ("hostNetwork: true, dnsPolicy: ClusterFirst", False),
        ("hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet", True),
    ],
)
def test_the_policy_of_a_pod_decides_whom_it_asks(spec: str, asks: bool) -> None:  # noqa: FBT001 - a table
    """On the nodes' network a pod asks what the node asks, unless it says otherwise."""
    pod = workload("web", f"{{{spec}, containers: []}}")
    found = edges(SPACES, pod, dns(), dns=True)
    assert any(each.startswith("Deployment shop/web") for each in found) is asks


def test_the_dns_servers_ask_others_and_not_themselves() -> None:
    """For names outside they need servers outside."""
    assert edges(SPACES, dns(), dns=True) == [
        "Deployment kube-system/coredns -> anywhere 53/TCP",
        "Deployment kube-system/coredns -> anywhere 53/UDP",
    ]


CACHE = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system, labels: {k8s-app: node-local-dns}}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec:
      hostNetwork: true
      dnsPolicy: Default
      containers: [{name: cache, image: "x:1"%s}]
"""


@pytest.mark.parametrize(
    ("args", "addresses"),
    [
        ("", ["169.254.20.10/32"]),
        (
            ", args: [-localip, '169.254.20.10,10.96.0.10', -conf, x]",
            ["10.96.0.10/32", "169.254.20.10/32"],
        ),
        (", args: ['--localip=169.254.20.25']", ["169.254.20.25/32"]),
        (", args: [-localip]", ["169.254.20.10/32"]),
    ],
)
def test_a_cache_on_every_node_is_asked_by_its_addresses(args: str, addresses: list[str]) -> None:
    """It binds link-local ones, and often that of the DNS Service as well."""
    found = edges(SPACES, caller(), dns(), CACHE % args, dns=True)
    cached = [each for each in found if " -> nodes " in each]
    assert len(cached) == 2 * len(addresses)
    world = (SPACES, caller(), server(), dns(), CACHE % args)

    ends = {e.target.address for e in calls_of(small(*world)).edges if e.target.address}
    assert sorted(ends) == addresses


def test_the_cache_asks_the_dns_servers() -> None:
    """From the nodes' network, which their ingress has to let in."""
    found = edges(SPACES, dns(), CACHE % "", dns=True)
    assert "DaemonSet kube-system/node-local-dns -> Deployment kube-system/coredns 53/UDP" in found
