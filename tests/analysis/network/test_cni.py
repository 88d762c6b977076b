"""Enforcement is said in a few words, and is the cluster's, whatever part of it is looked at."""

import pytest

from k8sharden.analysis.network import cni
from k8sharden.analysis.network.cni import Enforcement, State, enforcement
from tests.remediations.harness import documents, inventory

CALICO = """
apiVersion: v1
kind: Node
metadata: {name: worker-1}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec: {template: {spec: {containers: [{name: calico-node, image: calico/node}]}}}
status: {desiredNumberScheduled: 1, numberReady: 1}
"""


def test_a_view_of_one_namespace_knows_the_plug_in() -> None:
    """What enforces stands in another namespace than what is judged."""
    whole = inventory(documents(CALICO))
    found = enforcement(whole.limited_to(["shop"]).limited_to(["shop"]))
    assert found is enforcement(whole)
    assert found is not None
    assert found.said == (
        "Calico enforces NetworkPolicies: DaemonSet kube-system/calico-node is ready on 1 of 1 "
        "nodes."
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, ""),
        (Enforcement(State.ENFORCED, "Calico", ""), "Calico enforces policies"),
        (Enforcement(State.NOT_ENFORCED, "Flannel", ""), "Flannel does not enforce policies"),
        (Enforcement(State.UNKNOWN, "", ""), "not known whether policies are enforced"),
    ],
)
def test_a_line_of_facts_says_it_in_a_few_words(found: Enforcement | None, words: str) -> None:
    """Each state has its words, and none where there is nothing to say."""
    assert cni.said(found) == words
