"""The training cluster: planted defects are found, look-alikes are left in peace."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from k8sharden.analysis.system import is_system_namespace
from k8sharden.cluster.api import Api
from k8sharden.cluster.collector import collect
from k8sharden.cluster.training import objects, training_cluster
from k8sharden.cluster.training.registry import SETTLED
from k8sharden.model.finding import Status
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.kinds import BY_KIND, WORKLOADS
from k8sharden.model.workloads import pods_of, workloads
from remediations import OWN
from tests.servers.control_plane import ControlPlane
from tests.servers.crds import install_plain
from tests.servers.fixtures import started

TRUTH: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "truth.yaml").read_text("utf-8"))
LABELS = {
    BY_KIND[each["apiVersion"], each["kind"]]
    .ref(each["metadata"].get("namespace", ""), each["metadata"]["name"])
    .label
    for each in objects()
}


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    """What a scan reads of the training cluster, with what its people settled."""
    read = collect(
        Api(training_cluster().transport(), read_only=True),
        SourceKind.DEMO,
        name="training",
        progress=lambda _: None,
        cancelled=lambda: False,
        clock=lambda: 0.0,
    )
    return msgspec.structs.replace(read, facts=SETTLED)


def found(inventory: Inventory, *, system: bool) -> dict[str, set[str]]:
    """Return what each item of the catalogue finds, in the cluster's own parts or elsewhere."""
    said: dict[str, set[str]] = {item.id: set() for item in OWN if not item.repository_only}
    for finding in (finding for item in OWN for finding in item.evaluate(inventory)):
        assert finding.status is Status.FAIL
        if finding.system is system:
            said[finding.check].add(finding.resource.label)
    return said


def test_the_items_find_what_was_planted_and_nothing_else(inventory: Inventory) -> None:
    """The truth table holds in both directions, for every item; nothing is left open."""
    planted = {check: set(labels) for check, labels in TRUTH["planted"].items()}
    nothing: dict[str, set[str]] = {row["check"]: set() for row in TRUTH["elsewhere"]}
    assert found(inventory, system=False) == {**planted, **nothing}


def test_every_item_has_something_to_find() -> None:
    """Whoever learns meets every item of the catalogue, but those that would need another cluster.

    For these a reason stands beside the truth.
    """
    in_cluster = [item for item in OWN if not item.repository_only]
    elsewhere = [row["check"] for row in TRUTH["elsewhere"] if row["reason"].endswith(".")]
    assert [item.id for item in in_cluster if not TRUTH["planted"].get(item.id)] == elsewhere


def test_the_clusters_own_parts_stand_in_a_bucket_of_their_own(inventory: Inventory) -> None:
    """What the distribution brought is shown, and never counted against anybody."""
    said = found(inventory, system=True)
    assert {check: labels for check, labels in said.items() if labels} == {
        check: set(labels) for check, labels in TRUTH["system"].items()
    }


@pytest.mark.parametrize("row", TRUTH["look_alikes"], ids=lambda row: str(row["object"]))
def test_look_alikes_are_left_in_peace(inventory: Inventory, row: dict[str, Any]) -> None:
    """What looks like a defect and is none exists, and the items say nothing of it."""
    assert row["object"] in LABELS
    assert row["reason"].endswith(".")
    said = found(inventory, system=False)
    assert [check for check in row["checks"] if row["object"] in said[check]] == []


def test_the_company_is_worth_a_visit() -> None:
    """There are some eight namespaces of people, and some forty workloads in them."""
    theirs = [each for each in objects() if not is_system_namespace(_namespace(each))]
    workloads = [
        each
        for each in theirs
        if BY_KIND[each["apiVersion"], each["kind"]] in WORKLOADS
        and not each["metadata"].get("ownerReferences")
    ]
    spaces = {_namespace(each) for each in workloads}
    assert len(spaces) >= 8
    assert len(workloads) >= 38


def _namespace(value: dict[str, Any]) -> str:
    return str(value["metadata"].get("namespace", ""))


def test_a_scan_reads_everything_and_knows_kubeadm(inventory: Inventory) -> None:
    """No type is missing, so that whoever learns sees verdicts and not questions."""
    assert {entry.resource for entry in inventory.ledger.values() if not entry.complete} == set()
    assert inventory.odd == ()
    assert inventory.control_plane.distribution == "kubeadm"
    assert inventory.source.server_version == "v1.36.2"


def test_every_pod_is_owned_as_in_a_real_cluster(inventory: Inventory) -> None:
    """Each pod leads to a workload that people know, but static ones and those that stand alone."""
    tops = {workload.ref.label for workload in workloads(inventory)}
    running = pods_of(inventory)
    assert {ref.label for ref in running} <= tops
    assert {ref.label for ref in running if ref.kind == "Pod"} == {
        "Pod databases/orders-db-restore-7",
        "Pod kube-system/etcd-control-plane-1",
        "Pod kube-system/kube-apiserver-control-plane-1",
        "Pod kube-system/kube-controller-manager-control-plane-1",
        "Pod kube-system/kube-scheduler-control-plane-1",
        "Pod legacy/ftp-bridge",
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
    install_plain(fresh)
    for each in objects():
        kind = BY_KIND[each["apiVersion"], each["kind"]]
        namespace = each["metadata"].get("namespace", "")
        path = f"{kind.path(namespace)}?fieldValidation=Strict"
        # They join a pod that runs: no pod is created with them.
        answer = fresh.request("POST", path, _without_guests(each))
        label = f"{each['kind']} {each['metadata']['name']}: {answer.text}"
        if answer.status == 422 and f"[{_OLD}]: Invalid value" in answer.text:
            # That namespace is older than the admission plugin, which keeps what it finds.
            del each["metadata"]["labels"][_OLD]
            answer = fresh.request("POST", path, each)
        # A new server has its own namespaces, roles and Service `kubernetes` already.
        assert answer.status in (201, 409), label
        if answer.status == 409:
            assert each["metadata"]["name"] in _THERE_ALREADY, label
        if guests := each.get("spec", {}).get(_GUESTS):
            live = {**answer.json(), "spec": {**answer.json()["spec"], _GUESTS: guests}}
            path = f"{kind.path(namespace, each['metadata']['name'])}/ephemeralcontainers"
            answer = fresh.request("PUT", path, live)
            assert answer.status == 200, answer.text


_OLD = "pod-security.kubernetes.io/audit"


def _without_guests(value: dict[str, Any]) -> dict[str, Any]:
    spec = {key: field for key, field in value.get("spec", {}).items() if key != _GUESTS}
    return {**value, "spec": spec} if _GUESTS in value.get("spec", {}) else value


_GUESTS = "ephemeralContainers"
_THERE_ALREADY = ("default", "kube-system", "kube-public", "kube-node-lease", "cluster-admin",
                  "kubernetes")  # fmt: skip
