"""Units: a selector that chooses one workload's pods and nobody else's."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from k8sharden.analysis.network.units import Unit, unit_of, units
from k8sharden.analysis.selectors import chooses
from k8sharden.model.ref import Ref
from tests.remediations import harness

LABELS = st.dictionaries(
    st.sampled_from(["app", "tier", "track"]), st.sampled_from(["a", "b", "c"]), max_size=3
)


def pod(name: str, labels: dict[str, str], **metadata: Any) -> dict[str, Any]:
    """Return a running pod of the shop."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": labels, **metadata},
        "spec": {"containers": [{"name": "c", "image": "busybox"}]},
        "status": {"phase": "Running"},
    }


def found(*docs: dict[str, Any]) -> dict[str, Unit]:
    """Return the units of the shop by their names."""
    return {unit.name: unit for unit in units("shop", harness.inventory(docs))}


def deployment(name: str, selector: dict[str, str], labels: dict[str, str]) -> dict[str, Any]:
    """Return a Deployment of the shop, of which nothing runs yet."""
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c"}]}}
    spec = {"selector": {"matchLabels": selector}, "template": template}
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def test_a_workload_is_chosen_by_the_labels_that_it_declares() -> None:
    """A label that a rollout changes, such as a version, would let go of the next pods."""
    web = deployment("web", {"app": "web"}, {"app": "web", "version": "1.8"})
    assert found(web)["web"].selector == {"matchLabels": {"app": "web"}}


def test_a_canary_is_told_from_what_it_tries() -> None:
    """A policy for the one would isolate the other, whose own may come later or never."""
    web = deployment("web", {"app": "web"}, {"app": "web"})
    canary = deployment("canary", {"app": "web"}, {"app": "web", "track": "canary"})
    seen = found(web, canary)
    assert seen["web"].selector == {
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "track", "operator": "DoesNotExist"}],
    }
    assert seen["canary"].selector == {"matchLabels": {"app": "web", "track": "canary"}}


def test_labels_of_single_pods_are_not_chosen_by() -> None:
    """The hash of a template, and the name of a replica, are gone with the next rollout."""
    labels = {"app": "web", "pod-template-hash": "abc", "batch.kubernetes.io/job-name": "x"}
    assert found(pod("web", labels))["web"].selector == {"matchLabels": {"app": "web"}}


def test_what_no_label_tells_apart_is_one_unit() -> None:
    """Two policies with one selector would be two halves of what either pod needs."""
    (unit,) = found(pod("one", {"app": "x"}), pod("two", {"app": "x"})).values()
    assert [each.ref.name for each in unit.workloads] == ["one", "two"]
    assert unit.label == "Pod one and Pod two"


def test_the_pods_of_a_custom_resource_are_one_unit_under_its_name() -> None:
    """Their names change as its operator replaces them."""
    owner = {"apiVersion": "db.example/v1", "kind": "Cluster", "name": "orders", "controller": True}
    one = pod("orders-1", {"cluster": "orders", "role": "a"}, ownerReferences=[owner])
    two = pod("orders-2", {"cluster": "orders", "role": "b"}, ownerReferences=[owner])
    (unit,) = found(one, two).values()
    assert (unit.name, unit.owner) == ("orders", "Cluster orders")
    assert unit.selector == {"matchLabels": {"cluster": "orders"}}


def test_names_are_told_apart_and_fit_for_an_object() -> None:
    """A Pod and a Deployment may share a name; a long one, or one with dots, is cut and hashed."""
    seen = found(
        pod("web", {"app": "a"}),
        deployment("web", {"app": "b"}, {"app": "b"}),
        pod("x.y", {"app": "c"}),
        pod("z" * 200, {"app": "d"}),
    )
    assert len(seen) == 4
    assert all(len(name) <= 49 and "." not in name for name in seen)


@given(st.lists(LABELS, min_size=1, max_size=8))
def test_a_unit_is_chosen_whole_and_alone(labels: list[dict[str, str]]) -> None:
    """Whatever labels pods have, each is chosen by the selector of its own unit only."""
    docs = [pod(f"pod-{number}", each) for number, each in enumerate(labels)]
    seen = harness.inventory(docs)
    every = units("shop", seen)
    for number, each in enumerate(labels):
        own = unit_of(Ref("v1", "Pod", "shop", f"pod-{number}"), seen)
        assert [unit for unit in every if chooses(unit.selector, each)] == [own]
