"""What a ClusterRole adds to those for people, beside what Kubernetes gives these by itself."""

import pytest

from k8sharden.analysis.rbac.aggregated import LABEL, leaks_of
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.named import place_of
from k8sharden.analysis.rbac.policy import Policy, policy_of
from k8sharden.analysis.rbac.powers import given
from k8sharden.cluster.memory.bootstrap import bootstrap
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.meta import Meta
from k8sharden.model.ref import Ref
from tests.analysis.rbac.made import rule
from tests.remediations import harness

OWN = [each for each in bootstrap() if each["apiVersion"] == kinds.ROLES.api_version]
PROBE = kinds.CLUSTER_ROLES.ref("", "probe")


def adding(target: str, *rules: o.PolicyRule) -> Policy:
    """Return a policy of one ClusterRole that is added to a target."""
    return Policy({PROBE: o.Role(Meta("probe", labels={LABEL + target: "true"}), list(rules))}, {})


def leaked(target: str, *rules: o.PolicyRule) -> list[tuple[str, str]]:
    """Return the verbs and resources that a role leaks into a target."""
    found = leaks_of(PROBE, adding(target, *rules), 36)
    return [(each.verb, each.resource) for each in found.get(target, ())]


@pytest.mark.parametrize("target", ["view", "edit", "admin"])
def test_what_kubernetes_gives_a_role_itself_is_no_leak(target: str) -> None:
    """The rules of the three roles, as an API server brings them, could be added once more."""
    policy = policy_of(harness.inventory(OWN))
    rules = policy.rules(kinds.CLUSTER_ROLES.ref("", target))
    assert rules
    assert leaked(target, *rules) == []


def test_edits_own_rights_are_a_leak_in_view() -> None:
    """Whatever `edit` has that is dangerous, whoever only looks must not get."""
    policy = policy_of(harness.inventory(OWN))
    rules = policy.rules(kinds.CLUSTER_ROLES.ref("", "edit")) or ()
    place = place_of(policy, 36, "")
    dangerous = {check for check, power in POWERS.items() if given(power, rules, place)}
    own = {"rbac-secrets-read", "rbac-workload-write", "rbac-exec", "rbac-token-create"}
    assert dangerous == own | {"rbac-escalate"}
    assert ("get", "secrets") in leaked("view", *rules)
    assert ("impersonate", "serviceaccounts") in leaked("view", *rules)


@pytest.mark.parametrize("target", ["edit", "admin"])
def test_another_way_to_what_a_role_has_is_no_leak(target: str) -> None:
    """Who enters containers anyway may put another one beside them."""
    assert leaked(target, rule("patch", "pods/ephemeralcontainers")) == []
    assert leaked(target, rule("impersonate", "serviceaccounts users")) == [
        ("impersonate", "users")
    ]


@pytest.mark.parametrize("name", ["view", "edit", "admin"])
def test_a_target_holds_what_it_was_filled_with(name: str) -> None:
    """What others leaked into `edit` is found with them, and not again on its way to `admin`."""
    ref: Ref = kinds.CLUSTER_ROLES.ref("", name)
    labels = {LABEL + "admin": "true", LABEL + "edit": "true"}
    roles = {ref: o.Role(Meta(name, labels=labels), [rule("patch", "namespaces")])}
    assert leaks_of(ref, Policy(roles, {}), 36) == {}
