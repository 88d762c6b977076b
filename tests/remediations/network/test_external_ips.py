"""What the fix of claimed addresses says of those who use them."""

from typing import Any

import msgspec

from k8sharden.model.change import Change, NoChange
from k8sharden.model.evidence import ApiServerFlags, ControlPlane
from k8sharden.model.facts import Facts
from k8sharden.model.flows import Flow, FlowEnd, Flows
from k8sharden.model.inventory import Inventory
from remediations.network.external_ips import ITEM
from tests.remediations import harness

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "ftp-bridge", "namespace": "legacy", "labels": {"app": "ftp"}},
    "spec": {"containers": [{"name": "ftp", "image": "ftp", "ports": [{"containerPort": 21}]}]},
    "status": {"phase": "Running", "podIP": "10.244.1.7", "podIPs": [{"ip": "10.244.1.7"}]},
}
CLIENT, BRIDGE = FlowEnd(address="203.0.113.9"), FlowEnd(namespace="legacy", pod="ftp-bridge")
FLOWS = Flows((Flow(CLIENT, BRIDGE, 21, forwarded=3),))


def service(**spec: Any) -> dict[str, Any]:
    """Return the Service that claims an address, with these fields beside."""
    ports = [{"port": 2121, "targetPort": 21}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "ftp-bridge", "namespace": "legacy"},
        "spec": {
            "selector": {"app": "ftp"}, "ports": ports, "externalIPs": ["198.51.100.21"], **spec
        },
    }  # fmt: skip


def answered(seen: Inventory) -> Change | NoChange:
    """Return the answer to the one finding."""
    (found,) = ITEM.evaluate(seen)
    return ITEM.remediate(found, seen)


def warnings(seen: Inventory) -> str:
    """Return what the change warns of."""
    answer = answered(seen)
    assert isinstance(answer, Change)
    return " ".join(answer.warnings)


def test_without_flows_nobody_knows_who_uses_the_address() -> None:
    """The change is offered, and says that it is not known whom it cuts off."""
    said = warnings(harness.inventory([POD, service()]))
    assert said == (
        "Needs testing: whoever connects to 198.51.100.21 on port 2121 is cut off, or reaches who "
        "really has that address. No flows were given (--flows), so it is not known who that is."
    )


def test_flows_that_show_nobody_are_said() -> None:
    """That nobody was seen is worth something."""
    seen = msgspec.structs.replace(harness.inventory([POD, service()]), facts=Facts(flows=Flows()))
    assert "The flows show nobody from outside." in warnings(seen)


def test_clients_without_another_way_in_hold_the_change_back() -> None:
    """Who was seen is named, and nothing is cut."""
    seen = msgspec.structs.replace(harness.inventory([POD, service()]), facts=Facts(flows=FLOWS))
    answer = answered(seen)
    assert isinstance(answer, NoChange)
    assert "203.0.113.9" in answer.reason


def test_clients_that_may_come_by_the_nodes_port_are_named_in_a_warning() -> None:
    """The flows do not tell which way they came."""
    docs = [POD, service(type="NodePort")]
    seen = msgspec.structs.replace(harness.inventory(docs), facts=Facts(flows=FLOWS))
    assert "The flows show 203.0.113.9" in warnings(seen)


def test_an_api_server_that_refuses_the_field_takes_no_undo() -> None:
    """What cannot be taken back is said before it is done."""
    flags = {"enable-admission-plugins": "NodeRestriction,DenyServiceExternalIPs"}
    plane = ControlPlane(servers=(ApiServerFlags("static pod", flags),))
    seen = msgspec.structs.replace(harness.inventory([POD, service()]), control_plane=plane)
    assert "no undo" in warnings(seen)


def test_a_service_that_was_mended_meanwhile_has_no_change() -> None:
    """A finding may be older than the inventory it is answered from."""
    (found,) = ITEM.evaluate(harness.inventory([service()]))
    for docs in ([], [service(externalIPs=None)]):
        assert isinstance(ITEM.remediate(found, harness.inventory(docs)), NoChange)
