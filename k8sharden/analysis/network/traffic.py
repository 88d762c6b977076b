"""Traffic: whether NetworkPolicies let one pod connect to another."""

import msgspec

from k8sharden.analysis.network.decide import Answer, Verdict, decide
from k8sharden.analysis.network.isolation import in_namespace
from k8sharden.analysis.network.parties import one_pod, pod_party
from k8sharden.analysis.network.policies import Direction, policies_of
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory


class Connection(msgspec.Struct, frozen=True):
    """An attempt: from a pod to a port of another."""

    source: o.Pod
    target: o.Pod
    port: int
    protocol: str = "TCP"


def isolating(inventory: Inventory, target: o.Pod) -> tuple[n.NetworkPolicy, ...]:
    """Return the policies that select a pod for ingress: only what one of them allows comes in."""
    chosen = policies_of(inventory).selecting(pod_party(target), Direction.INGRESS)
    names = {clause.ref.name for clause in chosen if clause.ref.namespace == target.namespace}
    every = in_namespace(kinds.NETWORK_POLICIES, n.NetworkPolicy, target.namespace, inventory)
    return tuple(policy for policy in every if policy.name in names)


def judged(inventory: Inventory, attempt: Connection) -> Verdict:
    """Return what the policies say of a connection."""
    source, target = one_pod(attempt.source), one_pod(attempt.target)
    return decide(policies_of(inventory), source, target, attempt.port, attempt.protocol)


def allowed(inventory: Inventory, attempt: Connection) -> bool:
    """Whether a connection gets through for certain."""
    return judged(inventory, attempt).answer is Answer.ALLOWED
