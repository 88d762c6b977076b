"""Whose flows they are: this cluster's, another one's, or nobody can tell."""

from typing import Any

import pytest

from k8sharden.errors import Refused
from k8sharden.evidence.files import FLOWS, LogFiles, named
from k8sharden.evidence.flows.whose import judge_flows
from k8sharden.evidence.given import FlowLog
from k8sharden.evidence.whose import Whose
from k8sharden.model.flows import Flow, FlowEnd, Flows
from k8sharden.model.inventory import Inventory
from tests.remediations.harness import documents, inventory

HERE = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec: {template: {spec: {containers: []}}}
"""
CILIUM = """
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {cluster-name: %s}
"""


def here(*more: str, **given: Any) -> Inventory:
    """A cluster with a namespace and a workload."""
    evidence = {"apiVersion": "tests.k8sharden/v1", "kind": "Evidence", **given}
    return inventory([*(each for text in (HERE, *more) for each in documents(text)), evidence])


def of(*ends: str, clusters: tuple[str, ...] = ()) -> Flows:
    """Flows from these pods, as NAMESPACE/NAME, to an address."""
    sources = (FlowEnd(*end.split("/")) for end in ends)
    target = FlowEnd(address="10.0.0.1")
    return Flows(tuple(Flow(each, target, 80, forwarded=1) for each in sources), clusters=clusters)


@pytest.mark.parametrize(
    ("flows", "more", "whose"),
    [
        (of("shop/db-0"), (), Whose.THIS),
        (of("shop/db"), (), Whose.THIS),
        (of("shop/other"), (), Whose.UNKNOWN),
        (of("a/x", "b/x", "c/x"), (), Whose.ANOTHER),
        (of("a/x", "b/x", "shop/db-0"), (), Whose.THIS),
        (of("a/x", "b/x", "default/x", "kube-system/x"), (), Whose.UNKNOWN),
        (of(), (), Whose.UNKNOWN),
        (of("shop/db-0", clusters=("west",)), (CILIUM % "books",), Whose.ANOTHER),
        (of("a/x", clusters=("west", "books")), (CILIUM % "books",), Whose.THIS),
        (of("shop/db-0", clusters=("west",)), (CILIUM % "default",), Whose.THIS),
        (of("shop/db-0", clusters=("west",)), (), Whose.THIS),
        (of("shop/db-0"), (CILIUM % "books",), Whose.THIS),
    ],
)
def test_names_of_the_cluster_and_of_workloads_tell(
    flows: Flows, more: tuple[str, ...], whose: Whose
) -> None:
    """What is called so everywhere tells nothing."""
    assert judge_flows(flows, here(*more)).whose is whose


def test_where_not_all_was_read_nobody_can_tell() -> None:
    """Namespaces that may not be listed may be there; manifests are rarely all there is."""
    elsewhere = of("a/x", "b/x", "c/x")
    hidden = here(unread={"namespaces": "forbidden"})
    assert judge_flows(elsewhere, hidden).whose is Whose.UNKNOWN
    files = here(source={"kind": "manifests", "name": "x"})
    assert judge_flows(elsewhere, files).whose is Whose.UNKNOWN


def test_flows_of_another_cluster_are_refused_unless_insisted_on() -> None:
    """Insisting, or not knowing, goes on among what they cannot show."""
    flows = of("a/x", "b/x", "c/x")
    with pytest.raises(Refused, match=r"none of their namespaces is here: a, b, c.*--insist-flows"):
        FlowLog(LogFiles(("x",), option=FLOWS)).checked(flows, here())
    insisted = FlowLog(LogFiles(("x",), insisted=True, option=FLOWS)).checked(flows, here())
    assert insisted.blind == ("none of their namespaces is here: a, b, c.",)
    assert "Nothing in the flows tells" in FlowLog().checked(of(), here()).blind[0]
    assert FlowLog().checked(of("shop/db-0"), here()).blind == ()


def test_the_options_name_the_same_files_again() -> None:
    """Each kind of evidence under its own option."""
    both = named(("a.log",), ("b.json", "c.csv"), insist_audit_log=True, insist_flows=True)
    assert both.audit_log.options == ("--audit-log", "a.log", "--insist-audit-log")
    assert both.flows.options == ("--flows", "b.json", "--flows", "c.csv", "--insist-flows")
    assert named((), (), insist_flows=True).flows.options == ()
    assert named(("-",), ("-",)).from_stdin == ("--audit-log", "--flows")
