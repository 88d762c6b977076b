"""Requests as people type them, with the words that kubectl takes."""

import pytest

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.typed import is_usual, request_of
from k8sharden.errors import InputError


@pytest.mark.parametrize(
    ("words", "group", "resource"),
    [
        ("pods", "", "pods"),
        ("pod", "", "pods"),
        ("Pod", "", "pods"),
        ("po/log", "", "pods/log"),
        ("deployments.apps", "apps", "deployments"),
        ("deployment.apps", "apps", "deployments"),
        ("deployments.v1.apps", "apps", "deployments"),
        ("deploy/scale", "apps", "deployments/scale"),
        ("ingresses", "networking.k8s.io", "ingresses"),
        ("ingressclass", "networking.k8s.io", "ingressclasses"),
        ("netpol", "networking.k8s.io", "networkpolicies"),
        ("networkpolicy", "networking.k8s.io", "networkpolicies"),
        ("events", "", "events"),
        ("events.events.k8s.io", "events.k8s.io", "events"),
        ("widgets.example.com", "example.com", "widgets"),
        ("widgets.example.com/scale", "example.com", "widgets/scale"),
        ("widgets.v2.io", "v2.io", "widgets"),
        ("users", "", "users"),
        ("uids", "authentication.k8s.io", "uids"),
        ("*", "*", "*"),
    ],
)
def test_a_resource_as_kubectl_writes_it(words: str, group: str, resource: str) -> None:
    """Plural, singular, kind or short name, with the group or a version behind a dot."""
    assert request_of("get", words) == Request("get", group, resource)


def test_a_url_is_a_path() -> None:
    """It begins with a slash."""
    assert request_of("get", "/metrics/x") == Request("get", path="/metrics/x")


@pytest.mark.parametrize("words", ["widgets", "", "pods!", "a\u202eb"])
def test_a_resource_that_nobody_knows_needs_its_group(words: str) -> None:
    """It may be a slip, and what is quoted is safe to show."""
    with pytest.raises(InputError, match="write another one with its group") as error:
        request_of("get", words)
    assert "\u202e" not in str(error.value)


@pytest.mark.parametrize(
    ("verb", "resource", "usual"),
    [
        ("get", "pods", True),
        ("bind", "clusterroles", True),
        ("impersonate:user-info", "users", True),
        ("gett", "pods", False),
        ("post", "pods", False),
        ("post", "/metrics", True),
        ("list", "/metrics", False),
    ],
)
def test_which_verbs_are_usual(verb: str, resource: str, *, usual: bool) -> None:
    """Requests for URLs have the verbs of HTTP, those for resources others."""
    assert is_usual(request_of(verb, resource)) is usual
