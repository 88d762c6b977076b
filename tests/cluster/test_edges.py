"""Who calls whom on the training cluster: what its settings show is found, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.edges import Edge, End, EndKind, EvidenceKind
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.policies import policies_of
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import MIRROR, workloads
from tests.cluster.test_training import inventory as _inventory

TRUTH: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "edges.yaml").read_text("utf-8"))
Row = dict[str, Any]
Named = tuple[str, str, int, str]

inventory = _inventory


def row_name(row: Row) -> Named:
    """Return what tells a row of the truth from the others."""
    return row["from"], row["to"], row["port"], row.get("protocol", "TCP")


def edge_name(edge: Edge) -> Named:
    """Return the same of an edge that was found."""
    return _label(edge.source), _label(edge.target), edge.port, edge.protocol


def _label(end: End) -> str:
    if end.ref is not None:
        return end.ref.label
    if end.kind is not EndKind.OUTSIDE:
        return str(end.kind)
    where = end.host or end.address.removesuffix("/32")
    return f"outside {where}" if where else "anywhere"


def edge_of(row: Row) -> Edge:
    """Return a row of the truth as an edge, so that policies can be asked about it."""
    return Edge(_end(row["from"]), _end(row["to"]), row["port"], row.get("protocol", "TCP"))


def _end(text: str) -> End:
    kind, _, where = text.partition(" ")
    if text in ("anywhere", "control plane", "nodes"):
        return End(EndKind.OUTSIDE if text == "anywhere" else EndKind(text))
    if kind == "outside":
        is_host = where.rpartition(".")[2].isalpha()
        return End(EndKind.OUTSIDE, host=where) if is_host else End(EndKind.OUTSIDE, address=where)
    return End(EndKind.WORKLOAD, ref_of(text))


def ref_of(text: str) -> Ref:
    """Return the reference that ``Deployment shop/web`` stands for."""
    kind, _, name = text.partition(" ")
    type_ = next(each for each in kinds.BUILT_IN if each.kind == kind)
    return type_.ref(*name.split("/"))


def test_every_call_that_settings_show_is_found_and_none_is_invented(inventory: Inventory) -> None:
    """The edges written by hand hold in both directions, names and ports and all."""
    found = {
        edge_name(edge)
        for edge in calls_of(inventory).edges
        if EvidenceKind.DNS not in {each.kind for each in edge.evidence}
    }
    shown = {row_name(row) for row in TRUTH["edges"] if row["seen"] == "settings"}
    assert found == shown | {row_name(row) for row in TRUTH["provided_for"]}


def test_every_pod_asks_the_clusters_dns(inventory: Inventory) -> None:
    """UDP and TCP, from all but those who ask what their node asks."""
    dns = TRUTH["dns"]
    asking = {
        workload.ref.label
        for workload in workloads(inventory)
        if MIRROR not in workload.metadata.annotation
    } - {*dns["on_the_nodes_network"], dns["server"]}
    found = {
        edge_name(edge)
        for edge in calls_of(inventory).edges
        if _label(edge.target) == dns["server"]
    }
    assert {name for name in found if name[2] == dns["port"]} == {
        (label, dns["server"], dns["port"], protocol)
        for label in asking
        for protocol in ("TCP", "UDP")
    }


@pytest.mark.parametrize("row", TRUTH["edges"], ids=lambda row: f"{row['from']} to {row['to']}")
def test_what_cannot_be_known_is_said(inventory: Inventory, row: Row) -> None:
    """A call that nothing shows is no pass: what it is about is named as not known."""
    assert row["seen"] in ("settings", "flows", "nowhere")
    if row["seen"] == "nowhere":
        assert row["untold"] in {untold.about.label for untold in calls_of(inventory).untold}


def test_every_team_calls_somebody() -> None:
    """The edges are about all that people run, the first try in default excepted."""
    spaces = {_end(row[end]).ref for row in TRUTH["edges"] for end in ("from", "to")}
    told = {ref.namespace for ref in spaces if ref is not None}
    assert {name for name in told if not is_system_namespace(name)} == {
        "catalogue", "ci", "databases", "gitops", "ingress", "legacy", "monitoring", "office",
        "payments", "shop",
    }  # fmt: skip


@pytest.mark.parametrize("row", TRUTH["attacks"], ids=lambda row: row["why"])
def test_every_attack_gets_through_before(inventory: Inventory, row: Row) -> None:
    """Nothing that Mallory tries is stopped by the policies of today."""
    answer = judge_edge(edge_of(row), policies_of(inventory), inventory).answer
    assert answer is not Answer.DENIED


def test_what_is_cut_already_is_known(inventory: Inventory) -> None:
    """Every call works today, but for those that are told not to."""
    policies = policies_of(inventory)
    cut = {
        row_name(row)
        for row in TRUTH["edges"]
        if judge_edge(edge_of(row), policies, inventory).answer is Answer.DENIED
    }
    assert cut == {row_name(row) for row in TRUTH["cut_already"]}
