"""Steps by what holds the cluster together: certificates, kubelets and webhooks.

The API server refuses certificates for the group system:masters by its own signer (admission plugin
CertificateSubjectRestriction), so that whoever may approve becomes any other user or group. A
webhook that only validates sees what is written and changes nothing: it is no step here.

Source: kubernetes.io, Certificate Signing Requests; Dynamic Admission Control; KEP-2862.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.paths.asks import (
    APPROVE_REQUESTS,
    APPROVE_SIGNERS,
    BIND_MUTATIONS,
    CHANGE_WEBHOOKS,
    CREATE_MUTATIONS,
    CREATE_REQUESTS,
    CREATE_WEBHOOKS,
    NODES_PROXY,
)
from k8sharden.analysis.rbac.paths.places import Fan, Hub, Need
from k8sharden.analysis.rbac.paths.ways import Ways

_CLIENTS = "kubernetes.io/kube-apiserver-client"
_KUBELETS = "kubernetes.io/kube-apiserver-client-kubelet"
_EVERY = "kubernetes.io/*"


def by_certificates(ways: Ways) -> Iterator[Fan]:
    """Yield whom a certificate makes of whoever may ask for one and approve it."""
    asked, approved = ways.need(CREATE_REQUESTS), ways.need(APPROVE_REQUESTS)
    if asked is None or approved is None:
        return
    for hold, need in ways.held.by_binding(APPROVE_SIGNERS):
        needs = (need, approved, asked)
        may = "may ask for certificates and approve them"
        if hold.covers(_CLIENTS) or hold.covers(_EVERY):
            so = ", so it has one made out to "
            yield Fan(Hub("people"), may, so, needs)
            yield Fan(Hub("accounts"), may, so, needs)
        if hold.covers(_KUBELETS) or hold.covers(_EVERY):
            said = f"{may}, those of nodes too"
            yield Fan(Hub("running"), said, ", so it takes, as a node, a token of ", needs)


def by_nodes_proxy(ways: Ways) -> Iterator[Fan]:
    """Yield the pods of the nodes whose kubelet may be reached past the API server."""
    for hold, need in ways.held.by_binding(NODES_PROXY):
        may = "may reach kubelets past the API server (nodes/proxy)"
        yield Fan(Hub("pods-on", names=hold.names), may, ", so it enters ", (need,))


def by_webhooks(ways: Ways) -> Iterator[Fan]:
    """Yield what whoever may change objects as they are written takes: every pod's account."""
    for hold, need in ways.held.by_binding(CREATE_WEBHOOKS):
        if hold.names is None:
            yield from _through("may create mutating webhooks", (need,), ways)
    for hold, need in ways.held.by_binding(CHANGE_WEBHOOKS):
        if any(map(hold.covers, ways.world.webhooks)):
            yield from _through("may change mutating webhooks", (need,), ways)
    made, bound = ways.need(CREATE_MUTATIONS), ways.need(BIND_MUTATIONS)
    if made and bound:
        yield from _through("may create mutating admission policies", (made, bound), ways)


def _through(may: str, needs: tuple[Need, ...], ways: Ways) -> Iterator[Fan]:
    so = ", so every pod is written through it and may run as "
    yield Fan(Hub("accounts"), may, so, needs)
    if ways.world.open:
        said = f"{may}, through which every pod is written"
        yield Fan(Hub("nodes"), said, ", so it takes over ", needs)
