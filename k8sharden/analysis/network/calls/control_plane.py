"""The control plane: whom the API server calls, and who calls it.

Sources: kubernetes.io, Dynamic Admission Control (clientConfig), Kubernetes API Aggregation Layer.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.calls.found import Found, edge
from k8sharden.analysis.network.calls.hosts import Hosts
from k8sharden.analysis.network.calls.loose import number, text
from k8sharden.analysis.network.calls.services import API, Target, services_of, workload_end
from k8sharden.analysis.network.edges import End, EndKind, Evidence, EvidenceKind, Untold
from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.analysis.rbac.subjects import ServiceAccount, identity_of
from k8sharden.analysis.rbac.tokens import (
    has_projected_token,
    has_rights,
    is_given_token,
    is_seen,
)
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.admission import Webhook, WebhookConfiguration
from k8sharden.model.inventory import Inventory
from k8sharden.model.mentions import mentions
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import MIRROR, Workload, workloads

_SERVER = End(EndKind.CONTROL_PLANE)
_HTTPS = 443
_KUBELET = 10250


def from_control_plane(inventory: Inventory) -> Iterator[Found]:
    """Yield what the API server calls, and what calls it and the kubelets."""
    yield from _webhooks(inventory)
    yield from _aggregated(inventory)
    yield from _clients(inventory)


def _webhooks(inventory: Inventory) -> Iterator[Found]:
    asked = _Asked(inventory)
    for kind in (kinds.VALIDATING_WEBHOOKS, kinds.MUTATING_WEBHOOKS):
        for configuration in inventory.of(kind, WebhookConfiguration):
            ref = kind.ref("", configuration.name)
            for webhook in configuration.webhooks or ():
                yield from asked.by(ref, webhook)


class _Asked:
    """Whom a webhook or an aggregated API leads to."""

    def __init__(self, inventory: Inventory) -> None:
        self._services = services_of(inventory)
        self._hosts = Hosts(inventory)

    def by(self, ref: Ref, webhook: Webhook) -> Iterator[Found]:
        client = webhook.client_config
        if client.service is not None:
            where = (client.service.namespace, client.service.name)
            paths = (client.service.path,) if client.service.path else ()
            port = client.service.port or _HTTPS
            yield from self.service(
                where, port, Evidence(EvidenceKind.WEBHOOK, ref.label, ref, paths)
            )
        for mention in mentions(client.url or "")[:1]:
            for target in self._hosts.lead(mention, "").targets:
                evidence = Evidence(EvidenceKind.WEBHOOK, f"URL of {ref.label}", ref)
                yield edge(_SERVER, target, evidence)

    def service(self, where: tuple[str, str], port: int, evidence: Evidence) -> Iterator[Found]:
        service = self._services.by_name.get(where)
        targets = self._services.targets(service, port) if service else ()
        yield from (edge(_SERVER, target, evidence) for target in targets)
        if not targets and evidence.source is not None:
            name = one_line("/".join(where), 200)
            said = f"{evidence.said} leads to Service {name}, behind which nothing is"
            yield Untold(evidence.source, said, into=True)


def _aggregated(inventory: Inventory) -> Iterator[Found]:
    asked = _Asked(inventory)
    for api in inventory.of(kinds.API_SERVICES, n.APIService):
        service = api.spec.service if api.spec else None
        if service is not None:
            ref = kinds.API_SERVICES.ref("", api.name)
            where = (text(service, "namespace"), text(service, "name"))
            evidence = Evidence(EvidenceKind.API, ref.label, ref)
            yield from asked.service(where, number(service, "port") or _HTTPS, evidence)


def _clients(inventory: Inventory) -> Iterator[Found]:
    servers = api_targets(inventory)
    for workload in workloads(inventory):
        if MIRROR in workload.metadata.annotation:
            continue
        account = account_under(workload)
        why = _why(workload, account, inventory)
        if why:
            evidence = Evidence(EvidenceKind.API, why)
            for target in servers:
                yield edge(workload_end(workload.ref), target, evidence)
            yield from _kubelets(workload, account, inventory)


def api_targets(inventory: Inventory) -> tuple[Target, ...]:
    """Return the API server on the ports at which it listens, on the usual two if none was seen."""
    services = services_of(inventory)
    service = services.by_name.get(API)
    found = services.targets(service) if service else services.api([])
    return found or tuple(Target(_SERVER, port) for port in (_HTTPS, 6443))


def _why(workload: Workload, account: ServiceAccount, inventory: Inventory) -> str:
    """Say why a workload is taken to call the API server; empty where nothing shows it."""
    if not is_given_token(workload, inventory) and not has_projected_token(workload):
        return ""
    name = one_line("/".join(account), 200)
    if is_seen(account, inventory):
        return f"ServiceAccount {name} asks in the audit log"
    if has_rights(account, inventory):
        return f"it carries a token of ServiceAccount {name}, which has rights"
    return ""


def _kubelets(workload: Workload, account: ServiceAccount, inventory: Inventory) -> Iterator[Found]:
    """Yield the kubelets where a workload may read what they measure, which they are asked for."""
    request = Request("get", "", "nodes/metrics")
    if workload.spec.host_network or account == ("default", "default"):
        return
    decision = decide(policy_of(inventory), identity_of(account), request)
    if decision.allowed and decision.grant is not None and _is_named(decision.grant.rules):
        said = "its role allows nodes/metrics, which the kubelets answer"
        target = Target(End(EndKind.NODES), _KUBELET)
        yield edge(workload_end(workload.ref), target, Evidence(EvidenceKind.API, said))


def _is_named(rules: object) -> bool:
    """Whether a role names the metrics of nodes, and not simply everything."""
    found = rules if isinstance(rules, list | tuple) else ()
    return any("nodes/metrics" in (rule.resources or ()) for rule in found)
