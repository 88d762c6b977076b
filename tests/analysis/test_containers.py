"""What the items that judge pod templates share."""

import msgspec
import pytest

from k8sharden.analysis.containers import (
    SYSTEM,
    Defect,
    Fix,
    changeable,
    finding,
    named,
    template_change,
)
from k8sharden.model.change import NoChange, Risk
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container, Visited
from k8sharden.model.workloads import Workload, workloads
from remediations.runtime import rofs
from tests.remediations import harness
from tests.remediations.harness import Document

TEMPLATE = {"template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}}


def _object(kind: str = "Deployment", namespace: str = "shop", **metadata: object) -> Document:
    inner = {"jobTemplate": {"spec": TEMPLATE}} if kind == "CronJob" else TEMPLATE
    return {
        "apiVersion": {"CronJob": "batch/v1", "ReplicationController": "v1"}.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": "web", "namespace": namespace, **metadata},
        "spec": inner,
    }


def _seen(document: Document) -> tuple[Inventory, Workload, Finding]:
    inventory = harness.inventory([document])
    (workload,) = workloads(inventory)
    return (
        inventory,
        workload,
        finding(rofs.ITEM, workload, Defect("It is bad.", "spec")),
    )


def test_a_template_that_is_ours_to_change_is_returned() -> None:
    """The workload is found again by the reference of its finding."""
    inventory, workload, found = _seen(_object())
    assert changeable(found, inventory) is workload


def test_the_clusters_own_parts_are_never_changed() -> None:
    """Whatever the item, a finding in a system namespace is shown and left alone."""
    inventory, _, found = _seen(_object(namespace="kube-system"))
    assert found.system
    assert changeable(found, inventory) == NoChange(SYSTEM)


def test_what_an_operator_owns_is_answered_with_its_owner() -> None:
    """A patch would be put back by the operator, so its resource is named instead."""
    owner = {"apiVersion": "db.example/v1", "kind": "Database", "name": "d", "controller": True}
    inventory, _, found = _seen(_object(ownerReferences=[owner]))
    answer = changeable(found, inventory)
    assert isinstance(answer, NoChange)
    assert "Database d" in answer.reason


def test_what_is_gone_is_not_guessed_at() -> None:
    """A finding of an earlier scan may speak of a workload that was deleted since."""
    _, _, found = _seen(_object())
    answer = changeable(found, harness.inventory([]))
    assert isinstance(answer, NoChange)
    assert "scan again" in answer.reason


@pytest.mark.parametrize(
    ("kind", "risk", "words"),
    [
        ("Deployment", Risk.RESTART, ""),
        ("StatefulSet", Risk.RESTART, ""),
        ("CronJob", Risk.SAFE, "next run"),
        ("ReplicaSet", Risk.RESTART, "does not replace pods"),
        ("ReplicationController", Risk.RESTART, "does not replace pods"),
    ],
)
def test_a_change_says_what_its_kind_of_rollout_means(kind: str, risk: Risk, words: str) -> None:
    """A CronJob waits for its next run; a ReplicaSet's pods stay until somebody deletes them."""
    _, workload, _ = _seen(_object(kind))
    change = template_change(workload, Fix("Change it", (), ("First.",)))
    assert change.risk is risk
    assert change.warnings[0] == "First."
    assert [words in warning for warning in change.warnings[1:]] == [True] * bool(words)


def test_names_fit_a_sentence_and_do_no_harm() -> None:
    """Names come from outside: they are cut, and what would drive a terminal is shown."""
    many = [Visited(Container(name=f"container-{i}"), "containers", i) for i in range(40)]
    assert len(named(many)) <= 85
    assert named(many).startswith("containers container-0, container-1")
    hostile = msgspec.structs.replace(many[0], container=Container(name="a\x1b[2J"))
    assert named([hostile]) == "container a<U+001B>[2J"
