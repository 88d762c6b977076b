"""Policies: which binding is for whom, what roles grant, and what every cluster has of its own."""

import json
from importlib import resources

import msgspec
import pytest

from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.built_in import built_in_roles
from k8sharden.analysis.rbac.policy import Policy, policy_of
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.meta import Meta
from k8sharden.model.ref import Ref
from tests.analysis.rbac.made import EVERYTHING, policy, rule, urls, who

PODS = rule("get", "pods")
SECRETS = rule("get", "secrets")
GET_PODS = Request("get", "", "pods")


def cluster_role(name: str) -> Ref:
    """Return the reference of a ClusterRole."""
    return kinds.CLUSTER_ROLES.ref("", name)


def gathering(*selectors: dict[str, object], rules: list[o.PolicyRule] | None = None) -> o.Role:
    """Return a ClusterRole that is filled from those that the selectors choose."""
    return o.Role(Meta("any"), rules=rules, aggregation_rule=o.AggregationRule(list(selectors)))


def labelled(role: o.Role, **labels: str) -> o.Role:
    """Return a role with labels."""
    return msgspec.structs.replace(role, metadata=Meta("any", labels=labels))


def held(roles: dict[str, o.Role], name: str, *, read: bool = False) -> set[str]:
    """Return the resources in what a ClusterRole grants among these."""
    made = Policy({cluster_role(each): role for each, role in roles.items()}, {}, read=read)
    return {word for each in made.rules(cluster_role(name)) or () for word in each.resources or ()}


def by_label(**labels: str) -> dict[str, object]:
    """Return a selector of labels."""
    return {"matchLabels": labels}


@pytest.mark.parametrize(
    ("binding", "asking", "allowed"),
    [
        ("b: reader to ServiceAccount web in shop", "ServiceAccount shop/web", True),
        ("b: reader to ServiceAccount web in shop", "ServiceAccount office/web", False),
        ("b: reader to ServiceAccount web", "ServiceAccount shop/web", False),
        ("b: reader to ServiceAccount ci/web in shop", "ServiceAccount ci/web", True),
        ("b: reader to ServiceAccount ci/web in shop", "ServiceAccount shop/web", False),
        ("b: reader to User system:serviceaccount:ci:web in shop", "ServiceAccount ci/web", True),
        ("b: reader to Group system:serviceaccounts:ci in shop", "ServiceAccount ci/web", True),
        ("b: reader to Group ada in shop", "User ada", False),
        ("b: reader to User staff in shop", "Group staff", False),
        ("b: reader to Robot ada in shop", "User ada", False),
    ],
)
def test_whom_a_binding_is_for(binding: str, asking: str, *, allowed: bool) -> None:
    """Names and groups must be equal; a service account without a namespace is the binding's."""
    made = policy({"reader": [PODS]}, binding)
    request = GET_PODS._replace(namespace="shop")
    assert decide(made, who(asking), request).allowed is allowed


def test_an_odd_name_is_read_as_the_server_reads_it() -> None:
    """It compares whole user names, wherever the namespace in one may end."""
    made = policy({"reader": [PODS]}, "b: reader to ServiceAccount a:b/c in shop")
    request = GET_PODS._replace(namespace="shop")
    assert decide(made, Identity("system:serviceaccount:a:b:c"), request).allowed


def test_a_cluster_role_binding_of_a_role_grants_nothing() -> None:
    """There is no namespace to look for it in, and neither is the ClusterRole of the name meant."""
    made = policy({"reader": [PODS], "shop/reader": [PODS]}, "b: reader to User ada")
    (ref,) = made.bindings
    odd = o.Binding(Meta("b"), o.RoleRef("", "Role", "reader"), made.bindings[ref].subjects)
    wrong = Policy(made.roles, {ref: odd})
    assert decide(made, who("User ada"), GET_PODS).allowed
    assert not decide(wrong, who("User ada"), GET_PODS).allowed


def test_a_url_is_in_no_namespace() -> None:
    """A RoleBinding gives none, even to a request that names its namespace."""
    made = policy({"r": EVERYTHING}, "b: r to User ada in shop")
    assert not decide(made, who("User ada"), Request("get", path="/x", namespace="shop")).allowed


@pytest.mark.parametrize(
    ("paths", "asked", "allowed"),
    [
        ("/metrics", "/metrics", True),
        ("/metrics", "/metrics/a", False),
        ("/metrics/*", "/metrics/a/b", True),
        ("/metrics/*", "/metrics", False),
        ("/metrics**", "/metrics", True),
        ("/a/*/b", "/a/x/b", False),
        ("*", "/anything", True),
    ],
)
def test_urls_end_with_their_star(paths: str, asked: str, *, allowed: bool) -> None:
    """Only at its end a star stands for anything."""
    made = policy({"r": [urls("get", paths)]}, "b: r to User ada")
    assert decide(made, who("User ada"), Request("get", path=asked)).allowed is allowed


@pytest.mark.parametrize("nothing", [None, []])
def test_lists_that_are_null_are_empty(nothing: list[str] | None) -> None:
    """A server sends null for an empty list, and each of them gives nothing."""
    empty = o.PolicyRule(nothing, nothing, nothing, nothing, nothing)
    made = policy({"r": [empty]}, "b: r to User ada")
    assert not decide(made, who("User ada"), GET_PODS).allowed
    assert not decide(made, who("User ada"), Request("get", path="/")).allowed


def test_a_role_is_filled_from_those_that_are_filled() -> None:
    """Through as many as there are, in whatever order their names stand."""
    roles = {
        "a": gathering(by_label(into="a")),
        "b": labelled(gathering(by_label(into="b")), into="a"),
        "c": labelled(gathering(by_label(into="c")), into="b"),
        "d": labelled(o.Role(Meta("d"), rules=[PODS]), into="c"),
    }
    assert held(roles, "a") == {"pods"}


def test_roles_in_a_ring_hold_what_comes_into_it() -> None:
    """Each is filled from the other, and one from outside."""
    roles = {
        "a": labelled(gathering(by_label(into="a")), into="b"),
        "b": labelled(gathering(by_label(into="b")), into="a"),
        "c": labelled(o.Role(Meta("c"), rules=[SECRETS]), into="b"),
    }
    assert held(roles, "a") == held(roles, "b") == {"secrets"}


def test_a_ring_that_never_rests_ends() -> None:
    """Three that hand on what they hold, round and round."""
    roles = {
        name: labelled(gathering(by_label(into=name), rules=[rule("get", name)]), into=before)
        for name, before in (("a", "c"), ("b", "a"), ("c", "b"))
    }
    assert held(roles, "a") <= {"a", "b", "c"}


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ({}, True),
        (by_label(into="a"), True),
        (by_label(into="a", more="x"), False),
        ({"matchExpressions": [{"key": "into", "operator": "In", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "into", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": "into=a"}, False),
        ({"matchLabels": {"into": ["a"]}}, False),
        ({"matchExpressions": ["into"]}, False),
        ({"matchExpressions": {"key": "into"}}, False),
    ],
)
def test_selectors_of_an_aggregated_role(selector: dict[str, object], *, chosen: bool) -> None:
    """Labels and expressions must all hold; what a server would refuse chooses nothing."""
    roles = {
        "all": gathering(selector),
        "part": labelled(o.Role(Meta("p"), rules=[PODS]), into="a"),
    }
    assert held(roles, "all") == ({"pods"} if chosen else set())


def test_what_a_file_says_an_aggregated_role_holds_is_replaced() -> None:
    """The controller takes out what comes from none of its sources, if they hold anything."""
    whole = gathering(by_label(into="a"), rules=[SECRETS])
    part = labelled(o.Role(Meta("part"), rules=[PODS]), into="a")
    assert held({"a": whole, "part": part}, "a") == {"pods"}
    assert held({"a": whole}, "a") == {"secrets"}


def test_what_the_controller_wrote_it_takes_back() -> None:
    """With its last part a role loses all, other than one that never had a part."""
    whole = gathering(by_label(into="a"), rules=[SECRETS])
    part = labelled(o.Role(Meta("part"), rules=[PODS]), into="a")
    made = Policy({cluster_role("a"): whole, cluster_role("part"): part}, {})
    without = made.changed({cluster_role("part"): None})
    assert without.rules(cluster_role("a")) == ()
    never = Policy({cluster_role("a"): whole}, {}).changed({cluster_role("other"): None})
    assert never.rules(cluster_role("a")) == (SECRETS,)


def test_what_a_cluster_says_an_aggregated_role_holds_counts() -> None:
    """It may come from a role that could not be read, and the authorizer goes by it."""
    roles = {"a": gathering(by_label(into="a"), rules=[SECRETS])}
    assert held(roles, "a", read=True) == {"secrets"}


def test_a_change_takes_out_only_what_it_explains() -> None:
    """When a part goes, its rules go; those from a role that nobody could read stay."""
    whole = gathering(by_label(into="a"), rules=[PODS, SECRETS])
    part = labelled(o.Role(Meta("part"), rules=[PODS]), into="a")
    made = Policy({cluster_role("a"): whole, cluster_role("part"): part}, {}, read=True)
    after = made.changed({cluster_role("part"): None})
    assert made.rules(cluster_role("a")) == (PODS, SECRETS)
    assert after.rules(cluster_role("a")) == (SECRETS,)


def test_a_change_of_an_aggregated_role_starts_anew() -> None:
    """What it held before is not kept where the change says what it is."""
    whole = gathering(by_label(into="a"), rules=[SECRETS])
    made = Policy({cluster_role("a"): whole}, {}, read=True)
    anew = {"metadata": {"name": "a"}, "aggregationRule": {"clusterRoleSelectors": [{}]}}
    assert made.changed({cluster_role("a"): anew}).rules(cluster_role("a")) == ()


BINDING = {
    "metadata": {"name": "b", "namespace": "shop"},
    "roleRef": {"kind": "ClusterRole", "name": "edit"},
    "subjects": [{"kind": "User", "name": "ada"}],
}


@pytest.mark.parametrize(
    ("source", "allowed"), [(SourceKind.MANIFESTS, True), (SourceKind.CLUSTER, False)]
)
def test_manifests_name_roles_that_every_cluster_has(source: SourceKind, *, allowed: bool) -> None:
    """`edit` stands in no file; in a cluster that does not hold it, it is missing."""
    bound = {kinds.ROLE_BINDINGS.key: (convert(BINDING, o.Binding),)}
    made = policy_of(Inventory(Source(source, "test"), bound, {}))
    request = Request("delete", "apps", "deployments", "shop", "web")
    assert decide(made, who("User ada"), request).allowed is allowed


def test_a_role_in_a_file_adds_to_a_built_in_one() -> None:
    """By the label it flows into `view`, and from there into `edit` and `admin`."""
    label = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    role = o.Role(Meta("more", labels=label), rules=[rule("get", "widgets", "example.com")])
    there = {kinds.CLUSTER_ROLES.key: (role,)}
    made = policy_of(Inventory(Source(SourceKind.MANIFESTS, "test"), there, {}))
    for name in ("view", "edit", "admin"):
        assert role.rules is not None
        assert role.rules[0] in (made.rules(cluster_role(name)) or ())


def test_the_built_in_roles_are_those_of_a_new_cluster() -> None:
    """As the cluster in memory begins with them, which is held to a real server's."""
    file = resources.files("k8sharden.cluster.memory").joinpath("bootstrap.json")
    there = {value["metadata"]["name"]: value for value in json.loads(file.read_text())
             if value["kind"] == "ClusterRole"}  # fmt: skip
    for ref, role in built_in_roles().items():
        told = convert(there[ref.name], o.Role)
        assert told.metadata.label == role.metadata.label
        assert told.aggregation_rule == role.aggregation_rule
        assert _sorted(told) == _sorted(role)


def _sorted(role: o.Role) -> list[list[list[str]]]:
    """Return rules without the order of their words, which means nothing."""
    rules = (msgspec.structs.astuple(each) for each in role.rules or ())
    return sorted([sorted(words or ()) for words in each] for each in rules)


def test_service_accounts_are_found_by_name_in_every_namespace() -> None:
    """However a binding writes them, each once, and people of that name are none of them."""
    found = policy(
        {"reader": []},
        "a: reader to ServiceAccount shop/web, User web, Group web",
        "b: reader to User system:serviceaccount:ci:web, ServiceAccount shop/web",
        "c: reader to ServiceAccount web in office",
    )
    assert found.accounts("web") == [("ci", "web"), ("office", "web"), ("shop", "web")]
    assert list(found.accounts("nobody")) == []
