"""Roles from use: what was used and granted, and neither more nor less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.from_use import (
    NAMES,
    NAMESPACES,
    ByNamespace,
    is_granted,
    requests_of,
    rules_for,
)
from k8sharden.analysis.rbac.narrowed import requests_in
from k8sharden.analysis.rbac.policy import Grant
from k8sharden.model import kinds
from k8sharden.model.objects import PolicyRule
from k8sharden.model.usage import Use

EVERYTHING = (
    PolicyRule(["*"], ["*"], ["*"]),
    PolicyRule(["*"], non_resource_urls=["*"]),
)
USER = "system:serviceaccount:ci:pipeline"
Short = dict[str, list[tuple[str, str, str]]]


def grant(*rules: PolicyRule, namespace: str = "") -> Grant:
    """Return what a binding gives: everything where no rule is named."""
    bound = kinds.ROLE_BINDINGS if namespace else kinds.CLUSTER_ROLE_BINDINGS
    role = kinds.CLUSTER_ROLES.ref("", "wide")
    return Grant(bound.ref(namespace, "wide"), role, rules or EVERYTHING, namespace)


def use(verb: str, resource: str, namespace: str = "", name: str = "", path: str = "") -> Use:
    """Return one kind of request that was allowed; ``pods`` or ``deployments.apps``."""
    plural, _, group = resource.partition(".")
    return Use(USER, verb, group, plural, namespace, name, path, allowed=3)


def short(rules: ByNamespace) -> Short:
    """Write rules in words: verbs, resources (URLs), names, by namespace."""
    return {
        space: [
            (
                " ".join(rule.verbs or ()),
                " ".join(rule.resources or rule.non_resource_urls or ()),
                " ".join(rule.resource_names or ()),
            )
            for rule in some
        ]
        for space, some in rules.items()
    }


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([], {}),
        ([Use(USER, "get", "", "pods", "shop", denied=3)], {}),
        ([use("list", "pods", "shop")], {"shop": [("list", "pods", "")]}),
        ([use("watch", "pods", "shop")], {"shop": [("list watch", "pods", "")]}),
        ([use("list", "pods"), use("list", "pods", "shop")], {"": [("list", "pods", "")]}),
        (
            [use("get", "configmaps", "shop", "web"), use("patch", "configmaps", "shop", "web")],
            {"shop": [("get patch", "configmaps", "web")]},
        ),
        (
            [use("get", "configmaps", "shop", "web"), use("get", "configmaps", "shop", "api")],
            {"shop": [("get", "configmaps", "api web")]},
        ),
        (
            [use("create", "configmaps", "shop", "web"), use("list", "configmaps", "shop", "web")],
            {"shop": [("list create", "configmaps", "")]},
        ),
        (
            [use("get", "pods", "shop", "web-abcde"), use("delete", "pods", "shop", "web")],
            {"shop": [("get delete", "pods", "")]},
        ),
        (
            [use("get", "jobs.batch", "ci", "build-1187"), use("get", "jobs.batch", "ci", "seed")],
            {"ci": [("get", "jobs", "")]},
        ),
        (  # One account's token is not that of every account.
            [use("create", "serviceaccounts/token", "ci", "robot")],
            {"ci": [("create", "serviceaccounts/token", "robot")]},
        ),
        (
            [use("get", "pods/log", "shop", "web-abcde"), use("create", "pods/exec", "shop", "w")],
            {"shop": [("create", "pods/exec", ""), ("get", "pods/log", "")]},
        ),
        (
            [use("patch", "deployments.extensions", "shop", "web")],
            {"shop": [("patch", "deployments", "web")]},
        ),
        ([use("get", "", path="/metrics")], {"": [("get", "/metrics", "")]}),
        (
            [
                use("get", "nodes", "", "node-a"),
                use("get", "pods", "shop"),
                use("get", "pods", "ci"),
            ],
            {
                "": [("get", "nodes", "")],
                "ci": [("get", "pods", "")],
                "shop": [("get", "pods", "")],
            },
        ),
        (
            [use("get", "deployments.apps", "shop"), use("get", "statefulsets.apps", "shop")],
            {"shop": [("get", "deployments statefulsets", "")]},
        ),
        (
            [use("update", "certificatesigningrequests/approval.certificates.k8s.io", "", "a")],
            {
                "": [
                    ("update", "certificatesigningrequests/approval", ""),
                    ("approve", "signers", ""),
                ]
            },
        ),
    ],
)
def test_rules_are_what_was_used(uses: list[Use], expected: Short) -> None:
    """By namespace; names only where they last; nothing denied; lists behind watches."""
    assert short(rules_for(uses, grant())) == expected


def test_names_and_namespaces_are_widened_on_request_only() -> None:
    """One word lifts the limit to names, the other the limit to namespaces."""
    uses = [use("get", "configmaps", "shop", "web")]
    assert short(rules_for(uses, grant())) == {"shop": [("get", "configmaps", "web")]}
    assert short(rules_for(uses, grant(), [NAMES])) == {"shop": [("get", "configmaps", "")]}
    assert short(rules_for(uses, grant(), [NAMESPACES])) == {"": [("get", "configmaps", "web")]}
    here = grant(namespace="shop")
    assert short(rules_for(uses, here, [NAMESPACES])) == {"shop": [("get", "configmaps", "web")]}


def test_what_the_binding_did_not_grant_stays_out() -> None:
    """Another namespace, another verb, another name: some other binding allowed that."""
    here = grant(PolicyRule(["get"], [""], ["configmaps"], ["web"]), namespace="shop")
    asked = [
        use("get", "configmaps", "shop", "web"),
        use("get", "configmaps", "shop", "other"),
        use("get", "configmaps", "ci", "web"),
        use("patch", "configmaps", "shop", "web"),
        use("get", "", path="/metrics"),
    ]
    assert short(rules_for(asked, here)) == {"shop": [("get", "configmaps", "web")]}


def test_names_that_were_too_many_to_keep_are_those_that_were_granted() -> None:
    """The log counts them without a name; the old role knew which ones."""
    named = grant(PolicyRule(["get", "list"], [""], ["pods"], ["a", "b"]))
    assert short(rules_for([use("get", "pods", "shop")], named)) == {
        "shop": [("get", "pods", "a b")]
    }


def test_a_passing_name_stays_a_limit_where_the_old_role_had_it() -> None:
    """Nobody gets more than they had, whatever a name looks like."""
    named = grant(PolicyRule(["get"], [""], ["pods"], ["web-abcde"]))
    rules = rules_for([use("get", "pods", "shop", "web-abcde")], named)
    assert short(rules) == {"shop": [("get", "pods", "web-abcde")]}


VERBS = st.sampled_from(["get", "list", "watch", "create", "patch", "delete", "deletecollection"])
RESOURCES = st.sampled_from(
    ["pods", "pods/log", "secrets", "configmaps", "nodes", "serviceaccounts/token"]
)
NAMED = st.sampled_from(["", "web", "api", "web-abcde"])
SPACES = st.sampled_from(["", "shop", "ci"])


@st.composite
def used(draw: st.DrawFn) -> Use:
    """Draw a request, allowed or denied, of an object or of a URL."""
    allowed = draw(st.integers(0, 1))
    if draw(st.integers(0, 5)) == 0:
        path = draw(st.sampled_from(["/metrics", "/api", "/healthz"]))
        return Use(USER, "get", path=path, allowed=allowed, denied=1 - allowed)
    verb, resource, space = draw(VERBS), draw(RESOURCES), draw(SPACES)
    new = verb == "create" and "/" not in resource
    name = "" if new or verb in ("list", "watch", "deletecollection") else draw(NAMED)
    return Use(USER, verb, "", resource, space, name, allowed=allowed, denied=1 - allowed)


@st.composite
def rule(draw: st.DrawFn) -> PolicyRule:
    """Draw a rule about some of the same resources."""
    if draw(st.integers(0, 4)) == 0:
        urls = draw(st.sampled_from([["*"], ["/metrics"], ["/api*"]]))
        return PolicyRule(["get"], non_resource_urls=urls)
    verbs = draw(st.lists(VERBS | st.just("*"), min_size=1, max_size=3))
    resources = draw(st.lists(RESOURCES | st.sampled_from(["*", "*/log"]), min_size=1, max_size=2))
    names = draw(st.none() | st.lists(st.sampled_from(["web", "api", "web-abcde"]), min_size=1))
    return PolicyRule(verbs, [""], resources, names)


GRANTS = st.builds(
    lambda rules, space: grant(*rules, namespace=space), st.lists(rule(), min_size=1), SPACES
)
WIDER = st.lists(st.sampled_from([NAMES, NAMESPACES]))


def asked_by(rules: ByNamespace) -> list[Request]:
    """Return every request that rules name."""
    return [
        each._replace(namespace=space)
        for space, some in rules.items()
        for one in some
        for each in requests_in(one)
    ]


def allowed_by(rules: ByNamespace, request: Request) -> bool:
    """Whether rules, each bound in its namespace, allow a request."""
    return any(
        is_granted(grant(*some, namespace=space), request) for space, some in rules.items() if some
    )


@given(st.lists(used(), max_size=12), GRANTS, WIDER)
def test_every_granted_use_is_allowed_and_nothing_else_than_was_granted(
    uses: list[Use], given_by: Grant, wider: list[str]
) -> None:
    """Whatever the log shows and the role says."""
    rules = rules_for(uses, given_by, wider)
    for each in (each for one in uses if one.allowed for each in requests_of(one)):
        assert not is_granted(given_by, each) or allowed_by(rules, each)
    for each in asked_by(rules):
        assert is_granted(given_by, each), each


@given(st.lists(used(), max_size=12), GRANTS)
def test_what_was_denied_makes_no_rule(uses: list[Use], given_by: Grant) -> None:
    """Without the denied requests the rules are the same."""
    assert rules_for(uses, given_by) == rules_for([each for each in uses if each.allowed], given_by)


@given(st.lists(used(), max_size=12), GRANTS, WIDER)
def test_a_role_from_the_use_of_a_role_from_use_is_that_role(
    uses: list[Use], given_by: Grant, wider: list[str]
) -> None:
    """Who uses all of it keeps all of it: a second swap has nothing to take."""
    once = rules_for(uses, given_by, wider)
    for space, some in once.items():
        again = [
            Use(USER, *each._replace(namespace=space), allowed=1)
            for one in some
            for each in requests_in(one)
        ]
        assert rules_for(again, grant(*some, namespace=space)) == {space: some}
