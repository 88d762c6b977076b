"""What the default-deny policy says of what it will stop."""

from typing import Any

from k8sharden.model.change import Change, Create, NoChange, Risk
from remediations.network.no_default_deny_ingress import ITEM
from tests.remediations import harness

Document = dict[str, Any]


def deployment(name: str) -> Document:
    """Return a Deployment of the shop whose pods carry its name as their label."""
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": name, "image": "busybox"}]},
    }
    metadata = {"namespace": "shop", "name": name}
    spec = {"template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def service(name: str, kind: str = "ClusterIP") -> Document:
    """Return a Service for the pods of that name."""
    metadata = {"namespace": "shop", "name": f"{name}-service"}
    spec = {"type": kind, "selector": {"app": name}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def policy(name: str, app: str) -> Document:
    """Return a policy that lets something in to one app."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"podSelector": {"matchLabels": {"app": app}}, "ingress": [{"from": []}]},
    }


def change(*docs: Document) -> Change:
    """Return the change that answers the first finding."""
    answer = harness.remedy(ITEM, list(docs))
    assert isinstance(answer, Change), answer
    return answer


def test_it_creates_one_policy_that_selects_all_and_allows_nothing() -> None:
    """Nothing else is touched, and the risk is to traffic."""
    answer = change(deployment("web"))
    (write,) = answer.writes
    assert isinstance(write, Create)
    assert write.ref.label == "NetworkPolicy shop/default-deny-ingress"
    assert write.manifest["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert answer.risk is Risk.TRAFFIC


def test_it_names_what_nothing_is_known_to_call() -> None:
    """Who reviews sees what stops to be reached, and not what has a policy already."""
    docs = (deployment("web"), deployment("cart"), service("web"), policy("p", "cart"))
    stops = change(*docs).warnings[0]
    assert "nothing will reach them: Deployment web." in stops


def test_what_everybody_may_call_from_outside_is_kept_and_said() -> None:
    """Clients of a LoadBalancer have the address of a node: only the port can be limited."""
    answer = change(deployment("web"), service("web", "LoadBalancer"))
    allow, deny = answer.writes
    assert isinstance(allow, Create)
    assert allow.manifest["spec"]["ingress"] == [{"ports": [{"protocol": "TCP", "port": 80}]}]
    assert deny.ref.name == "default-deny-ingress"
    assert any("Open to anybody, since clients from outside" in each for each in answer.warnings)


def test_it_does_not_warn_of_stops_where_everything_is_allowed_something() -> None:
    """A warning that is always there is not read."""
    warnings = change(deployment("cart"), policy("p", "cart")).warnings
    assert not any("nothing will reach" in each for each in warnings)
    assert any(each.startswith("Needs testing") for each in warnings)


def test_replicas_that_may_call_each_other_are_said() -> None:
    """A database that replicates without a setting that says so would be cut in two."""
    docs = (deployment("db") | {"kind": "StatefulSet"}, service("db"))
    docs[0]["spec"]["replicas"] = 3
    assert any(
        each.startswith("Needs testing") and "whether its pods call each other" in each
        for each in change(*docs).warnings
    )


def test_a_long_list_is_cut_and_counted() -> None:
    """A review is for reading: eight are named and the rest counted."""
    stops = change(*(deployment(f"app-{number:02}") for number in range(14))).warnings[0]
    assert "app-07" in stops
    assert "app-08" not in stops
    assert "and 6 more" in stops


def test_a_policy_of_the_same_name_is_left_alone() -> None:
    """Somebody wrote it for a reason; ours gets a number."""
    answer = change(deployment("web"), policy("default-deny-ingress", "cart"))
    assert answer.writes[0].ref.name == "default-deny-ingress-2"


def test_it_says_when_services_could_not_be_read() -> None:
    """Else a Service that stops would be missing from the list without a word."""
    unread = {"apiVersion": harness.OURS, "kind": "Evidence", "unread": {"services": "forbidden"}}
    warnings = change(deployment("web"), unread).warnings
    assert any(each.startswith("Services could not be read") for each in warnings)


def test_a_namespace_that_is_closed_by_now_needs_no_change() -> None:
    """A finding may be older than the inventory it is answered from."""
    seen = harness.inventory([deployment("web")])
    finding = next(iter(ITEM.evaluate(seen)))
    answer = ITEM.remediate(finding, harness.inventory([]))
    assert isinstance(answer, NoChange)
