"""Rules without some rights, and rules written as few as they can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.known import RESOURCES, VERBS, group_of, resources_like, verbs_of
from k8sharden.analysis.rbac.merged import merged
from k8sharden.analysis.rbac.narrowed import TooWide, requests_in, spelled_out, without
from k8sharden.model.objects import PolicyRule

SECRETS = [Request(verb, "", "secrets") for verb in ("get", "list", "watch")]
EXEC = [Request("create", "", "pods/exec")]


def rule(verbs: str, resources: str, group: str = "", names: str = "") -> PolicyRule:
    """Return a rule; words are separated by blanks."""
    return PolicyRule(verbs.split(), [group], resources.split(), names.split() or None)


def test_what_is_taken_out_is_gone_and_the_rest_is_there() -> None:
    """The verbs of one resource go, those of its neighbours stay."""
    left = without([rule("get list create", "secrets pods")], SECRETS)
    assert left == (rule("get list create", "pods"), rule("create", "secrets"))


def test_a_right_on_single_objects_goes_as_well() -> None:
    """A name is no reason to keep what is dangerous."""
    assert without([rule("get", "secrets", names="a b")], SECRETS) == ()


def test_every_verb_is_spelled_out() -> None:
    """All verbs but those that go: what the star would mean tomorrow is not kept."""
    (left,) = without([rule("*", "secrets")], SECRETS)
    assert left.verbs == ["create", "update", "patch", "delete", "deletecollection"]


def test_every_resource_of_a_built_in_group_is_spelled_out() -> None:
    """Kubernetes alone fills it, so that the words are exact."""
    (left,) = spelled_out([rule("get", "*", "batch")])
    assert left.resources == ["cronjobs", "cronjobs/status", "jobs", "jobs/status"]


def test_a_star_before_a_sub_resource_is_spelled_out() -> None:
    """Nobody reaches pods/exec by the name of all sub-resources called exec."""
    assert without([rule("create get", "*/exec")], EXEC) == (rule("get", "pods/exec"),)


@pytest.mark.parametrize("group", ["*", "postgres.example"])
def test_what_no_table_knows_stays_a_star(group: str) -> None:
    """A kind that a cluster brings by itself may have any verb; it stays as it was."""
    wide = rule("*", "*", group)
    assert spelled_out([wide]) == (wide,)


@pytest.mark.parametrize("wide", [rule("get", "*", "*"), rule("*", "secrets", "*")])
def test_nothing_is_taken_out_of_all_groups(wide: PolicyRule) -> None:
    """What would be left could not be written down."""
    with pytest.raises(TooWide):
        without([wide], SECRETS)


def test_urls_stay() -> None:
    """No dangerous right is about a URL."""
    urls = PolicyRule(["get"], non_resource_urls=["/metrics", "/version"])
    assert without([urls], SECRETS) == (urls,)


def test_rules_are_merged_for_people() -> None:
    """By group, resources with the same verbs together, verbs in the order of reading."""
    asked = [
        Request("watch", "", "pods"),
        Request("get", "", "pods"),
        Request("get", "", "services"),
        Request("watch", "", "services"),
        Request("patch", "apps", "deployments", name="web"),
        Request("get", "apps", "deployments"),
        Request("get", "apps", "deployments", name="web"),
        Request("get", path="/b"),
        Request("get", path="/a"),
    ]
    assert merged(asked) == (
        rule("get watch", "pods services"),
        rule("get", "deployments", "apps"),
        rule("patch", "deployments", "apps", "web"),
        PolicyRule(["get"], non_resource_urls=["/a", "/b"]),
    )


REQUESTS = st.builds(
    Request,
    st.sampled_from(VERBS),
    st.sampled_from(["", "apps"]),
    st.sampled_from(["pods", "pods/log", "deployments"]),
    st.just(""),
    st.sampled_from(["", "a", "b"]),
    st.just(""),
)


@given(st.frozensets(REQUESTS, max_size=10), REQUESTS)
def test_merged_rules_allow_exactly_what_was_asked(asked: frozenset[Request], one: Request) -> None:
    """Merging makes no new right, and loses none; a request without a name stands for every one."""
    wanted = bool({one, one._replace(name="")} & asked)
    assert any(allows(each, one) for each in merged(asked)) is wanted


@given(st.frozensets(REQUESTS, min_size=1, max_size=10))
def test_merging_twice_is_merging_once(asked: frozenset[Request]) -> None:
    """The rules of a role that was merged are as short as they can be."""
    once = merged(asked)
    assert merged(each for one in once for each in requests_in(one)) == once


@pytest.mark.parametrize(
    ("group", "resource", "today"),
    [
        ("extensions", "deployments", "apps"),
        ("extensions", "deployments/scale", "apps"),
        ("extensions", "ingresses", "networking.k8s.io"),
        ("extensions", "podsecuritypolicies", "policy"),
        ("extensions", "unheardof", "extensions"),
        ("apps", "deployments", "apps"),
    ],
)
def test_a_group_that_was_emptied_is_the_one_of_today(
    group: str, resource: str, today: str
) -> None:
    """An old log speaks of groups that no server answers for any more."""
    assert group_of(group, resource) == today


def test_a_table_knows_the_verbs_that_no_request_has() -> None:
    """What a star means on roles is more than what can be asked of them."""
    assert set(verbs_of("rbac.authorization.k8s.io", "roles") or ()) == {*VERBS, "bind", "escalate"}
    assert verbs_of("postgres.example", "clusters") is None
    assert resources_like("postgres.example", "*") is None
    assert resources_like("apps", "*/scale") == (
        "deployments/scale",
        "replicasets/scale",
        "statefulsets/scale",
    )


def test_no_resource_stands_twice_in_the_table() -> None:
    """A word that is there twice would make two rights of one."""
    assert all(len(set(words)) == len(words) for words in RESOURCES.values())
