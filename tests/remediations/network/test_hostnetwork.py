"""Policies that do not hold for pods of the node's network: what is said to do."""

from typing import Any

from k8sharden.model.change import NoChange
from remediations.network.hostnetwork import ITEM
from tests.remediations import harness

POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "runner", "namespace": "ci"},
    "spec": {"podSelector": {"matchLabels": {"app": "runner"}}},
}


def runner(adds: str = "", *, host_network: bool = True) -> dict[str, Any]:
    """Return a Deployment whose container adds a capability."""
    security = {"capabilities": {"add": [adds]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "runner", "namespace": "ci"},
        "spec": {
            "template": {
                "metadata": {"labels": {"app": "runner"}},
                "spec": {
                    "hostNetwork": host_network,
                    "containers": [{"name": "runner", "image": "r", "securityContext": security}],
                },
            }
        },
    }


def reason(*docs: dict[str, Any]) -> str:
    """Return what is said to a finding of a runner without a need, given these objects by now."""
    (found,) = ITEM.evaluate(harness.inventory([runner(), POLICY]))
    answer = ITEM.remediate(found, harness.inventory(docs))
    assert isinstance(answer, NoChange)
    return answer.reason


def test_without_a_need_the_way_is_the_pod_network() -> None:
    """The other check's fix makes the policies hold."""
    said = reason(runner(), POLICY)
    assert said.startswith("Take hostNetwork away, as the fix of pss-host-namespaces does")
    assert "limit its traffic at the node" in said


def test_with_a_need_the_way_is_a_policy_of_the_node() -> None:
    """Why it has to stay is said first."""
    said = reason(runner("NET_ADMIN"), POLICY)
    assert said.startswith("It adds NET_ADMIN")
    assert "Limit its traffic at the node" in said


def test_what_left_the_nodes_network_meanwhile_is_said() -> None:
    """A finding may be older than the inventory it is answered from."""
    for docs in ([], [runner(host_network=False)]):
        assert reason(*docs) == "It is not on the node's network by now: scan again."
