"""What a binding gives everybody beyond what a new cluster does."""

from typing import Any

import pytest

from k8sharden.analysis.rbac.everybody import BASIC, PUBLIC, beyond, shown
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.cluster.memory.bootstrap import bootstrap
from k8sharden.model.kinds import CLUSTER_ROLE_BINDINGS
from tests.remediations import harness

API = "rbac.authorization.k8s.io/v1"
REF = CLUSTER_ROLE_BINDINGS.ref("", "probe")


def more(*rules: dict[str, Any]) -> list[str] | None:
    """Return what a role gives whoever says no name, beyond what a new cluster does."""
    role = {"kind": "ClusterRole", "name": "probe"}
    seen = harness.inventory(
        [
            {"apiVersion": API, "kind": "ClusterRole", "metadata": role, "rules": list(rules)},
            {"apiVersion": API, "kind": REF.kind, "metadata": {"name": "probe"}, "roleRef": role},
        ]
    )
    return beyond(REF, policy_of(seen).bindings[REF], PUBLIC, seen)


def urls(*paths: str) -> dict[str, Any]:
    """Return a rule that lets URLs be read."""
    return {"nonResourceURLs": list(paths), "verbs": ["get"]}


@pytest.mark.parametrize(
    ("rule", "beyond_it"),
    [
        (urls("/readyz", "/version"), None),
        (urls("/readyz", "/metrics"), ["get /metrics"]),
        (urls("*"), ["get every URL"]),
        (urls("/healthz*"), ["get /healthz*"]),
        ({"nonResourceURLs": ["/healthz"], "verbs": ["*"]}, ["every verb on /healthz"]),
    ],
)
def test_a_url_more_is_more(rule: dict[str, Any], beyond_it: list[str] | None) -> None:
    """The paths of health are harmless one by one, for reading; a pattern may hold others."""
    assert more(rule) == beyond_it


def test_the_config_map_of_joining_nodes_is_one_of_one_namespace() -> None:
    """In the whole cluster the same words would be any `cluster-info`, wherever it lies."""
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}
    assert more(rule | {"resourceNames": ["cluster-info"]}) == [
        "get configmaps cluster-info everywhere"
    ]


def test_a_role_that_nobody_could_list_is_more() -> None:
    """Millions of rights of a prepared role take no time, and are not taken for none."""
    many = [f"r{number}" for number in range(1000)]
    said = more({"apiGroups": many, "resources": many, "verbs": many})
    assert said == ["more than anybody could list"]


def test_a_new_clusters_own_roles_are_nothing_more() -> None:
    """Each binding of a broad group that the API server makes stays within what is known."""
    seen = harness.inventory(bootstrap())
    broad = ("system:authenticated", "system:unauthenticated", "system:serviceaccounts")
    bound = {
        ref: binding
        for ref, binding in policy_of(seen).bindings.items()
        if any(each.name in broad for each in binding.subjects or ())
    }
    assert len(bound) >= 4
    assert [ref.name for ref, each in bound.items() if beyond(ref, each, BASIC, seen)] == []


def test_words_are_few() -> None:
    """Three rights are enough to see what it is about, and none means that the role is unseen."""
    assert shown(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert shown(["a"]) == "a"
    assert shown([]) == "do what it allows"
