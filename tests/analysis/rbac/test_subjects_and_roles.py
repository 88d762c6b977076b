"""Effective permissions, and what a service account seems to be for."""

import pytest

from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.purpose import Purpose, purpose
from k8sharden.analysis.rbac.subjects import service_account
from k8sharden.analysis.rbac.unlimited import grants_everything
from k8sharden.model import kinds
from k8sharden.model.meta import Meta
from k8sharden.model.objects import AggregationRule, PolicyRule, Role, Subject
from tests.remediations import harness

ALL = ["*"]


def rule(verbs: str, resources: str = "*", groups: str = "*", **more: list[str]) -> PolicyRule:
    """Return a rule; words are separated by blanks."""
    return PolicyRule(verbs.split(), groups.split(), resources.split(), **more)


@pytest.mark.parametrize(
    ("rules", "everything"),
    [
        ([rule("*")], True),
        ([rule("* get", "pods *", "apps *")], True),
        ([rule("get list watch create update patch delete")], True),
        ([rule("get list watch"), rule("create update patch delete")], True),
        ([rule("get list watch update patch delete")], False),
        ([rule("*", "pods")], False),
        ([rule("*", groups="apps")], False),
        ([rule("*", resource_names=["web"])], False),
        ([rule("get"), rule("*", "pods")], False),
        ([PolicyRule(ALL, non_resource_urls=ALL)], False),
        ([PolicyRule()], False),
        ([], False),
    ],
)
def test_everything_is_every_verb_on_every_resource(
    rules: list[PolicyRule], *, everything: bool
) -> None:
    """By a star or spelled out, in one rule or several; never by half of it."""
    assert grants_everything(rules) is everything


def test_an_aggregated_role_has_the_rules_of_the_roles_it_chooses() -> None:
    """In a manifest the rules are not filled in yet, and the role is as strong all the same."""
    strong = Role(metadata=Meta("strong", labels={"into": "ops"}), rules=[rule("*")])
    other = Role(metadata=Meta("other"), rules=[rule("get")])
    gathered = Role(
        metadata=Meta("ops"),
        aggregation_rule=AggregationRule([{"matchLabels": {"into": "ops"}}]),
    )
    roles = {kinds.CLUSTER_ROLES.ref("", each.name): each for each in (strong, other, gathered)}
    policy = Policy(roles, {})
    assert policy.rules(kinds.CLUSTER_ROLES.ref("", "ops")) == (rule("*"),)


@pytest.mark.parametrize(
    ("subject", "account"),
    [
        (Subject("ServiceAccount", "web", "shop"), ("shop", "web")),
        (Subject("User", "system:serviceaccount:shop:web"), ("shop", "web")),
        (Subject("User", "system:serviceaccount:shop"), None),
        (Subject("User", "ada"), None),
        (Subject("Group", "system:serviceaccount:shop:web"), None),
    ],
)
def test_a_service_account_is_known_also_as_a_user(
    subject: Subject, account: tuple[str, str] | None
) -> None:
    """Both ways of writing it grant the same token the same rights."""
    assert service_account(subject) == account


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (("ci", "default"), Purpose.DEPLOYER),
        (("tools", "jenkins-agent"), Purpose.DEPLOYER),
        (("tools", "GitLab-Runner"), Purpose.DEPLOYER),
        (("social", "precision"), Purpose.OTHER),
        (("argocd", "argocd-server"), Purpose.OTHER),
    ],
)
def test_a_purpose_is_read_from_whole_words(account: tuple[str, str], expected: Purpose) -> None:
    """`ci` is not found in `social`, and a GitOps operator needs an image to be believed."""
    assert purpose(account, "binding", harness.inventory([])) is expected
