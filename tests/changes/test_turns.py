"""Several changes of one subject's rights in one plan: each foretold at its turn."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sharden.analysis.assess import assess
from k8sharden.analysis.rbac.asked import identity_in
from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.foretold import MOST
from k8sharden.analysis.rbac.lost import lost_access
from k8sharden.analysis.rbac.policy import Policy, policy_of
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.changes.impact import with_impact
from k8sharden.changes.make import make_plan
from k8sharden.changes.plan import Plan
from k8sharden.model.change import AccessReview, Change
from k8sharden.model.impact import ImpactKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.usage import Usage, Use
from remediations import rbac
from tests.remediations import harness
from tests.remediations.rbac.test_swap import (
    ADA,
    EVERYTHING,
    HELPERS,
    JOB,
    PIPELINE,
    STAFF,
    binding,
    role,
    seen,
    use,
)

Document = dict[str, Any]
EVERYBODY = {
    "apiGroup": "rbac.authorization.k8s.io",
    "kind": "Group",
    "name": "system:authenticated",
}
DEFAULT = {"kind": "ServiceAccount", "namespace": "shop", "name": "default"}
SECRETS = [{"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["*"]}]
NODES = [{"apiGroups": [""], "resources": ["nodes/*", "nodes/proxy"], "verbs": ["get", "create"]}]
ROLES = [
    role("wide", EVERYTHING),
    role("helpers", HELPERS),
    role("keepers", SECRETS),
    role("lookers", NODES),
]
USES = (
    *JOB,
    use("get", "secrets", "shop", "token"),
    use("get", "configmaps", "shop", "settings"),
    use("list", "pods", "shop", user="ada"),
    use("patch", "deployments.apps", "payments", "web", user="ada"),
)
TWICE = [
    *ROLES,
    binding("one", "helpers", PIPELINE),
    binding("two", "helpers", PIPELINE, ADA),
]


def ref_of(document: Document) -> Ref:
    """Return where a document is."""
    metadata = document["metadata"]
    return Ref(
        document["apiVersion"], document["kind"], metadata.get("namespace", ""), metadata["name"]
    )


def planned(docs: Sequence[Document], *uses: Use) -> tuple[Plan, Inventory]:
    """Return the plan that answers all that is found of roles and bindings."""
    inventory = seen(list(docs), *uses, groups={"ada": ("staff",)})
    live = {ref_of(each): each for each in docs}
    findings = assess(rbac.ITEMS, inventory).findings
    return make_plan(findings, inventory, rbac.ITEMS, live.get), inventory


def prefixes(docs: Sequence[Document], plan: Plan, inventory: Inventory) -> list[Inventory]:
    """Return what would be read before the first change, and after each."""
    there: dict[Ref, Document | None] = {ref_of(each): each for each in docs}
    found = [inventory]
    for each in plan.changes:
        there |= {bound.ref: bound.after for bound in each.bound}
        documents = [value for value in there.values() if value is not None]
        anew = harness.inventory(documents)
        found.append(msgspec.structs.replace(anew, facts=inventory.facts, cache={}))
    return found


def may(policy: Policy, review: AccessReview) -> bool:
    """Answer a question by the evaluator."""
    who = Identity(review.user, frozenset(review.groups))
    return decide(policy, who, Request(*_about(review))).allowed


def _about(review: AccessReview) -> tuple[str, ...]:
    return (
        review.verb, review.group, review.resource, review.namespace, review.name, review.path
    )  # fmt: skip


def asked(plan: Plan, verb: str, resource: str) -> list[set[bool]]:
    """Return the answers that are wanted of the pipeline's right, anywhere, after each change."""
    return [
        {
            each.allowed
            for each in planned.change.reviews
            if "pipeline" in each.user and (each.verb, each.resource) == (verb, resource)
        }
        for planned in plan.changes
    ]


def test_a_right_of_two_bindings_is_asked_about_when_the_last_one_goes() -> None:
    """The first swap leaves it, so nobody asks whether it is gone; the second one takes it."""
    plan, _ = planned(TWICE, *JOB)
    assert len(plan.changes) == 2
    assert asked(plan, "create", "pods/exec") == [set(), {False}]


def test_what_the_plan_takes_in_the_end_is_not_called_left() -> None:
    """Only one of both swapped leaves the other to look at; both together leave nothing."""
    plan, inventory = planned(TWICE, *JOB)
    assert not any("still allows" in each for each in _impact(plan))
    alone = with_impact(plan.without(plan.changes[1]), inventory)
    assert any(each.startswith("ClusterRoleBinding two still allows") for each in _impact(alone))
    assert asked(alone, "create", "pods/exec") == [set()]


def test_leaving_out_the_first_gives_its_questions_back() -> None:
    """What the second was to ask because the first had gone, it no longer asks."""
    plan, inventory = planned(TWICE, *JOB)
    alone = with_impact(plan.without(plan.changes[0]), inventory)
    assert asked(alone, "create", "pods/exec") == [set()]
    assert with_impact(plan, inventory).changes == plan.changes


def _impact(plan: Plan) -> list[str]:
    return [each.said for planned in plan.changes for each in planned.impact]


SUBJECTS = (PIPELINE, ADA, STAFF, EVERYBODY, DEFAULT)


@st.composite
def companies(draw: st.DrawFn) -> list[Document]:
    """Return a few bindings of the same few subjects to the same few roles."""
    docs = list(ROLES)
    for number in range(draw(st.integers(2, 4))):
        subjects = draw(st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=3, unique_by=str))
        to = draw(st.sampled_from(ROLES))["metadata"]["name"]
        space = draw(st.sampled_from(["", "", "shop", "payments"]))
        docs.append(binding(f"b{number}", to, *subjects, namespace=space))
    return docs


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(companies(), st.lists(st.sampled_from(USES), unique=True))
def test_every_prefix_is_as_it_was_foretold(docs: list[Document], uses: list[Use]) -> None:
    """Questions, losses and uses agree with the evaluator on what is read after each change."""
    plan, inventory = planned(docs, *uses)
    worlds = prefixes(docs, plan, inventory)
    for each, before, after in zip(plan.changes, worlds, worlds[1:], strict=False):
        policies = policy_of(before), policy_of(after)
        for review in each.change.reviews:
            found = tuple(may(policy, review) for policy in policies)
            assert found == (review.before, review.allowed), (review, each.change.title)
        written = {bound.ref: bound.after for bound in each.bound}
        told = [impact for impact in each.impact if "still allows" not in impact.said]
        rights = [one for one in told if one.kind in (ImpactKind.PERMISSIONS, ImpactKind.REPLAY)]
        assert rights == list(lost_access(written, before))
        _asks_all_that_goes(each.change, *policies)
    _keeps_what_is_used(worlds)


def _asks_all_that_goes(change: Change, before: Policy, after: Policy) -> None:
    """Whatever was to go by this change, and goes at its turn, is asked where there is room."""
    waits = [each for each in change.shadowed if not each.allowed]
    goes = [each for each in waits if may(before, each) and not may(after, each)]
    assert not goes or len(change.reviews) == MOST


def _keeps_what_is_used(worlds: Sequence[Inventory]) -> None:
    """What an audit log shows as used is allowed after every change."""
    usage = worlds[0].facts.usage or Usage()
    for one in usage.uses:
        who = identity_in(one.user, usage)
        request = Request(one.verb, one.group, one.resource, one.namespace, one.name)
        allowed = [decide(policy_of(each), who, request).allowed for each in worlds]
        assert len(set(allowed)) == 1, (one, allowed)
