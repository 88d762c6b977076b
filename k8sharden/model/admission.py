"""What decides which objects are admitted: policies, their bindings, webhooks, of several engines.

Sources: the Kubernetes API reference, admissionregistration.k8s.io/v1; the definitions of Kyverno
(kyverno.io/v1, policies.kyverno.io/v1) and of Gatekeeper (templates and constraints).
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from k8sharden.model.kinds import ResourceType, constraints_of
from k8sharden.model.meta import Object, Struct

MOST_CONSTRAINTS = 500
"""Kinds of constraints that are looked at; with more none is, and all stay unknown."""

_KIND = re.compile("[A-Za-z][A-Za-z0-9]{0,62}")


class AdmissionPolicySpec(Struct, frozen=True):
    """What a ValidatingAdmissionPolicy matches, and the CEL expressions that must hold."""

    failure_policy: str | None = None
    match_constraints: dict[str, Any] | None = None
    match_conditions: list[dict[str, Any]] | None = None
    validations: list[dict[str, Any]] | None = None
    variables: list[dict[str, Any]] | None = None


class AdmissionPolicy(Object, frozen=True):
    """A ValidatingAdmissionPolicy: it does nothing without a binding."""

    spec: AdmissionPolicySpec = msgspec.field(default_factory=AdmissionPolicySpec)


class AdmissionPolicyBindingSpec(Struct, frozen=True):
    """Which policy is put to use, where, and what happens to an object that fails it."""

    policy_name: str = ""
    validation_actions: list[str] | None = None
    match_resources: dict[str, Any] | None = None


class AdmissionPolicyBinding(Object, frozen=True):
    """A ValidatingAdmissionPolicyBinding."""

    spec: AdmissionPolicyBindingSpec = msgspec.field(default_factory=AdmissionPolicyBindingSpec)


class WebhookRule(Struct, frozen=True):
    """The requests that a webhook is asked about."""

    api_groups: list[str] | None = None
    api_versions: list[str] | None = None
    operations: list[str] | None = None
    resources: list[str] | None = None


class WebhookService(Struct, frozen=True):
    """The Service that answers for a webhook, on port 443 where it says no other."""

    name: str = ""
    namespace: str = ""
    port: int | None = None
    path: str | None = None


class WebhookClient(Struct, frozen=True):
    """Where a webhook is reached: through a Service, or at a URL."""

    service: WebhookService | None = None
    url: str | None = None


class Webhook(Struct, frozen=True):
    """One webhook; ``failure_policy`` says what happens while it does not answer."""

    name: str = ""
    client_config: WebhookClient = msgspec.field(default_factory=WebhookClient)
    failure_policy: str | None = None
    rules: list[WebhookRule] | None = None
    namespace_selector: dict[str, Any] | None = None
    object_selector: dict[str, Any] | None = None
    match_conditions: list[dict[str, Any]] | None = None


class WebhookConfiguration(Object, frozen=True):
    """A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration."""

    webhooks: list[Webhook] | None = None


class KyvernoSpec(Struct, frozen=True):
    """The part of a Kyverno policy's spec that tells what it does, in its old and new forms."""

    validation_failure_action: str | None = None
    validation_failure_action_overrides: list[dict[str, Any]] | None = None
    failure_policy: str | None = None
    rules: list[dict[str, Any]] | None = None
    validation_actions: list[str] | None = None
    match_constraints: dict[str, Any] | None = None
    match_conditions: list[dict[str, Any]] | None = None
    validations: list[dict[str, Any]] | None = None
    variables: list[dict[str, Any]] | None = None


class KyvernoPolicy(Object, frozen=True):
    """A Kyverno ClusterPolicy, Policy, ValidatingPolicy or ImageValidatingPolicy."""

    spec: KyvernoSpec = msgspec.field(default_factory=KyvernoSpec)


class ConstraintNames(Struct, frozen=True):
    """``kind`` is that of the constraints."""

    kind: str = ""


class ConstraintCrdSpec(Struct, frozen=True):
    """The part of the constraints' definition that names them."""

    names: ConstraintNames = msgspec.field(default_factory=ConstraintNames)


class ConstraintCrd(Struct, frozen=True):
    """The definition that a template makes."""

    spec: ConstraintCrdSpec = msgspec.field(default_factory=ConstraintCrdSpec)


class ConstraintTemplateSpec(Struct, frozen=True):
    """What constraints of a template look like, and the code that judges objects."""

    crd: ConstraintCrd = msgspec.field(default_factory=ConstraintCrd)
    targets: list[dict[str, Any]] | None = None


class ConstraintTemplate(Object, frozen=True):
    """A ConstraintTemplate of Gatekeeper."""

    spec: ConstraintTemplateSpec = msgspec.field(default_factory=ConstraintTemplateSpec)


class ConstraintSpec(Struct, frozen=True):
    """What a constraint matches, and what happens to an object that fails it."""

    enforcement_action: str | None = None
    match: dict[str, Any] | None = None
    parameters: dict[str, Any] | None = None
    scoped_enforcement_actions: list[dict[str, Any]] | None = None


class Constraint(Object, frozen=True):
    """A Gatekeeper constraint; its own ``kind`` names the template. Lists of these say it."""

    kind: str = ""
    spec: ConstraintSpec = msgspec.field(default_factory=ConstraintSpec)


def constraint_types(templates: Iterable[Object]) -> tuple[ResourceType, ...]:
    """Return the types of constraints that these ConstraintTemplates make, each once."""
    names = (
        each.spec.crd.spec.names.kind for each in templates if isinstance(each, ConstraintTemplate)
    )
    named = (name for name in names if _KIND.fullmatch(name))
    return tuple(map(constraints_of, dict.fromkeys(named)))
