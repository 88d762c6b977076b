"""A policy that asks of new pods for images by digest, and from the registries that are allowed.

It is one set of CEL expressions, for three engines: the API server itself, Kyverno and Gatekeeper.
An image that a pod has already is let through, or a label could not be put on it any more.
Sources: kubernetes.io, Validating Admission Policy; Kyverno, ValidatingPolicy; Gatekeeper,
"Integration with Kubernetes Validating Admission Policy"; the distribution project's reference
grammar.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from k8sharden.analysis.containers import offenders
from k8sharden.analysis.images import parse_image
from k8sharden.analysis.registries import allowed, place_of
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model.change import File
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container
from k8sharden.model.render import render
from k8sharden.model.workloads import Workload, workloads

Manifest = dict[str, Any]

NAME = "trusted-images"
_TEMPLATE_KIND = "K8sTrustedImages"
_QUOTE, _QUOTED = "'", r"\x27"
_CORE = ("kube-system", "kube-public", "kube-node-lease")
_DIGEST = "@(sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$"
_RULES = [
    {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["pods", "pods/ephemeralcontainers"],
    }
]


def exempt_namespaces(inventory: Inventory) -> tuple[str, ...]:
    """Return the cluster's own namespaces: what it is made of comes by tags."""
    own = filter(is_system_namespace, inventory.namespace_names)
    return tuple(sorted({*_CORE, *own}))


def failing(inventory: Inventory, concerns: Callable[[Workload], bool]) -> list[Workload]:
    """Return those of the workloads that this policy ``concerns`` whose pods would fail it."""

    def fails(container: Container) -> bool:
        image = parse_image(container.image)
        return image is None or not image.digest or not allowed(image, inventory.facts)

    return [
        workload
        for workload in workloads(inventory)
        if concerns(workload) and offenders(workload, fails)
    ]


def is_ours(expressions: tuple[str, ...], inventory: Inventory) -> bool:
    """Whether a policy judges by these expressions, so that it is known what it asks for."""
    registries = inventory.facts.allowed_registries
    wanted = (*_variables(registries), *_validations(registries))
    return expressions == tuple(each["expression"] for each in wanted)


def native(name: str, registries: tuple[str, ...]) -> Manifest:
    """Return the ValidatingAdmissionPolicy."""
    return {
        "apiVersion": kinds.ADMISSION_POLICIES.api_version,
        "kind": kinds.ADMISSION_POLICIES.kind,
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": _RULES},
            "variables": _variables(registries),
            "validations": _validations(registries),
        },
    }


def binding(name: str, exempt: Iterable[str]) -> Manifest:
    """Return the binding that makes it warn and leave a trace in the audit log, and no more."""
    return {
        "apiVersion": kinds.ADMISSION_POLICY_BINDINGS.api_version,
        "kind": kinds.ADMISSION_POLICY_BINDINGS.kind,
        "metadata": {"name": name},
        "spec": {
            "policyName": name,
            "validationActions": ["Audit", "Warn"],
            "matchResources": {"namespaceSelector": _but(exempt)},
        },
    }


def alternatives(registries: tuple[str, ...], exempt: Iterable[str]) -> tuple[File, ...]:
    """Return the same policy for Kyverno and for Gatekeeper, as files."""
    gatekeeper = (gatekeeper_template(registries), gatekeeper_constraint(exempt))
    return (
        File("kyverno/validating-policy.yaml", render(kyverno(registries, exempt))),
        File("gatekeeper/trusted-images.yaml", "---\n".join(map(render, gatekeeper))),
    )


def kyverno(registries: tuple[str, ...], exempt: Iterable[str]) -> Manifest:
    """Return Kyverno's ValidatingPolicy, which reports and denies nothing."""
    kind = kinds.KYVERNO_VALIDATING_POLICIES
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": NAME},
        "spec": {
            "validationActions": ["Audit"],
            "failurePolicy": "Fail",
            # It would be written anew for templates, and there the pod before is something else.
            "autogen": {"podControllers": {"controllers": []}},
            "matchConstraints": {"resourceRules": _RULES, "namespaceSelector": _but(exempt)},
            "variables": _variables(registries),
            "validations": _validations(registries),
        },
    }


def gatekeeper_template(registries: tuple[str, ...]) -> Manifest:
    """Return Gatekeeper's ConstraintTemplate."""
    source = {"variables": _variables(registries), "validations": _validations(registries)}
    code = [{"engine": "K8sNativeValidation", "source": source}]
    return {
        "apiVersion": kinds.CONSTRAINT_TEMPLATES.api_version,
        "kind": kinds.CONSTRAINT_TEMPLATES.kind,
        "metadata": {"name": _TEMPLATE_KIND.lower()},
        "spec": {
            "crd": {"spec": {"names": {"kind": _TEMPLATE_KIND}}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", "code": code}],
        },
    }


def gatekeeper_constraint(exempt: Iterable[str]) -> Manifest:
    """Return the constraint, which reports and denies nothing."""
    return {
        "apiVersion": kinds.CONSTRAINTS.api_version,
        "kind": _TEMPLATE_KIND,
        "metadata": {"name": NAME},
        "spec": {
            "enforcementAction": "dryrun",
            "match": {
                "kinds": [{"apiGroups": [""], "kinds": ["Pod"]}],
                "excludedNamespaces": list(exempt),
            },
        },
    }


def _but(exempt: Iterable[str]) -> Manifest:
    key = "kubernetes.io/metadata.name"
    return {"matchExpressions": [{"key": key, "operator": "NotIn", "values": list(exempt)}]}


def _images(of: str) -> str:
    """Return the CEL for every image of a pod: of init, main and ephemeral containers."""
    lists = ("containers", "initContainers", "ephemeralContainers")
    return " + ".join(f"{of}.spec.?{name}.orValue([]).map(c, c.image)" for name in lists)


_FULL_NAME = (
    "!i.contains('/') ? 'docker.io/library/' + i : "
    "i.matches('^(index[.])?docker[.]io/[^/]+$') ? 'docker.io/library/' + i.split('/')[1] : "
    "i.startsWith('index.docker.io/') ? i.substring(6) : "
    "(i.split('/')[0].matches('[.:]|^localhost$') ? i : 'docker.io/' + i)"
)
"""CEL: a short name with the registry that it stands for, Docker Hub's under its one name."""


def _variables(registries: tuple[str, ...]) -> list[Manifest]:
    found = {
        "known": f"oldObject == null ? [] : {_images('oldObject')}",
        "fresh": f"({_images('object')}).filter(i, !(i in variables.known))",
        "unpinned": f"variables.fresh.filter(i, !i.matches('{_DIGEST}'))",
    }
    patterns = ", ".join(f"r'{_pattern(each)}'" for each in registries)
    if patterns:
        full = f"variables.fresh.map(i, {_FULL_NAME})"
        found["foreign"] = f"{full}.filter(i, ![{patterns}].exists(p, i.matches(p)))"
    return [{"name": name, "expression": text} for name, text in found.items()]


def _pattern(place: str) -> str:
    """Return the expression that a reference in this registry, folder or repository meets."""
    return f"^{re.escape(place_of(place)).replace(_QUOTE, _QUOTED)}(/|@|:[^/]*$|$)"


def _validations(registries: tuple[str, ...]) -> list[Manifest]:
    found = [_validation("unpinned", "not pinned by digest")]
    if registries:
        found.append(_validation("foreign", "not from a registry that is allowed"))
    return found


def _validation(variable: str, problem: str) -> Manifest:
    return {
        "expression": f"variables.{variable}.size() == 0",
        "message": f"Images are {problem}.",
        "messageExpression": f"'Images {problem}: ' + variables.{variable}.join(', ')",
    }
