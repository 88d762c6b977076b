"""Old Kyverno policies in new words: the same verdicts, or a refusal to guess."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from k8sharden.analysis.kyverno import Untranslatable, translated
from k8sharden.model import kinds
from k8sharden.model.admission import KyvernoPolicy
from k8sharden.model.decoding import convert
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

PODS = {"any": [{"resources": {"kinds": ["Pod"]}}]}
SECONDS = 20.0


def old(*rules: dict[str, Any], namespace: str = "", **spec: Any) -> KyvernoPolicy:
    """An old policy with these rules, about pods unless they say otherwise."""
    named = [{"name": f"r{n}", "match": PODS, **rule} for n, rule in enumerate(rules)]
    metadata = {"name": "p", **({"namespace": namespace} if namespace else {})}
    return convert({"metadata": metadata, "spec": {"rules": named, **spec}}, KyvernoPolicy)


def pattern(value: Any) -> dict[str, Any]:
    """A rule with a pattern."""
    return {"validate": {"message": "No.", "pattern": value}}


def expression(value: Any) -> str:
    """The CEL expression that a pattern becomes."""
    (made,) = translated(old(pattern(value)))
    return str(made["spec"]["validations"][0]["expression"])


@pytest.mark.parametrize(
    ("value", "cel"),
    [
        ({"a": "x"}, "has(object.a) && (object.a == 'x')"),
        ({"a": "!x"}, "has(object.a) && (object.a != 'x')"),
        ({"a": True}, "has(object.a) && (object.a == true)"),
        ({"a": 3}, "has(object.a) && (object.a == 3)"),
        ({"a": "x | y"}, "has(object.a) && ((object.a == 'x') || (object.a == 'y'))"),
        ({"a": "?*"}, "has(object.a) && (string(object.a).matches('^..*$'))"),
        ({"a": "x.*"}, r"has(object.a) && (string(object.a).matches('^x\\..*$'))"),
        ({"a": "it's"}, r"has(object.a) && (object.a == 'it\'s')"),
        ({"=(a)": {"b": "x"}}, "(!has(object.a) || (has(object.a.b) && (object.a.b == 'x')))"),
        ({"a": [{"b": 1}]}, "has(object.a) && (object.a.all(e0, has(e0.b) && (e0.b == 1)))"),
        ({"a/b": "x"}, "('a/b' in object) && (object['a/b'] == 'x')"),
    ],
)
def test_a_pattern_becomes_an_expression(value: Any, cel: str) -> None:
    """Fields, anchors, lists and wildcards have one translation each."""
    assert expression(value) == cel


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (pattern({"a": ">1Gi"}), "compares quantities"),
        (pattern({"a": "1-5"}), "compares quantities"),
        (pattern({"(a)": "x"}), "anchor"),
        (pattern({"X(a)": "null"}), "anchor"),
        (pattern({"a*": "x"}), "wildcard"),
        (pattern({"a": ["x"]}), "list of values"),
        (pattern({"a": "{{request.userInfo}}"}), "variables"),
        (pattern(["x"]), "not made of fields"),
        ({"validate": {"message": "x"}}, "neither has a pattern"),
        ({"validate": {"anyPattern": [{"a": "x"}]}}, "anyPattern"),
        ({"mutate": {"x": "y"}}, "MutatingPolicy"),
        ({"generate": {"x": "y"}}, "GeneratingPolicy"),
        ({"verifyImages": [{}]}, "ImageValidatingPolicy"),
        ({**pattern({"a": "x"}), "exclude": {"any": [1]}}, "exclude"),
        ({**pattern({"a": "x"}), "preconditions": {"all": [1]}}, "preconditions"),
        ({**pattern({"a": "x"}), "match": {"any": [{"subjects": [1]}]}}, "subjects"),
        ({**pattern({"a": "x"}), "match": {"all": [1, 2]}}, "several conditions"),
        ({**pattern({"a": "x"}), "match": {"resources": {"kinds": ["Foo"]}}}, "no kind"),
        ({**pattern({"a": "x"}), "match": {}}, "no kinds"),
        ({"validate": {"cel": {"expressions": [], "paramKind": {"kind": "x"}}}}, "paramKind"),
    ],
)
def test_what_is_not_certain_is_refused(rule: dict[str, Any], why: str) -> None:
    """A policy that is nearly right is wrong: the reason names the rule and what stands in it."""
    with pytest.raises(Untranslatable, match=why) as caught:
        translated(old(rule))
    assert "of rule r0" in str(caught.value)


def test_cel_is_taken_over() -> None:
    """Expressions, variables and preconditions stay, and the message is kept."""
    cel = {
        "expressions": [{"expression": "variables.x"}],
        "variables": [{"name": "x", "expression": "true"}],
    }
    conditions = [{"name": "c", "expression": "true"}]
    rule = {"validate": {"message": "No.", "cel": cel}, "celPreconditions": conditions}
    (made,) = translated(old(rule))
    assert made["spec"]["validations"] == [{"message": "No.", "expression": "variables.x"}]
    assert made["spec"]["variables"] == cel["variables"]
    assert made["spec"]["matchConditions"] == conditions


def test_each_rule_becomes_a_policy_that_audits() -> None:
    """Rules may match differently, so each has its own; all begin by auditing."""
    found = translated(
        old(pattern({"a": "x"}), pattern({"b": "y"}), validationFailureAction="Enforce")
    )
    assert [each["metadata"]["name"] for each in found] == ["p-r0", "p-r1"]
    assert {tuple(each["spec"]["validationActions"]) for each in found} == {("Audit",)}
    (alone,) = translated(old(pattern({"a": "x"}), namespace="shop"))
    assert (alone["kind"], alone["metadata"]) == (
        "NamespacedValidatingPolicy",
        {"name": "p", "namespace": "shop"},
    )


NO_LATEST = {"spec": {"containers": [{"image": "*:* & !*:latest"}], "=(hostNetwork)": False}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A server on which a translated expression denies, since it is the same CEL there."""
    folder = tmp_path_factory.mktemp("kyverno")
    with started(lambda: ControlPlane(folder)) as plane:
        plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}}).expect(201)
        (made,) = translated(old(pattern(NO_LATEST)))
        spec = {key: made["spec"][key] for key in ("matchConstraints", "validations")}
        policy = {"metadata": {"name": "p"}, "spec": spec}
        bound = {"policyName": "p", "validationActions": ["Deny"]}
        plane.request("POST", kinds.ADMISSION_POLICIES.path(), policy).expect(201)
        path = kinds.ADMISSION_POLICY_BINDINGS.path()
        plane.request("POST", path, {"metadata": {"name": "p"}, "spec": bound}).expect(201)
        deadline = time.monotonic() + SECONDS
        while _created(plane, "nginx:latest") == 201:
            assert time.monotonic() < deadline, "the policy is not put to use"
            time.sleep(0.2)
        yield plane


def _created(server: ControlPlane, image: str, **spec: Any) -> int:
    body = {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": image}], **spec},
    }
    return server.request("POST", f"{kinds.PODS.path('shop')}?dryRun=All", body).status


@pytest.mark.real
@pytest.mark.parametrize(
    ("image", "spec", "status"),
    [
        ("nginx:1.27", {}, 201),
        ("nginx:1.27", {"hostNetwork": False}, 201),
        ("nginx:latest", {}, 422),
        ("nginx", {}, 422),
        ("nginx:1.27", {"hostNetwork": True}, 422),
    ],
)
def test_the_expression_judges_as_the_pattern_does(
    server: ControlPlane, image: str, spec: dict[str, Any], status: int
) -> None:
    """A real server compiles it, and refuses what the pattern means to refuse."""
    assert _created(server, image, **spec) == status
