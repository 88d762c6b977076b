"""A small cluster for tables of cases: shop/web calls pay/db; node n1 and somebody outside."""

from typing import Any

from k8sharden.analysis.network.decide import Verdict, decide
from k8sharden.analysis.network.parties import Entity, Party, one_pod, outside
from k8sharden.analysis.network.policies import Context, Policies
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert

Json = dict[str, Any]

SPACES = {"shop": {"team": "shop"}, "pay": {"team": "pay", "tier": "inner"}}
PORTS = (
    {"name": "postgres", "containerPort": 5432},
    {"name": "stats", "containerPort": 9090, "protocol": "UDP"},
)


def pod(namespace: str, name: str, *addresses: str, **spec: Any) -> Party:
    """Return a pod, labelled by its name and with the ports of the table."""
    labels = {"app": name, "env": "prod"}
    return one_pod(
        convert(
            {
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"containers": [{"name": "c", "ports": PORTS}], **spec},
                "status": {"podIPs": [{"ip": each} for each in addresses]},
            },
            o.Pod,
        )
    )


WEB = pod("shop", "web", "10.0.0.1", nodeName="n1")
DB = pod("pay", "db", "10.0.0.2", nodeName="n1")
DUAL = pod("pay", "db", "10.0.0.2", "fd00::2", nodeName="n1")
HOST = pod("shop", "agent", "192.168.0.2", hostNetwork=True, nodeName="n2")
NEAR = pod("shop", "agent", "192.168.0.1", hostNetwork=True, nodeName="n1")
NODE = Party(addresses=("192.168.0.1",), node="n1", entities=(Entity.NODE,))
FAR = Party(addresses=("192.168.0.2",), node="n2", entities=(Entity.NODE,))
API = Party(addresses=("192.168.0.9",), entities=(Entity.KUBE_APISERVER,))
OUTSIDE = outside("203.0.113.7")
ANYBODY = outside()


def native(*specs: Json, namespace: str = "pay") -> Policies:
    """Return NetworkPolicies of a namespace, called np-0 and so on."""
    found = {}
    for number, spec in enumerate(specs):
        ref = kinds.NETWORK_POLICIES.ref(namespace, f"np-{number}")
        metadata = {"name": ref.name, "namespace": namespace}
        found[ref] = convert({"metadata": metadata, "spec": spec}, n.NetworkPolicy)
    return Policies(found, SPACES)


def other(kind: kinds.ResourceType, spec: Json, namespace: str = "pay", **more: Any) -> Policies:
    """Return one policy of another kind, called p, where Cilium holds policies."""
    ref = kind.ref(namespace, "p")
    metadata = {"name": "p", "namespace": ref.namespace}
    value = convert({"metadata": metadata, "spec": spec, **more}, n.Loose)
    return Policies({}, Context(SPACES, cilium=True), {ref: value})


def asked(
    policies: Policies,
    source: Party = WEB,
    target: Party = DB,
    port: int = 5432,
    protocol: str = "TCP",
) -> Verdict:
    """Judge a connection, by default that of web to the database."""
    return decide(policies, source, target, port, protocol)
