"""Callers that turn up after the review, from anywhere: a default deny would cut them."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from k8sharden.analysis.network.closing import closing
from k8sharden.analysis.network.ground import GROUND
from k8sharden.analysis.network.policies import Direction
from k8sharden.changes.ground import Ground
from k8sharden.changes.make import make_plan
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from remediations.network import (
    ITEMS,
    no_default_deny_egress,
    no_default_deny_ingress,
    pod_uncovered,
)
from tests.remediations import harness
from tests.remediations.harness import Document
from tests.remediations.network.test_allow_all import SHOP, deployment, service
from tests.remediations.network.test_ground import SERVICE, reread, server

CLUSTER = [*SHOP, SERVICE, server("192.0.2.10")]
URL = "http://cart.shop.svc"
INGRESS, EGRESS = no_default_deny_ingress.ITEM, no_default_deny_egress.ITEM


def named(api_version: str, kind: str, namespace: str, name: str, **rest: Any) -> Document:
    """Return an object of a namespace, or of none."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def running(name: str, *calls: str, namespace: str = "late") -> Document:
    """Return a Deployment of a namespace that the review knew nothing of."""
    made = deployment(name, *calls)
    return made | {"metadata": {"namespace": namespace, "name": name}}


def pod(*calls: str) -> Document:
    """Return a pod that somebody started there by hand."""
    spec = running("probe", *calls)["spec"]["template"]["spec"]
    made = named("v1", "Pod", "late", "probe", spec=spec)
    made["metadata"]["labels"] = {"app": "probe"}
    return made


def cron(*calls: str) -> Document:
    """Return a CronJob there."""
    template = running("nightly", *calls)["spec"]["template"]
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template}}}
    return named("batch/v1", "CronJob", "late", "nightly", spec=spec)


def by_config() -> list[Document]:
    """Return a Deployment there that a ConfigMap tells whom to call."""
    caller = running("reader")
    (container,) = caller["spec"]["template"]["spec"]["containers"]
    container["envFrom"] = [{"configMapRef": {"name": "settings"}}]
    return [caller, named("v1", "ConfigMap", "late", "settings", data={"CART_URL": URL})]


def webhook() -> Document:
    """Return a webhook that leads to the shop."""
    client = {"service": {"namespace": "shop", "name": "cart", "port": 80}}
    hook = {"name": "cart.shop.example", "clientConfig": client, "rules": []}
    group = "admissionregistration.k8s.io/v1"
    return named(group, "ValidatingWebhookConfiguration", "", "late", webhooks=[hook])


def aggregated() -> Document:
    """Return an aggregated API that the shop serves."""
    spec = {"service": {"namespace": "shop", "name": "cart", "port": 80}, "group": "g"}
    return named("apiregistration.k8s.io/v1", "APIService", "", "v1.g", spec=spec)


def monitored() -> list[Document]:
    """Return a Prometheus there, and a monitor for the shop's Service."""
    spec: Document = {"serviceMonitorSelector": {}}
    group = "monitoring.coreos.com/v1"
    scraper = running("prometheus-main")
    labels = scraper["spec"]["template"]["metadata"]["labels"]
    labels["operator.prometheus.io/name"] = "main"
    monitor = {
        "selector": {"matchLabels": {"app": "cart"}},
        "namespaceSelector": {"matchNames": ["shop"]},
        "endpoints": [{"targetPort": 8080}],
    }
    return [
        scraper,
        named(group, "Prometheus", "late", "main", spec=spec),
        named(group, "ServiceMonitor", "late", "cart", spec=monitor),
    ]


def rights() -> list[Document]:
    """Return a right for the account that the shop's workloads run as."""
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    rbac = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "namespace": "shop", "name": "default"}
    role = {"apiGroup": rbac, "kind": "ClusterRole", "name": "late"}
    return [
        named(f"{rbac}/v1", "ClusterRole", "", "late", rules=rules),
        named(f"{rbac}/v1", "ClusterRoleBinding", "", "late", subjects=[subject], roleRef=role),
    ]


def labelled(docs: list[Document]) -> list[Document]:
    """Return the shop with a Service that monitors find by its label."""
    front = service("cart")
    front["metadata"]["labels"] = {"app": "cart"}
    return [front if each["kind"] == "Service" and each["metadata"]["name"] == "cart" else each
            for each in docs]  # fmt: skip


CALLERS: dict[str, tuple[Any, list[Document]]] = {
    "a Deployment": (INGRESS, [running("report", URL)]),
    "a pod": (INGRESS, [pod(URL)]),
    "a CronJob": (INGRESS, [cron(URL)]),
    "a ConfigMap": (INGRESS, by_config()),
    "a webhook": (INGRESS, [webhook()]),
    "an aggregated API": (INGRESS, [aggregated()]),
    "a monitor": (INGRESS, monitored()),
    "a right": (EGRESS, rights()),
}


def planned(item: Any, docs: list[Document], later: list[Document]) -> tuple[Any, Any]:
    """Return the change of the shop as it was planned, and as it is worked out at its turn."""
    seen, now = harness.inventory(docs), harness.inventory([*docs, *later])
    found = [
        each
        for each in item.evaluate(seen)
        if "shop" in (each.resource.name, each.resource.namespace)
    ]
    plan = make_plan(found[:1], seen, ITEMS, lambda _ref: None)
    (only,) = plan.changes
    assert plan.origin is not None
    fresh = Ground(plan.origin, lambda known, lists: reread(now, known, lists)).current(only)
    return only.change, fresh


@pytest.mark.parametrize("case", CALLERS)
def test_a_caller_from_a_namespace_that_was_not_involved_is_noticed(case: str) -> None:
    """Whatever shows it, the change is another one by then, and lets it through."""
    item, later = CALLERS[case]
    before, after = planned(item, labelled(CLUSTER), later)
    assert before.basis != after.basis
    assert before.writes != after.writes


def test_what_calls_nothing_here_changes_nothing() -> None:
    """A new pod, a Deployment, a right or a webhook elsewhere is no reason to refuse."""
    other = running("store", namespace="elsewhere")
    front = service("store")
    front["metadata"]["namespace"] = "elsewhere"
    idle = [running("report", "http://store.elsewhere.svc"), pod(), cron(), other, front]
    for item in (INGRESS, EGRESS):
        before, after = planned(item, CLUSTER, idle)
        assert before is after


def test_a_single_workload_is_closed_on_the_same_ground() -> None:
    """The policy of a pod that others left out is worked out anew from the whole cluster, too."""
    spec = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]}
    policy = named("networking.k8s.io/v1", "NetworkPolicy", "shop", "web", spec=spec)
    docs = [*CLUSTER, *pods(), policy]
    before, after = planned(pod_uncovered.ITEM, docs, [running("report", URL)])
    assert before.writes != after.writes


def pods() -> Iterator[Document]:
    """Yield a running pod of each Deployment of the shop."""
    for name in ("web", "cart"):
        made = named("v1", "Pod", "shop", name, status={"phase": "Running", "podIP": "10.0.0.1"})
        made["metadata"]["labels"] = {"app": name}
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "controller": True}
        made["metadata"]["ownerReferences"] = [owner | {"uid": ""}]
        yield made | {"spec": deployment(name)["spec"]["template"]["spec"]}


class Noting(dict[str, Any]):
    """Objects that note which types are looked at."""

    def __init__(self, held: Any) -> None:
        super().__init__(held)
        self.seen: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Note the type."""
        self.seen.add(key)
        return super().get(key, default)


@pytest.mark.parametrize("way", Direction)
def test_every_type_that_a_default_deny_is_made_from_is_read_again(way: Direction) -> None:
    """None is added to who calls whom without being looked at again before a policy is written."""
    seen = harness.inventory(labelled([*CLUSTER, *by_config(), *monitored(), webhook(), *rights()]))
    noting = Noting(seen.objects)
    change = closing("shop", way, _with(seen, noting))
    assert noting.seen <= {kind.key for kind in GROUND}
    assert {listing.resource for listing in change.rests_on} >= noting.seen
    assert kinds.SERVICE_MONITORS.key in noting.seen


def _with(inventory: Inventory, objects: Noting) -> Inventory:
    return msgspec.structs.replace(inventory, objects=objects, cache={})
