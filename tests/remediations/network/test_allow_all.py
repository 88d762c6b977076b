"""Narrowing open rules: what is needed stays, and what nothing tells is not guessed."""

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.policies import policies_of
from k8sharden.model.change import Change, NoChange
from remediations.network.allow_all import ITEM
from tests.remediations import harness
from tests.remediations.harness import Document


def deployment(name: str, *calls: str) -> Document:
    """Return a Deployment of the shop that listens on 8080, and is set to call some hosts."""
    env = [{"name": f"URL_{number}", "value": host} for number, host in enumerate(calls)]
    container = {"name": name, "image": "busybox", "env": env, "ports": [{"containerPort": 8080}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }


def service(name: str) -> Document:
    """Return the Service of a Deployment."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def policy(name: str, spec: Document) -> Document:
    """Return a policy of the shop."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"namespace": "shop", "name": name},
        "spec": spec,
    }


SPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "shop"}},
}
SHOP = [
    SPACE,
    deployment("web", "http://cart"),
    deployment("cart"),
    deployment("mail"),
    service("cart"),
]
OPEN = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}


def answers(docs: list[Document]) -> list[Change | NoChange]:
    """Return the answers to all findings."""
    seen = harness.inventory(docs)
    return [ITEM.remediate(finding, seen) for finding in ITEM.evaluate(seen)]


def reached(docs: list[Document], source: str, target: str) -> bool:
    """Whether an expected edge between two Deployments gets through."""
    seen = harness.inventory(docs)
    (edge,) = (
        each
        for each in calls_of(seen).edges
        if (each.source.ref and each.source.ref.name, each.target.ref and each.target.ref.name)
        == (source, target)
    )
    return judge_edge(edge, policies_of(seen), seen).answer is Answer.ALLOWED


def test_the_rules_are_for_those_who_call() -> None:
    """One peer on one port, and nobody else."""
    (change,) = answers([*SHOP, policy("open", OPEN)])
    assert isinstance(change, Change)
    (after,) = (each for each in harness.applied([policy("open", OPEN)], [change]))
    assert after["spec"]["ingress"] == [
        {
            "from": [{"podSelector": {"matchLabels": {"app": "web"}}}],
            "ports": [{"protocol": "TCP", "port": 8080}],
        }
    ]


def test_two_open_policies_are_narrowed_in_one_plan_and_nothing_is_cut() -> None:
    """Neither counts on the other, which is narrowed as well."""
    other = {"podSelector": {"matchLabels": {"app": "cart"}}, "ingress": [{"from": []}]}
    docs = [*SHOP, policy("open", OPEN), policy("other", other)]
    changes = answers(docs)
    for applied in (changes, changes[:1], changes[1:]):
        after = harness.applied(docs, [each for each in applied if isinstance(each, Change)])
        assert len(applied) == len([each for each in applied if isinstance(each, Change)])
        assert reached(after, "web", "cart")


def test_a_service_whose_callers_nobody_knows_holds_it_back() -> None:
    """Somebody calls it, and to close it would be to find out who."""
    (answer,) = answers([*SHOP, service("mail"), policy("open", OPEN)])
    assert isinstance(answer, NoChange)
    assert "nothing tells who calls Service shop/mail" in answer.reason
    assert "--flows" in answer.reason


def test_whom_a_workload_calls_must_be_told_before_its_egress_is_narrowed() -> None:
    """To ask for names and for the API is not all that a program does."""
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}
    (answer,) = answers([*SHOP, policy("open", spec)])
    assert isinstance(answer, NoChange)
    assert "nothing tells whom Deployment shop/cart calls" in answer.reason
    only_web = {**spec, "podSelector": {"matchLabels": {"app": "web"}}}
    docs = [*SHOP, policy("open", only_web)]
    (change,) = answers(docs)
    assert isinstance(change, Change)
    assert reached(harness.applied(docs, [change]), "web", "cart")
