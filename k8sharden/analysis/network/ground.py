"""The ground of policies: the lists from which who calls whom, and what gets through, come.

A caller may turn up anywhere and be shown by anything: a Deployment of a new namespace, a monitor,
a webhook, a right. So the whole cluster is looked at again before a policy is written.
"""

from k8sharden.analysis.network.calls.untold import NEEDS
from k8sharden.analysis.network.doubts import POLICY_KINDS
from k8sharden.analysis.rbac.policy import RBAC
from k8sharden.model import kinds
from k8sharden.model.change import Listing

AGE = 30
"""Seconds for which many changes of one apply share what they read of the rest of the cluster."""

_WHO = (
    kinds.NAMESPACES, kinds.NODES, kinds.SERVICE_ACCOUNTS, *kinds.WORKLOADS, *RBAC,
)  # fmt: skip
"""What runs and where, and what it may ask of the API server."""

GROUND = tuple(dict.fromkeys((*NEEDS, *_WHO, *POLICY_KINDS)))


def ground(namespace: str) -> tuple[Listing, ...]:
    """Return the lists that a namespace's policies are worked out from: its own ones the newest."""
    here = (kind for kind in GROUND if kind.namespaced)
    return (*kinds.listings(GROUND, age=AGE), *kinds.listings(here, namespace))
