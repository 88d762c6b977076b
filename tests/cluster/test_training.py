"""The training cluster: planted defects are found, look-alikes are left in peace."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from k8sharden.cluster.api import Api
from k8sharden.cluster.collector import collect
from k8sharden.cluster.training import objects, training_cluster
from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.kinds import BY_KIND
from k8sharden.model.workloads import pods_of, workloads
from remediations import OWN
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

PLANTED = {
    "rbac-cluster-admin": {
        "ClusterRoleBinding ci-pipeline",
        "ClusterRoleBinding database-operations",
        "ClusterRoleBinding kubeadm:cluster-admins",
    },
    "net-no-default-deny-ingress": {
        "Namespace ci",
        "Namespace ingress",
        "Namespace monitoring",
        "Namespace payments",
        "Namespace shop",
    },
    "pss-no-enforce": {
        "Namespace ci",
        "Namespace default",
        "Namespace ingress",
        "Namespace monitoring",
        "Namespace payments",
        "Namespace shop",
    },
    "pss-allow-privilege-escalation": {
        "Deployment ci/runner",
        "Deployment ingress/gateway",
        "Deployment shop/cart",
        "Deployment shop/web",
        "StatefulSet payments/ledger",
    },
    "img-no-digest": {
        "DaemonSet monitoring/node-exporter",
        "Deployment ci/runner",
        "Deployment ingress/gateway",
        "Deployment monitoring/prometheus",
        "Deployment payments/checkout",
        "Deployment shop/cart",
        "Deployment shop/web",
        "StatefulSet payments/ledger",
    },
    "sec-etcd-plain": {"Namespace kube-system"},
    "rt-rofs": {
        "Deployment ci/runner",
        "Deployment ingress/gateway",
        "Deployment payments/checkout",
        "Deployment shop/cart",
        "Deployment shop/web",
        "StatefulSet payments/ledger",
    },
    "rt-seccomp": {
        "DaemonSet monitoring/node-exporter",
        "Deployment ci/runner",
        "Deployment ingress/gateway",
        "Deployment payments/checkout",
        "Deployment shop/web",
        "StatefulSet payments/ledger",
    },
    "aud-off": {"Namespace kube-system"},
}
"""Written by hand from the manifests: what each check has to find, and nothing else."""

SYSTEM = {
    "DaemonSet kube-system/kube-proxy",
    "Deployment kube-system/coredns",
    "Pod kube-system/kube-apiserver-control-plane-1",
}


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    """What a scan reads of the training cluster."""
    return collect(
        Api(training_cluster().transport(), read_only=True),
        SourceKind.DEMO,
        name="training",
        progress=lambda _: None,
        cancelled=lambda: False,
        clock=lambda: 0.0,
    )


def found(inventory: Inventory) -> Iterator[Finding]:
    """Yield what all nine items say of the training cluster."""
    for item in OWN:
        yield from item.evaluate(inventory)


def test_the_items_find_what_was_planted_and_nothing_else(inventory: Inventory) -> None:
    """The truth table holds in both directions; nothing is left open."""
    said: dict[str, set[str]] = {item.id: set() for item in OWN}
    for finding in found(inventory):
        assert finding.status is Status.FAIL
        if not finding.system:
            said[finding.check].add(finding.resource.label)
    assert {check: said[check] for check in PLANTED} == PLANTED


def test_the_clusters_own_parts_stand_in_a_bucket_of_their_own(inventory: Inventory) -> None:
    """What the distribution brought is shown, and never counted against anybody."""
    assert {each.resource.label for each in found(inventory) if each.system} == SYSTEM


def test_a_scan_reads_everything_and_knows_kubeadm(inventory: Inventory) -> None:
    """No type is missing, so that whoever learns sees verdicts and not questions."""
    assert {entry.resource for entry in inventory.ledger.values() if not entry.complete} == set()
    assert inventory.odd == ()
    assert inventory.control_plane.distribution == "kubeadm"
    assert inventory.source.server_version == "v1.36.2"


def test_every_pod_is_owned_as_in_a_real_cluster(inventory: Inventory) -> None:
    """Each pod leads to a workload that people know, but the static one and the one that ended."""
    tops = {workload.ref.label for workload in workloads(inventory)}
    running = pods_of(inventory)
    assert {ref.label for ref in running} <= tops
    assert {ref.label for ref in running if ref.kind == "Pod"} == {
        "Pod kube-system/kube-apiserver-control-plane-1"
    }
    counts = {ref.label: len(pods) for ref, pods in running.items()}
    assert counts["Deployment shop/web"] == 2
    assert counts["DaemonSet monitoring/node-exporter"] == 3
    assert counts["StatefulSet payments/ledger"] == 1
    assert "CronJob catalogue/reindex" in tops - set(counts)


def test_it_comes_out_the_same_each_time() -> None:
    """Identity, digests and generated names are derived, so that screens and docs can name them."""
    assert objects() == objects()
    uids = [each["metadata"]["uid"] for each in objects()]
    assert len(set(uids)) == len(uids)


def test_what_was_kept_comes_back() -> None:
    """A training cluster that was saved and loaded is the same one, whatever was done in it."""
    first = training_cluster()
    kept = [each for each in first.objects() if each["metadata"]["name"] != "ci-pipeline"]
    again = training_cluster(kept).objects()
    assert sorted(map(_bare, again)) == sorted(map(_bare, kept))


@pytest.mark.parametrize("kind", sorted({each["kind"] for each in objects()}))
def test_every_object_can_be_changed(kind: str) -> None:
    """What the cluster holds would pass its own rules, so that no plan fails for another reason."""
    api = Api(training_cluster().transport())
    for each in (each for each in objects() if each["kind"] == kind):
        type_ = BY_KIND[each["apiVersion"], each["kind"]]
        ref = type_.ref(each["metadata"].get("namespace", ""), each["metadata"]["name"])
        label = [{"op": "add", "path": "/metadata/labels", "value": {"seen": "yes"}}]
        assert api.patch(ref, label, dry_run=True).object["metadata"]["labels"]["seen"] == "yes"


def _bare(value: dict[str, Any]) -> str:
    metadata = {k: v for k, v in value["metadata"].items() if k != "resourceVersion"}
    return json.dumps({**value, "metadata": metadata}, sort_keys=True)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server of its own: what is put in there would get in the way of other tests."""
    with started(lambda: ControlPlane(tmp_path_factory.mktemp("training"))) as running:
        yield running


@pytest.mark.real
def test_a_real_api_server_takes_every_object(fresh: ControlPlane) -> None:
    """Nothing in the training cluster is something that could not be in a real one."""
    for each in objects():
        kind = BY_KIND[each["apiVersion"], each["kind"]]
        namespace = each["metadata"].get("namespace", "")
        path = f"{kind.path(namespace)}?fieldValidation=Strict"
        answer = fresh.request("POST", path, each)
        label = f"{each['kind']} {each['metadata']['name']}: {answer.text}"
        # A new server has its own namespaces, roles and Service `kubernetes` already.
        assert answer.status in (201, 409), label
        if answer.status == 409:
            assert each["metadata"]["name"] in _THERE_ALREADY, label


_THERE_ALREADY = ("default", "kube-system", "kube-public", "kube-node-lease", "cluster-admin",
                  "kubernetes")  # fmt: skip
