"""Chains: subject → binding → role → reach, as values and in words."""

import pytest

from k8sharden.analysis.rbac.chains import chains_of, chains_of_workload, rule_words
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.meta import Meta
from k8sharden.model.pods import PodSpec
from k8sharden.model.workloads import Workload
from tests.analysis.rbac.made import EVERYTHING, STAR, policy, rule, urls, who

READER = [rule("get list", "secrets"), rule("get", "deployments", "apps", "web api")]


def test_a_chain_names_its_subject_binding_role_and_reach() -> None:
    """One chain per binding, what holds everywhere first, each with its rules in words."""
    made = policy(
        {"reader": READER, "shop/own": [rule("*", "pods")]},
        "b: own to ServiceAccount shop/web in shop",
        "a: reader to Group system:serviceaccounts:shop",
    )
    first, second = chains_of(who("ServiceAccount shop/web"), made)
    assert first.subjects == ("Group system:serviceaccounts:shop",)
    assert first.grant is not None
    assert (first.grant.binding.name, first.grant.role.name) == ("a", "reader")
    assert first.reach == ("get, list secrets", "get deployments.apps named web, api")
    assert (first.where, second.where) == ("everywhere", "in namespace shop")
    assert second.subjects == ("ServiceAccount shop/web",)
    assert second.reach == ("every verb on pods",)


def test_what_comes_by_a_group_of_everybody_is_broad() -> None:
    """Only where nothing narrower names the subject in the same binding."""
    made = policy(
        {"reader": READER},
        "a: reader to Group system:authenticated",
        "b: reader to Group system:authenticated, User ada",
    )
    assert [chain.broad for chain in chains_of(who("User ada"), made)] == [True, False]


def test_a_role_that_is_missing_has_no_reach() -> None:
    """The chain stands there all the same: whoever makes the role completes it."""
    (chain,) = chains_of(who("User ada"), policy({}, "a: gone to User ada"))
    assert (chain.missing, chain.reach) == (True, ())


def test_the_group_of_masters_needs_no_binding() -> None:
    """It is let pass before RBAC is asked, and so has a chain without one."""
    (chain,) = chains_of(who("Group system:masters"), policy({}))
    assert chain.grant is None
    assert chain.subjects == ("Group system:masters",)
    assert chain.where == "everywhere"


def test_a_workload_has_the_chains_of_its_service_account() -> None:
    """Where none is named it is the namespace's default."""
    work = Workload(kinds.PODS.ref("shop", "web"), Meta(), Meta(), PodSpec(), ("spec",))
    made = policy({"reader": READER}, "a: reader to ServiceAccount shop/default")
    assert [chain.subjects for chain in chains_of_workload(work, made)] == [
        ("ServiceAccount shop/default",)
    ]


@pytest.mark.parametrize(
    ("given", "bound_in", "words"),
    [
        (EVERYTHING[0], "shop", "every verb on every resource"),
        (EVERYTHING[1], "", "every verb on every URL"),
        (EVERYTHING[1], "shop", ""),
        (urls("get", "/metrics /healthz*"), "", "get /metrics, /healthz*"),
        (rule("get", "pods/log", "apps"), "", "get pods.apps/log"),
        (o.PolicyRule(["get"], STAR, ["pods"]), "", "get pods"),
        (rule("get", "*", "apps"), "", "get every resource of apps"),
        (rule("get", "*"), "", "get every resource of the core group"),
        (o.PolicyRule(["get"]), "", ""),
        (o.PolicyRule(None, STAR, STAR), "", ""),
        (rule("get", "a\u202eb"), "", "get a<U+202E>b"),
    ],
)
def test_a_rule_in_words(given: o.PolicyRule, bound_in: str, words: str) -> None:
    """Stars, groups, names and URLs as people say them, safe to show."""
    assert rule_words(given, bound_in) == words


def test_a_rule_of_hundreds_of_words_stays_readable() -> None:
    """The first dozen is written, the rest counted."""
    assert rule_words(rule("get", " ".join(map(str, range(300))))).endswith("11 and 288 more")
