"""What the items about dangerous rights claim of their fixtures, asked of a real API server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.bindings import in_use, subjects_of
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.policy import Rules, policy_of, role_of
from k8sharden.analysis.rbac.powers import given_by, minor_of
from k8sharden.analysis.rbac.subjects import Identity, identity
from k8sharden.analysis.system import is_bootstrap_rbac
from k8sharden.model import kinds
from k8sharden.model.change import Create, NoChange
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from remediations import OWN
from tests.remediations import harness
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

# Their evidence is of older servers than the one that is asked.
OLD = ("old-server",)
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
SECONDS = 15.0
KINDS = {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}

FIXTURES = [
    (check, path)
    for check in POWERS
    for side in harness.SIDES
    for path in harness.fixtures(check, side)
    if path.stem not in OLD
]


@pytest.fixture(scope="module")
def server(control_plane: ControlPlane) -> ControlPlane:
    """A server with the namespaces of the fixtures."""
    docs = [doc for _, path in FIXTURES for doc in harness.read(path)]
    spaces = {doc.get("metadata", {}).get("namespace", "shop") for doc in docs}
    for name in sorted(spaces):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        control_plane.request("POST", "/api/v1/namespaces", body).expect(201, 409)
    return control_plane


@contextmanager
def standing(server: ControlPlane, docs: list[dict[str, Any]]) -> Iterator[None]:
    """Have the roles and bindings of a fixture on the server, but those that it has by itself."""
    made = []
    for doc in (each for each in docs if each["kind"] in KINDS):
        ref = harness.ref_of(doc)
        for subject in doc.get("subjects", ()):
            if subject["kind"] == "ServiceAccount":
                subject.setdefault("namespace", ref.namespace)
        path = kinds.type_of(ref).path(ref.namespace)
        if server.request("POST", path, doc).expect(201, 409).status == 201:
            made.append(f"{path}/{ref.name}")
    try:
        yield
    finally:
        for path in made:
            server.request("DELETE", path).expect(200)


def allowed(server: ControlPlane, who: Identity, asked: Request) -> bool:
    """Ask the API server."""
    resource, _, sub = asked.resource.partition("/")
    about = {
        "verb": asked.verb,
        "group": asked.group,
        "resource": resource,
        "subresource": sub,
        "namespace": asked.namespace,
        "name": asked.name,
    }
    groups = sorted(who.groups)
    spec = {"user": who.user or "somebody", "groups": groups, "resourceAttributes": about}
    answer = server.request("POST", REVIEWS, {"spec": spec}).expect(201).json()
    return bool(answer["status"]["allowed"])


def comes_to(server: ControlPlane, who: Identity, asked: Request, *, wanted: bool) -> bool:
    """Whether the answer becomes what is wanted, once the server has seen all changes."""
    deadline = time.monotonic() + SECONDS
    while allowed(server, who, asked) is not wanted:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(("check", "path"), FIXTURES, ids=lambda part: getattr(part, "stem", part))
def test_the_api_server_allows_what_is_found_and_nothing_else(
    server: ControlPlane, check: str, path: Path
) -> None:
    """Each right of a finding is granted, and none of its power where nothing was found."""
    docs = harness.read(path)
    seen = harness.inventory(docs)
    policy = policy_of(seen)
    with standing(server, docs):
        for ref, binding in in_use(policy):
            role = role_of(ref, binding)
            if is_bootstrap_rbac(policy.roles[role].metadata):
                # A server without controllers does not fill its own roles.
                continue
            who = identity(subjects_of(binding)[0], ref.namespace)
            rules = policy.rules(role) or ()
            requests = given_by(ref, POWERS[check], policy, minor_of(seen))
            for each in requests:
                at = _named(each, rules)._replace(namespace=_place(each, check, ref))
                assert comes_to(server, who, at, wanted=True), (ref.label, at)
            if not requests and not POWERS[check].together:
                _wait_for(server, who, ref, rules)
                for each in _power(check, ref, seen):
                    at = each._replace(namespace=_place(each, check, ref))
                    assert comes_to(server, who, at, wanted=False), (ref.label, at)


@pytest.mark.parametrize(("check", "path"), FIXTURES, ids=lambda part: getattr(part, "stem", part))
def test_after_the_change_the_api_server_denies_what_was_found(
    server: ControlPlane, check: str, path: Path
) -> None:
    """The new role is accepted as it is, and gives nothing back of what was the danger."""
    docs = harness.read(path)
    seen = harness.inventory(docs)
    policy = policy_of(seen)
    item = next(each for each in OWN if each.id == check)
    for finding in item.evaluate(seen):
        answer = item.remediate(finding, seen)
        old = policy.bindings[finding.resource]
        own = is_bootstrap_rbac(policy.roles[role_of(finding.resource, old)].metadata)
        if isinstance(answer, NoChange) or own:
            continue
        who = identity(subjects_of(old)[0], finding.resource.namespace)
        found = given_by(finding.resource, POWERS[check], policy, minor_of(seen))
        made = [write.manifest for write in answer.writes if isinstance(write, Create)]
        with standing(server, made):
            _wait_for_all(server, made)
            for each in found:
                at = each._replace(namespace=_place(each, check, finding.resource))
                assert comes_to(server, who, at, wanted=False), (finding.resource.label, at)


def _wait_for_all(server: ControlPlane, docs: list[dict[str, Any]]) -> None:
    """Wait until the server knows all bindings among some objects."""
    policy = policy_of(harness.inventory(docs))
    for ref, binding in in_use(policy):
        who = identity(subjects_of(binding)[0], ref.namespace)
        _wait_for(server, who, ref, policy.rules(role_of(ref, binding)) or ())


def _named(asked: Request, rules: Rules) -> Request:
    """Return a request for every object where the rules allow that, or for one that they name."""
    names = ["", *sorted({name for rule in rules for name in rule.resource_names or ()})]
    each = [asked._replace(name=name) for name in names]
    return next(one for one in each if any(allows(rule, one) for rule in rules))


def _power(check: str, ref: Ref, seen: Inventory) -> Iterator[Request]:
    """Yield what a power is about; constrained impersonation needs a second right beside it."""
    power, minor = POWERS[check], minor_of(seen)
    for pattern in power.rights:
        mild = ref.namespace and power.namespace is None and not pattern.cluster
        if pattern.counts(minor, everywhere=True) and not pattern.since and not mild:
            yield from pattern.requests()


def _place(asked: Request, check: str, ref: Ref) -> str:
    """Return the namespace that a request is made in: none for what stands in no namespace."""
    everywhere = [
        each for pattern in POWERS[check].rights if pattern.cluster for each in pattern.requests()
    ]
    return "" if asked in everywhere else ref.namespace


def _wait_for(server: ControlPlane, who: Identity, ref: Ref, rules: Rules) -> None:
    """Wait until the server knows a binding, so that a no means something."""
    for rule in rules:
        if rule.resources and rule.api_groups and rule.verbs:
            name = rule.resource_names[0] if rule.resource_names else ""
            known = Request(
                rule.verbs[0], rule.api_groups[0], rule.resources[0], ref.namespace, name
            )
            assert comes_to(server, who, known, wanted=True), known
            return
