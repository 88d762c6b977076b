"""Rights one by one: they say the same as the authorizer, and as each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sharden.analysis.rbac.authorize import Request, allows, decide
from k8sharden.analysis.rbac.index import index_of
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.rights import (
    MOST,
    Held,
    Right,
    TooManyRights,
    rights_in,
    rights_of,
    uncovered,
)
from k8sharden.model import objects as o
from tests.analysis.rbac.made import policy, rule, who

VERBS, GROUPS, NAMES, SPACES = ("get", "list", "*"), ("", "apps", "*"), ("one", "two"), ("s", "t")
RESOURCES = ("pods", "pods/log", "jobs/log", "*/log", "*")
PATHS = ("/a", "/a/b", "/a/*", "/a*", "/**", "*")

some = st.lists
rules = st.one_of(
    st.builds(
        o.PolicyRule,
        some(st.sampled_from(VERBS), max_size=2),
        some(st.sampled_from(GROUPS), max_size=2),
        some(st.sampled_from(RESOURCES), max_size=2),
        st.none() | some(st.sampled_from(NAMES), max_size=2),
    ),
    st.builds(
        o.PolicyRule,
        some(st.sampled_from(VERBS), max_size=2),
        non_resource_urls=some(st.sampled_from(PATHS), max_size=2),
    ),
)
pick = st.sampled_from
rights = st.one_of(
    st.tuples(
        pick(("", *SPACES)), pick(VERBS), pick(GROUPS), pick(RESOURCES), pick(("", *NAMES))
    ).map(lambda words: Right(*words)),
    st.tuples(pick(VERBS), pick(PATHS)).map(lambda words: Right("", words[0], path=words[1])),
)
requests = st.one_of(
    st.tuples(
        pick(("get", "list", "watch")),
        pick(("", "apps", "batch")),
        pick(("pods", "pods/log", "jobs/log", "log", "jobs")),
        pick(("", "s", "t", "u")),
        pick(("", "one", "two", "three")),
    ).map(lambda words: Request(*words)),
    st.tuples(pick(("get", "list")), pick(("/", "/a", "/a/", "/a/b", "/ab", "/b"))).map(
        lambda words: Request(words[0], path=words[1])
    ),
)
BINDINGS = (
    "a: r to User ada",
    "b: q to Group system:authenticated in s",
    "c: r to User ada, Group staff in t",
)
policies = st.builds(
    lambda r, q, bindings: policy({"r": r, "q": q}, *bindings),
    some(rules, max_size=3),
    some(rules, max_size=3),
    st.sets(st.sampled_from(BINDINGS)),
)


def asked(request: Request) -> Right:
    """Return the right that a request needs."""
    return Right(*request[3:4], *request[:3], *request[4:])


@given(policies, requests)
def test_a_request_is_allowed_where_a_right_covers_it(made: Policy, request: Request) -> None:
    """Listing what somebody has, and asking the authorizer, are two ways to the same answer."""
    ada = who("User ada")
    listed = any(right.covers(asked(request)) for right in rights_of(ada, made))
    assert decide(made, ada, request).allowed is listed


@given(rules, rights, requests)
def test_what_a_right_covers_its_rule_allows(
    mine: o.PolicyRule, right: Right, request: Request
) -> None:
    """Where a rule's rights cover another right, the rule allows all that the other stands for."""
    other = next(iter(_rules_of(right)))
    if allows(other, request) and Held(rights_in(mine, "")).covers(right._replace(namespace="")):
        assert allows(mine, request)


def _rules_of(right: Right) -> list[o.PolicyRule]:
    if right.path:
        return [o.PolicyRule([right.verb], non_resource_urls=[right.path])]
    names = [right.name] if right.name else None
    return [o.PolicyRule([right.verb], [right.group], [right.resource], names)]


@given(some(rights, max_size=8), rights)
def test_rights_together_cover_what_any_of_them_covers(held: list[Right], right: Right) -> None:
    """The index answers as asking one after the other."""
    assert Held(held).covers(right) is any(each.covers(right) for each in held)


@given(some(rights, max_size=8), some(rights, max_size=8))
def test_what_is_uncovered_is_in_order_and_each_once(mine: list[Right], by: list[Right]) -> None:
    """Of every right it is said, or it is covered."""
    found = uncovered(frozenset(mine), by)
    assert found == sorted({each for each in mine if not any(b.covers(each) for b in by)})


@given(policies, policies)
def test_a_change_and_the_way_back_is_no_change(before: Policy, after: Policy) -> None:
    """Whoever takes a change back is left with the rights from before."""
    there = {ref: _manifest(ref.namespace, b) for ref, b in after.bindings.items()}
    away = dict.fromkeys(before.bindings)
    back = {ref: _manifest(ref.namespace, b) for ref, b in before.bindings.items()}
    changed = before.changed(away).changed(there)
    again = changed.changed(dict.fromkeys(there)).changed(back)
    ada = who("User ada")
    assert changed.bindings.keys() == after.bindings.keys()
    assert rights_of(ada, again) == rights_of(ada, before)


@given(policies, policies)
def test_an_index_that_changed_is_the_index_of_what_is_there_now(
    before: Policy, after: Policy
) -> None:
    """Whoever is asked about, the bindings are those that indexing all anew would find."""
    refs = before.bindings.keys() | after.bindings.keys()
    changed = index_of(before.bindings).changed(before.bindings, after.bindings, refs)
    anew = index_of(after.bindings)
    for name in ("User ada", "Group staff", "Group system:authenticated", "User eve"):
        assert changed.names(name) is anew.names(name)
        for space in ("", "s", "t", None):
            assert set(changed.of([name], space)) == set(anew.of([name], space))


def _manifest(namespace: str, binding: o.Binding) -> dict[str, object]:
    ref = binding.role_ref
    return {
        "metadata": {"name": binding.name, "namespace": namespace},
        "roleRef": {"kind": ref.kind, "name": ref.name},
        "subjects": [{"kind": each.kind, "name": each.name} for each in binding.subjects or ()],
    }


def test_a_prepared_role_is_not_counted_out() -> None:
    """A megabyte of words makes a thousand million rights: nobody waits for them."""
    words = " ".join(map(str, range(1000)))
    with pytest.raises(TooManyRights):
        next(rights_in(rule(words, words, names=words), "shop"))
    assert len(list(rights_in(rule("get", words), "shop"))) == 1000 < MOST
