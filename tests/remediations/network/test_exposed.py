"""Closing the nodes' ports: a real server takes it, and gives the same port back."""

from collections.abc import Iterator

import msgspec
import pytest

from k8sharden.model.change import Change, NoChange, Patch
from k8sharden.model.edits import edited
from k8sharden.model.facts import Facts
from k8sharden.model.flows import Flow, FlowEnd, Flows
from remediations.network.exposed import ITEM
from tests.remediations import harness
from tests.remediations.harness import Document
from tests.servers.control_plane import ControlPlane

FIXTURE = harness.read(harness.fixtures(ITEM.id, "fail")[0])


def change() -> Change:
    """Return the change for the Service to which a route leads."""
    answer = harness.remedy(ITEM, FIXTURE)
    assert isinstance(answer, Change), answer
    return answer


def services() -> Iterator[Document]:
    """Yield the first Service of the fixture."""
    yield from (each for each in FIXTURE if each["kind"] == "Service")


def test_it_says_who_is_cut_off_and_what_stays() -> None:
    """Whoever reviews knows which port goes, and which way in there still is."""
    (warning,) = change().warnings
    assert warning.startswith("Needs testing: whoever still uses port 30300")
    assert "Ingress monitoring/grafana" in warning


def test_a_clients_flow_at_the_nodes_port_holds_it_back() -> None:
    """Who was seen there would be cut off, route or not."""
    flow = Flow(
        FlowEnd(address="198.51.100.7"),
        FlowEnd(namespace="monitoring", workload="Deployment/grafana"),
        3000,
        forwarded=3,
    )
    seen = harness.inventory(FIXTURE)
    seen = msgspec.structs.replace(seen, facts=Facts(flows=Flows((flow,))))
    found = next(each for each in ITEM.evaluate(seen) if each.resource.name == "grafana")
    answer = ITEM.remediate(found, seen)
    assert isinstance(answer, NoChange)
    assert "198.51.100.7" in answer.reason


@pytest.mark.real
def test_a_server_closes_the_port_and_opens_the_same_one_again(
    control_plane: ControlPlane,
) -> None:
    """Undo asks for the number that it was."""
    space = control_plane.create_namespace()
    first = next(services())
    body = {**first, "metadata": {"name": "grafana", "namespace": space}}
    url = f"/api/v1/namespaces/{space}/services"
    before = control_plane.request("POST", url, body).expect(201).json()
    (write,) = change().writes
    assert isinstance(write, Patch)
    after = edited(before, write.edits)
    closed = control_plane.request("PUT", f"{url}/grafana", after).expect(200).json()
    assert closed["spec"]["type"] == "ClusterIP"
    assert "nodePort" not in closed["spec"]["ports"][0]
    before["metadata"]["resourceVersion"] = closed["metadata"]["resourceVersion"]
    again = control_plane.request("PUT", f"{url}/grafana", before).expect(200).json()
    assert again["spec"]["ports"][0]["nodePort"] == 30300


def test_ranges_are_never_guessed() -> None:
    """The answer names the field, and leaves the addresses to those who know."""
    seen = harness.inventory(FIXTURE)
    answers = {each.resource.name: ITEM.remediate(each, seen) for each in ITEM.evaluate(seen)}
    answer = answers["both"]
    assert isinstance(answer, NoChange)
    assert "spec.loadBalancerSourceRanges" in answer.reason
