"""What events mean: whose right, which right, and whether it was there."""

import json
from typing import Any

import pytest

from k8sharden.evidence import tally
from k8sharden.evidence.read import read_chunks
from k8sharden.model.usage import Usage, Use
from tests.evidence.events import PIPELINE, about, at, event, line

ALLOW = {"authorization.k8s.io/decision": "allow"}
FORBID = {"authorization.k8s.io/decision": "forbid"}


def read(*lines: bytes) -> Usage:
    """Read these lines."""
    return read_chunks([b"".join(lines)], "test")


def only(*lines: bytes) -> Use:
    """Return the one use that lines show."""
    (use,) = read(*lines).uses
    return use


def test_a_use_names_what_the_authorizer_was_asked() -> None:
    """User, verb, group, resource with its part, namespace and name; times to the microsecond."""
    use = only(line(objectRef=about("pods", subresource="log", namespace="shop", name="web-0")))
    assert use == Use(
        PIPELINE, "get", "", "pods/log", "shop", "web-0", "", 1, 0, use.first, use.last
    )
    assert use.first == use.last == pytest.approx(1794816000.2, abs=1e-6)


@pytest.mark.parametrize(
    ("code", "annotations", "allowed"),
    [
        (200, ALLOW, True),
        (404, ALLOW, True),
        (409, ALLOW, True),
        (403, ALLOW, True),
        (401, ALLOW, True),
        (403, FORBID, False),
        (403, None, False),
        (200, None, True),
        (500, {}, True),
        (401, None, None),
        (429, None, None),
    ],
)
def test_what_was_decided(code: int, annotations: Any, allowed: bool | None) -> None:  # noqa: FBT001 - a parameter
    """The annotation decides; without one a 403 was denied, and 401 and 429 never got that far."""
    uses = read(line(responseStatus={"code": code}, annotations=annotations)).uses
    assert [bool(use.allowed) for use in uses] == ([] if allowed is None else [allowed])
    assert all(use.allowed + use.denied == 1 for use in uses)


def test_a_watch_that_begins_and_ends_is_one_request() -> None:
    """Both stages are logged; one that is still open counts as well, and a reception does not."""
    stages = ["RequestReceived", "ResponseStarted", "ResponseComplete"]
    ended = [line(verb="watch", stage=stage) for stage in stages]
    assert only(*ended).allowed == 1
    assert only(*ended, ended[1]).allowed == 2
    assert only(ended[1]).allowed == 1
    assert not read(ended[0]).uses
    assert only(line(stage="Panic", responseStatus={"code": 500})).allowed == 1


def test_a_new_object_has_no_name_yet() -> None:
    """The server fills the name in, which its authorizer never saw; of a part it saw it."""
    assert only(line(verb="create")).name == ""
    evicted = about("pods", subresource="eviction", namespace="shop", name="web-0")
    assert only(line(verb="create", objectRef=evicted)).name == "web-0"


@pytest.mark.parametrize("verb", ["update", "patch"])
def test_an_update_that_made_the_object_used_create_as_well(verb: str) -> None:
    """A PUT or an apply that answers 201 was asked for both rights."""
    uses = read(line(verb=verb, responseStatus={"code": 201})).uses
    assert {(use.verb, use.name) for use in uses} == {(verb, "web-0"), ("create", "")}


def test_a_url_counts_without_its_query() -> None:
    """What is no resource is a path."""
    use = only(line(objectRef=None, requestURI="/healthz?verbose"))
    assert (use.path, use.resource) == ("/healthz", "")


def test_an_impersonated_user_asked_and_somebody_impersonated() -> None:
    """The request is the impersonated user's; who asked used impersonate, also if it was denied."""
    other = {
        "username": "ada",
        "uid": "7",
        "groups": ["developers", "system:authenticated"],
        "extra": {"scopes": ["view"]},
    }
    usage = read(line(impersonatedUser=other, annotations=FORBID, responseStatus={"code": 403}))
    uses = {(use.user, use.verb, use.group, use.resource, use.name): use for use in usage.uses}
    assert uses.pop(("ada", "get", "", "pods", "web-0")).denied == 1
    assert set(uses) == {
        (PIPELINE, "impersonate", "", "users", "ada"),
        (PIPELINE, "impersonate", "", "groups", "developers"),
        (PIPELINE, "impersonate", "authentication.k8s.io", "uids", "7"),
        (PIPELINE, "impersonate", "authentication.k8s.io", "userextras/scopes", ""),
    }
    assert all(use.allowed == 1 for use in uses.values())
    assert usage.groups["ada"] == ("developers", "system:authenticated")


def test_who_was_masters_for_one_request_is_not_in_that_group() -> None:
    """Whatever ada asks for herself would never be denied, if she were."""
    groups = ["developers", "system:masters", "system:authenticated"]
    usage = read(line(impersonatedUser={"username": "ada", "groups": groups}))
    assert usage.groups["ada"] == ("developers", "system:authenticated")
    admin = read(line(user={"username": "admin", "groups": ["system:masters"]}))
    assert admin.groups["admin"] == ("system:masters",)


def test_group_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What hands out identities may know more groups than anybody has room for."""
    monkeypatch.setattr(tally, "_NAMES", 2)
    named = [line(user={"username": f"u{n}", "groups": [f"g{n}", "g0"]}) for n in range(4)]
    usage = read(*named)
    assert {each for some in usage.groups.values() for each in some} == {"g0", "g1"}


def test_an_impersonated_account_takes_one_right_in_its_namespace() -> None:
    """The groups of a service account come by themselves."""
    groups = ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]
    other = {"username": "system:serviceaccount:shop:web", "groups": groups}
    uses = [use for use in read(line(impersonatedUser=other)).uses if use.verb == "impersonate"]
    assert [(use.resource, use.namespace, use.name) for use in uses] == [
        ("serviceaccounts", "shop", "web")
    ]


def test_constrained_impersonation_takes_two_rights() -> None:
    """One on whom, one on what; both are verbs of their own."""
    uses = read(
        line(
            impersonatedUser={"username": "system:node:worker-1", "groups": ["system:nodes"]},
            authenticationMetadata={"impersonationConstraint": "impersonate:arbitrary-node"},
        )
    ).uses
    mine = {(use.verb, use.group, use.resource, use.name) for use in uses if use.user == PIPELINE}
    assert mine == {
        ("impersonate:arbitrary-node", "authentication.k8s.io", "nodes", "worker-1"),
        ("impersonate-on:arbitrary-node:get", "", "pods", "web-0"),
    }


def test_nodes_are_counted_and_not_kept() -> None:
    """Roles do not decide on what nodes ask for, and there are thousands of them."""
    usage = read(
        line(user={"username": "system:node:worker-1", "groups": ["system:nodes"]}), line()
    )
    assert {use.user for use in usage.uses} == {PIPELINE}
    assert usage.reading.events == 2
    assert any("1 requests of nodes" in sentence for sentence in usage.blind)


def test_the_window_spans_all_events() -> None:
    """In whatever order they come; a time that is none does not count."""
    usage = read(
        line(stageTimestamp=at(9)),
        line(stageTimestamp=at(7)),
        line(stageTimestamp="yesterday"),
        line(stageTimestamp=at(8), stage="RequestReceived"),
    )
    assert usage.last - usage.first == 2 * 3600
    assert (usage.uses[0].first, usage.uses[0].last) == (usage.first, usage.last)


def test_fields_that_are_missing_or_null_are_no_error() -> None:
    """An exporter may write null for what is not there; v1beta1 has its own time."""
    old = event(apiVersion="audit.k8s.io/v1beta1", stageTimestamp=None, responseStatus=None)
    gone = dict.fromkeys(("requestReceivedTimestamp", "annotations", "level", "objectRef"))
    usage = read(json.dumps(old | gone | {"timestamp": at(5)}).encode())
    assert usage.uses[0].allowed == 1
    assert usage.first == pytest.approx(1794805200)
