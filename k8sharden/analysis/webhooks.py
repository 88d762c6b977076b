"""Admission webhooks that belong to an engine of policies.

Only engines that are known by name count: an injector or a certificate's helper decides nothing.
Sources: the webhook configurations that each project installs.
"""

from collections.abc import Iterator

import msgspec

from k8sharden.analysis.selectors import chooses
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.admission import Webhook, WebhookConfiguration, WebhookService
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

_ENGINES = (
    ("kyverno", "Kyverno"),
    ("gatekeeper", "Gatekeeper"),
    ("sigstore", "Sigstore policy controller"),
    ("kubewarden", "Kubewarden"),
    ("connaisseur", "Connaisseur"),
    ("portieris", "Portieris"),
    ("stackrox", "StackRox"),
    ("neuvector", "NeuVector"),
    ("twistlock", "Prisma Cloud"),
    ("polaris", "Polaris"),
)
READABLE = ("Kyverno", "Gatekeeper")
"""The engines whose policies are read."""

NEEDS = (kinds.VALIDATING_WEBHOOKS, kinds.MUTATING_WEBHOOKS)
_ANY = {"*", "*/*"}


class PolicyWebhook(msgspec.Struct, frozen=True):
    """A webhook that is asked about new pods: the configuration it stands in, and whose it is."""

    ref: Ref
    webhook: Webhook
    engine: str


def policy_webhooks(inventory: Inventory) -> Iterator[PolicyWebhook]:
    """Yield the webhooks of engines that are asked about new pods."""
    for kind in NEEDS:
        for configuration in inventory.of(kind, WebhookConfiguration):
            engine = _engine(configuration)
            for webhook in configuration.webhooks or ():
                if engine and _is_asked_about_pods(webhook):
                    yield PolicyWebhook(kind.ref("", configuration.name), webhook, engine)


def ready_pods(service: WebhookService, inventory: Inventory) -> int:
    """Count the ready pods behind the Service of a webhook; 0 where it was not read."""
    services = inventory.of(kinds.SERVICES, n.Service)
    asked = (service.namespace, service.name)
    found = next((each for each in services if (each.namespace, each.name) == asked), None)
    selector = found.spec.selector if found and found.spec else None
    if not selector:
        return 0
    pods = (pod for pod in inventory.pods if pod.namespace == service.namespace and pod.status)
    mine = (pod for pod in pods if chooses({"matchLabels": selector}, pod.metadata.label))
    statuses = [pod.status.container_statuses or () for pod in mine if pod.status]
    return sum(bool(each) and all(status.ready for status in each) for each in statuses)


def _engine(configuration: WebhookConfiguration) -> str:
    names = [configuration.name, *(each.name for each in configuration.webhooks or ())]
    return next((engine for word, engine in _ENGINES if word in " ".join(names).lower()), "")


def _is_asked_about_pods(webhook: Webhook) -> bool:
    for rule in webhook.rules or ():
        resources, operations = set(rule.resources or ()), set(rule.operations or ())
        groups = set(rule.api_groups or ())
        pods = resources & {"pods", "pods/*", *_ANY} and groups & {"", "*"}
        if pods and operations & {"CREATE", "*"}:
            return True
    return False
