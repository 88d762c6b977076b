"""Rights beside an audit log: used, unused, and denied."""

import pytest

from k8sharden.analysis.rbac.exercised import exercised
from k8sharden.analysis.rbac.rights import Right
from k8sharden.model.usage import Usage, Use
from tests.analysis.rbac.made import EVERYTHING, policy, rule, urls, who

GET, LIST = Right("shop", "get", resource="pods"), Right("shop", "list", resource="pods")


def use(verb: str, user: str = "ada", **more: object) -> Use:
    """Return requests for pods in the shop."""
    asked = {"resource": "pods", "namespace": "shop", "allowed": 2, "last": 7.0, **more}
    return Use(user, verb, **asked)  # type: ignore[arg-type]


def times(subject: str, made: list[str], *uses: Use, **groups: tuple[str, ...]) -> dict[Right, int]:
    """Return how often each right of a subject was used."""
    roles = {"reader": [rule("get list", "pods")], "root": EVERYTHING, "named": NAMED}
    found = exercised(who(subject), policy(roles, *made), Usage(uses, groups))
    return {each.right: each.times for each in found.rights}


NAMED = [rule("get", "pods", names="web"), urls("get", "/logs/*")]
READS = "b: reader to User ada in shop"


def test_a_right_is_used_by_the_requests_that_it_covers() -> None:
    """Others' requests, other namespaces and denied ones are no use of it."""
    uses = (
        use("get", name="web"),
        use("get", name="api", last=9.0),
        use("get", "bob"),
        use("get", namespace="office"),
        use("list", allowed=0, denied=3),
    )
    assert times("User ada", [READS], *uses) == {GET: 4, LIST: 0}


def test_every_right_that_would_do_is_used() -> None:
    """By whichever binding the server let it pass, the other one alone would have done."""
    found = times("User ada", [READS, "c: root to User ada"], use("get"))
    assert found[GET] == 2
    assert found[Right("", "*", "*", "*")] == 2
    assert found[Right("", "*", path="*")] == 0


def test_names_and_urls_are_as_in_the_rule() -> None:
    """A right on one object is used by requests for it alone, a pattern by what it matches."""
    uses = (
        use("get", name="api"),
        use("get", name=""),
        Use("ada", "get", path="/logs/x", allowed=1),
    )
    found = times("User ada", ["b: named to User ada"], *uses)
    assert found == {
        Right("", "get", resource="pods", name="web"): 0,
        Right("", "get", path="/logs/*"): 1,
    }


@pytest.mark.parametrize(("group", "others"), [("staff", 0), ("system:authenticated", 2)])
def test_a_group_is_used_by_its_members(group: str, others: int) -> None:
    """The log says in which groups each user was, and everybody with a name is authenticated."""
    made = [f"b: reader to Group {group} in shop"]
    found = times(f"Group {group}", made, use("get"), use("list", "bob"), ada=(group,))
    assert found == {GET: 2, LIST: others}


def test_what_was_denied_comes_with_its_count() -> None:
    """The most often denied first; a request that was now and then allowed counts as both."""
    uses = (use("get", denied=1), use("delete", allowed=0, denied=5))
    found = exercised(who("User ada"), policy({}), Usage(uses))
    assert found.rights == ()
    assert [(each.verb, each.denied) for each in found.denied] == [("delete", 5), ("get", 1)]


def test_a_service_account_is_a_member_of_its_groups_whatever_the_log_says() -> None:
    """The export of GKE names no groups, and an account's are known by its name."""
    asked = use("get", "system:serviceaccount:shop:web")
    group = "Group system:serviceaccounts:shop"
    assert times(group, [f"b: reader to {group} in shop"], asked) == {GET: 2, LIST: 0}


def test_of_a_star_it_is_told_what_was_used() -> None:
    """Names and repetitions are added up, most used first; a plain right needs no parts."""
    uses = (use("get", name="web"), use("get", name="api"), use("list", allowed=9))
    grants = policy(
        {"root": EVERYTHING, "reader": [rule("get list", "pods")]}, "c: root to User ada", READS
    )
    found = {
        each.right: each.parts for each in exercised(who("User ada"), grants, Usage(uses)).rights
    }
    assert found[Right("", "*", "*", "*")] == ((LIST, 9), (GET, 4))
    assert found[GET] == ()
