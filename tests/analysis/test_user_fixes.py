"""How containers are kept from root: a user is never made up."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.containers import Fix
from k8sharden.analysis.user_fixes import ask_for_no_root, forbid_root
from k8sharden.model.change import NoChange
from k8sharden.model.edits import edited
from k8sharden.model.facts import Facts, ImageFact
from k8sharden.model.workloads import workloads
from tests.remediations import harness
from tests.remediations.harness import Document


def _answer(
    container: Document, *, user: str | None = None, zero: bool = False, **pod: Any
) -> tuple[Fix | NoChange, Document]:
    """Return the answer to a pod of one container, and the pod's spec."""
    spec = {"containers": [{"name": "web", "image": "web:1", **container}], **pod}
    docs = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"template": {"spec": spec}},
        }
    ]
    facts = {} if user is None else {"web:1": ImageFact("web:1", user=user)}
    inventory = msgspec.structs.replace(harness.inventory(docs), facts=Facts(facts))
    (workload,) = workloads(inventory)
    answer = (ask_for_no_root if zero else forbid_root)(workload, inventory)
    edits = answer.edits if isinstance(answer, Fix) else ()
    after: Document = edited(docs[0], edits)["spec"]["template"]["spec"]
    return answer, after


def _reason(answer: Fix | NoChange) -> str:
    assert isinstance(answer, NoChange)
    return answer.reason


def _warnings(answer: Fix | NoChange) -> tuple[str, ...]:
    assert isinstance(answer, Fix)
    return answer.warnings


@pytest.mark.parametrize(
    ("container", "user", "pod"),
    [
        ({"securityContext": {"runAsUser": 10001}}, None, {}),
        ({}, None, {"securityContext": {"runAsUser": 10001}}),
        ({}, "10001", {}),
        ({}, "10001:0", {}),
        ({"image": "grafana/grafana:12"}, None, {}),
    ],
)
def test_a_numeric_user_needs_no_test(
    container: Document, user: str | None, pod: dict[str, Any]
) -> None:
    """The kubelet sees it, whether the manifest, the registry or the documentation says so."""
    answer, after = _answer(container, user=user, **pod)
    assert _warnings(answer) == ()
    assert after["securityContext"]["runAsNonRoot"] is True
    assert isinstance(answer, Fix)
    assert [edit.path[-1] for edit in answer.edits] == ["runAsNonRoot"]


@pytest.mark.parametrize("user", ["", "root", "0", "0:0", "root:root", "00"])
def test_an_image_of_root_is_left_alone_with_the_reason(user: str) -> None:
    """The kubelet would refuse to start it, and the reason says what to do."""
    said = _reason(_answer({}, user=user)[0])
    assert said.startswith("Container web runs as root (image web:1 says")
    assert "CreateContainerConfigError" in said
    assert said.endswith("Give the image a numeric USER, or set a runAsUser that its files allow.")


def test_a_user_with_a_name_only_cannot_be_verified() -> None:
    """The kubelet does not look into the image's list of users."""
    said = _reason(_answer({}, user="node")[0])
    assert "a user that is no number (image web:1 says node)" in said


def test_a_known_image_names_the_way_out() -> None:
    """An image that starts without root, or the number that its documentation gives."""
    assert "nginxinc/nginx-unprivileged" in _reason(_answer({"image": "nginx"})[0])
    assert "redis (999)" in _reason(_answer({"image": "redis"})[0])


def test_a_stranger_is_changed_and_has_to_be_tested() -> None:
    """Most images of one's own are built with a user; some are not."""
    (warning,) = _warnings(_answer({})[0])
    assert warning.startswith("Needs testing: nobody knows as whom container web runs.")


def test_a_low_port_has_to_be_tested_where_root_may_have_bound_it() -> None:
    """What runs as somebody else today binds it already."""
    ports = {"ports": [{"containerPort": 80}]}
    assert "binds port 80 only where" in _warnings(_answer(ports)[0])[1]
    assert _warnings(_answer(ports, user="10001")[0]) == ()
    zero = {**ports, "securityContext": {"runAsUser": 0}}
    assert any("binds port 80" in each for each in _warnings(_answer(zero, user="10001")[0]))


def test_asking_for_root_goes_with_it() -> None:
    """Beside runAsNonRoot the kubelet would refuse user 0; both items write the same edits."""
    container: Document = {"securityContext": {"runAsUser": 0, "runAsNonRoot": False}}
    pod: Document = {"securityContext": {"runAsUser": 0}}
    answer, after = _answer(container, user="10001", **pod)
    assert after["securityContext"] == {"runAsNonRoot": True}
    assert after["containers"][0]["securityContext"] == {}
    other, _ = _answer(container, user="10001", zero=True, **pod)
    assert isinstance(answer, Fix)
    assert isinstance(other, Fix)
    assert [edit for edit in other.edits if edit not in answer.edits] == []
    assert any("somebody asked for root in container web" in each for each in answer.warnings)


def test_what_says_true_already_stays_as_it_is() -> None:
    """Where only the pod is wrong, no container is touched."""
    container = {"securityContext": {"runAsNonRoot": True}}
    _, after = _answer(container, securityContext={"runAsNonRoot": False})
    assert after["securityContext"] == {"runAsNonRoot": True}
    assert after["containers"][0]["securityContext"] == {"runAsNonRoot": True}


def test_taking_user_zero_away_wins_nothing_where_the_image_is_root() -> None:
    """The reason says so, and how to do without."""
    container = {"securityContext": {"runAsUser": 0}}
    said = _reason(_answer(container, user="", zero=True)[0])
    assert said.startswith("Container web would run as root all the same")
    unknown, after = _answer(container, zero=True)
    assert after["containers"][0]["securityContext"] == {}
    assert any("may run as root by itself" in each for each in _warnings(unknown))
    known, _ = _answer(container, user="node", zero=True)
    assert len(_warnings(known)) == 1


@pytest.mark.parametrize("zero", [True, False])
def test_an_agent_with_a_way_to_its_node_keeps_its_user(*, zero: bool) -> None:
    """It reads what belongs to root there; without a way there is nothing to read."""
    agent: Document = {"name": "vector", "image": "timberio/vector:1"}
    if zero:
        agent["securityContext"] = {"runAsUser": 0}
    said = _reason(_answer(agent, zero=zero, hostPID=True)[0])
    assert "looks like a log collector" in said
    assert isinstance(_answer(agent, zero=zero)[0], Fix)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"runAsUserName": "ContainerAdministrator"}, "Set runAsUserName to ContainerUser"),
        ({"hostProcess": True, "runAsUserName": "x"}, "take hostProcess away first"),
    ],
)
def test_windows_has_an_administrator(options: Document, said: str) -> None:
    """There the kubelet goes by names, and a process of the node takes no such promise."""
    windows: Document = {"os": {"name": "windows"}}
    assert said in _reason(_answer({"securityContext": {"windowsOptions": options}}, **windows)[0])


def test_a_named_user_of_windows_is_sure() -> None:
    """And one that nobody names has to be tested."""
    options = {"windowsOptions": {"runAsUserName": "ContainerUser"}}
    windows: Document = {"os": {"name": "windows"}}
    assert _warnings(_answer({"securityContext": options}, **windows)[0]) == ()
    (warning,) = _warnings(_answer({}, **windows)[0])
    assert "As ContainerAdministrator" in warning


def test_a_pods_zero_that_every_container_overrides_needs_no_test() -> None:
    """No process ran as root, so that no file can be root's."""
    context = {"securityContext": {"runAsUser": 10001}}
    answer, after = _answer(context, zero=True, securityContext={"runAsUser": 0})
    assert _warnings(answer) == ()
    assert "runAsUser" not in after["securityContext"]


@pytest.mark.parametrize("zero", [False, True])
def test_what_a_registry_said_of_the_user_is_what_the_change_rests_on(*, zero: bool) -> None:
    """Another answer makes another plan, whose digest differs; without one nothing is rested on."""
    container = {"securityContext": {"runAsUser": 0}} if zero else {}
    told, _ = _answer(container, user="1000", zero=zero)
    assert isinstance(told, Fix)
    assert told.basis == {"user of web:1": "1000"}
    unasked, _ = _answer(container, zero=zero)
    assert isinstance(unasked, Fix)
    assert unasked.basis == {}
