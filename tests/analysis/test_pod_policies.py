"""Policies of other engines that judge what Pod Security does are known by their rules."""

from typing import Any

import pytest

from k8sharden.analysis.pod_policies import pod_policies
from tests.remediations.harness import inventory

RIGHTS = "object.spec.containers.all(c, !c.?securityContext.?privileged.orValue(false))"
OTHER = "object.spec.containers.all(c, has(c.resources))"
GROUP = "policies.kyverno.io/v1"
TEMPLATES = "templates.gatekeeper.sh/v1"


def _object(api_version: str, kind: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "it"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def _gatekeeper(rule: str) -> list[dict[str, Any]]:
    names = {"crd": {"spec": {"names": {"kind": "K8sRights"}}}}
    template = _object(TEMPLATES, "ConstraintTemplate", **names, targets=[{"rego": rule}])
    return [template, _object("constraints.gatekeeper.sh/v1beta1", "K8sRights")]


def _kinds(rule: str) -> list[list[dict[str, Any]]]:
    judged = {"validations": [{"expression": rule}]}
    old = {"rules": [{"name": "it", "validate": {"cel": {"expressions": [rule]}}}]}
    native = "admissionregistration.k8s.io/v1"
    return [
        [_object(native, "ValidatingAdmissionPolicy", **judged)],
        [_object("kyverno.io/v1", "ClusterPolicy", **old)],
        [_object("kyverno.io/v1", "Policy", **old)],
        [_object(GROUP, "ValidatingPolicy", **judged)],
        _gatekeeper(rule),
    ]


@pytest.mark.parametrize("documents", _kinds(RIGHTS), ids=lambda docs: docs[-1]["kind"])
def test_a_policy_about_rights_is_named(documents: list[dict[str, Any]]) -> None:
    """Whichever engine runs it: the object that puts it to use."""
    (found,) = pod_policies(inventory(documents))
    assert (found.kind, found.name) == (documents[-1]["kind"], "it")


@pytest.mark.parametrize("documents", _kinds(OTHER), ids=lambda docs: docs[-1]["kind"])
def test_a_policy_about_something_else_is_not(documents: list[dict[str, Any]]) -> None:
    """Limits, labels and the like say nothing of what a pod may do."""
    assert pod_policies(inventory(documents)) == ()
