"""The audit log of the cluster in memory: which rule decides, and what a line says."""

from typing import Any

import pytest
import yaml

from k8sharden.analysis.runbooks.audit import POLICY
from k8sharden.cluster.memory.audit import level_of
from k8sharden.cluster.memory.requests import Attributes, User

ANN = User("ann", ("developers", "system:authenticated"))
PROXY = User("system:kube-proxy", ("system:authenticated",))


def about(verb: str, resource: str, group: str = "", subresource: str = "") -> Attributes:
    """A request in the namespace shop, for an object named web."""
    return Attributes(verb, group, "v1", resource, subresource, "shop", "web")


@pytest.mark.parametrize(
    ("user", "request_", "level"),
    [
        (ANN, about("get", "secrets"), "Metadata"),
        (ANN, about("create", "secrets"), "Metadata"),
        (ANN, about("create", "serviceaccounts", subresource="token"), "Metadata"),
        (ANN, about("get", "pods", subresource="exec"), "Metadata"),
        (ANN, about("create", "pods"), "Request"),
        (ANN, about("patch", "deployments", "apps"), "Request"),
        (ANN, about("delete", "clusterrolebindings", "rbac.authorization.k8s.io"), "Request"),
        (ANN, about("get", "pods"), "Metadata"),
        (ANN, about("watch", "services"), "Metadata"),
        (PROXY, about("watch", "services"), "None"),
        (PROXY, about("watch", "secrets"), "Metadata"),
        (ANN, about("update", "leases", "coordination.k8s.io"), "None"),
        (ANN, Attributes("get", path="/healthz/etcd"), "None"),
        (ANN, Attributes("get", path="/metrics"), "Metadata"),
    ],
)
def test_the_exported_policy_decides(user: User, request_: Attributes, level: str) -> None:
    """The policy that is exported keeps who touched Secrets, and leaves out only noise."""
    assert level_of(yaml.safe_load(POLICY), user, request_) == level


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({}, True),
        ({"users": ["ann"]}, True),
        ({"users": ["bob"]}, False),
        ({"userGroups": ["developers"]}, True),
        ({"userGroups": ["operators"]}, False),
        ({"verbs": ["list"]}, False),
        ({"namespaces": ["shop"]}, True),
        ({"namespaces": ["payments"]}, False),
        ({"nonResourceURLs": ["*"]}, False),
        ({"resources": [{"group": ""}]}, True),
        ({"resources": [{"group": "apps"}]}, False),
        ({"resources": [{"resources": ["pods"]}]}, False),
        ({"resources": [{"resources": ["pods/log"]}]}, True),
        ({"resources": [{"resources": ["pods/*"]}]}, True),
        ({"resources": [{"resources": ["*/log"]}]}, True),
        ({"resources": [{"resources": ["*"]}]}, True),
        ({"resources": [{"resources": ["pods/log"], "resourceNames": ["web"]}]}, True),
        ({"resources": [{"resources": ["pods/log"], "resourceNames": ["cart"]}]}, False),
    ],
)
def test_each_part_has_to_fit(rule: dict[str, Any], fits: bool) -> None:  # noqa: FBT001 - a table
    """A rule fits where all that it names fits; a subresource is none of its resource."""
    policy = {"rules": [{"level": "Request", **rule}]}
    found = level_of(policy, ANN, about("get", "pods", subresource="log"))
    assert found == ("Request" if fits else "None")


def test_the_first_rule_that_fits_decides() -> None:
    """A later rule changes nothing, and a policy without a rule that fits keeps nothing."""
    policy = {"rules": [{"level": "None", "verbs": ["get"]}, {"level": "Metadata"}]}
    assert level_of(policy, ANN, about("get", "pods")) == "None"
    assert level_of(policy, ANN, about("list", "pods")) == "Metadata"
    assert level_of({"rules": policy["rules"][:1]}, ANN, about("list", "pods")) == "None"
