"""What decides at admission which images may run: native policies, Kyverno's and Gatekeeper's.

A policy counts where its rules or code speak of an ``image``: by registry, digest or signature, as
each engine has it. Sources: the API reference, admissionregistration.k8s.io/v1; the definitions of
Kyverno, kyverno.io/v1 and policies.kyverno.io/v1; Gatekeeper, "Enforcement actions": by default it
denies.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, cast

import msgspec

from k8sharden.analysis.rule_text import asks_for_origin, speaks_of_images
from k8sharden.model import admission as a
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

NEEDS = (
    kinds.ADMISSION_POLICIES,
    kinds.ADMISSION_POLICY_BINDINGS,
    kinds.KYVERNO_CLUSTER_POLICIES,
    kinds.KYVERNO_POLICIES,
    kinds.KYVERNO_VALIDATING_POLICIES,
    kinds.KYVERNO_IMAGE_POLICIES,
    kinds.CONSTRAINT_TEMPLATES,
    kinds.CONSTRAINTS,
)
"""What has to be read to know them all."""

_POD_KINDS = ("pods", "*", "*/*", "pods/*")
_NEW_POD = ("CREATE", "*")
_DENY = "Deny"


class Engine(StrEnum):
    """What runs the policies."""

    NATIVE = "the API server"
    KYVERNO = "Kyverno"
    GATEKEEPER = "Gatekeeper"


class Guard(msgspec.Struct, frozen=True):
    """A policy about images: ``ref`` is the object that says what happens to what fails it.

    ``actions`` are its words for that, none where nothing puts the policy to use. ``policy`` holds
    the rules: the same object, or the one that a binding names. ``origin`` says that these ask
    where an image comes from, or for its digest or signature, and not only for a tag.
    ``fails_open`` says that it lets everything through while it cannot be evaluated, and
    ``selector`` which namespaces it is for.
    """

    ref: Ref
    policy: Ref
    engine: Engine
    actions: tuple[str, ...]
    enforces: bool
    origin: bool
    fails_open: bool = False
    selector: Mapping[str, Any] | None = None


def guards(inventory: Inventory) -> tuple[Guard, ...]:
    """Return the policies about images that were read."""
    if "guards" not in inventory.cache:
        found = (*_native(inventory), *_kyverno(inventory), *_gatekeeper(inventory))
        inventory.cache["guards"] = found
    return cast("tuple[Guard, ...]", inventory.cache["guards"])


def _matches_new_pods(constraints: Mapping[str, Any] | None) -> bool:
    """Whether one of the resource rules is about pods that are created."""
    return any(
        set(rule.get("resources") or ()) & set(_POD_KINDS)
        and set(rule.get("operations") or ()) & set(_NEW_POD)
        for rule in (constraints or {}).get("resourceRules") or ()
    )


def expressions(spec: a.AdmissionPolicySpec | a.KyvernoSpec) -> tuple[str, ...]:
    """Return the CEL that a policy judges by; its messages are prose."""
    parts = (*(spec.variables or ()), *(spec.validations or ()))
    return tuple(str(each.get("expression", "")) for each in parts)


def _native(inventory: Inventory) -> Iterator[Guard]:
    bindings = inventory.of(kinds.ADMISSION_POLICY_BINDINGS, a.AdmissionPolicyBinding)
    for policy in inventory.of(kinds.ADMISSION_POLICIES, a.AdmissionPolicy):
        spec = policy.spec
        if not _matches_new_pods(spec.match_constraints):
            continue
        if not speaks_of_images(expressions(spec)):
            continue
        ref = kinds.ADMISSION_POLICIES.ref("", policy.name)
        origin = asks_for_origin(expressions(spec))
        opens = spec.failure_policy == "Ignore"
        used = [each for each in bindings if each.spec.policy_name == policy.name]
        for binding in used:
            actions = tuple(binding.spec.validation_actions or ())
            yield Guard(
                kinds.ADMISSION_POLICY_BINDINGS.ref("", binding.name),
                ref,
                Engine.NATIVE,
                actions,
                _DENY in actions,
                origin,
                opens,
                (binding.spec.match_resources or {}).get("namespaceSelector"),
            )
        if not used:
            yield Guard(
                ref, ref, Engine.NATIVE, (), enforces=False, origin=origin, fails_open=opens
            )


def _kyverno(inventory: Inventory) -> Iterator[Guard]:
    for kind in (kinds.KYVERNO_CLUSTER_POLICIES, kinds.KYVERNO_POLICIES):
        for policy in inventory.of(kind, a.KyvernoPolicy):
            if for_images := image_rules(policy.spec):
                yield _legacy(kind.ref(policy.namespace, policy.name), policy.spec, for_images)
    for policy in inventory.of(kinds.KYVERNO_VALIDATING_POLICIES, a.KyvernoPolicy):
        matches = _matches_new_pods(policy.spec.match_constraints)
        if matches and speaks_of_images(expressions(policy.spec)):
            yield _current(kinds.KYVERNO_VALIDATING_POLICIES.ref("", policy.name), policy.spec)
    for policy in inventory.of(kinds.KYVERNO_IMAGE_POLICIES, a.KyvernoPolicy):
        yield _current(kinds.KYVERNO_IMAGE_POLICIES.ref("", policy.name), policy.spec)


def image_rules(spec: a.KyvernoSpec) -> list[dict[str, Any]]:
    """Return the rules of an old policy that judge images."""
    return [rule for rule in spec.rules or () if speaks_of_images(judging(rule))]


def judging(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of an old rule that judge: what it mutates or generates is left out."""
    return {key: rule[key] for key in ("validate", "verifyImages") if rule.get(key)}


def _legacy(ref: Ref, spec: a.KyvernoSpec, rules: list[dict[str, Any]]) -> Guard:
    actions = tuple(dict.fromkeys(each for rule in rules for each in rule_actions(rule, spec)))
    enforces = any(action.lower() == "enforce" for action in actions)
    origin = asks_for_origin([judging(rule) for rule in rules])
    opens = spec.failure_policy == "Ignore"
    return Guard(ref, ref, Engine.KYVERNO, actions, enforces, origin, opens)


def rule_actions(rule: Mapping[str, Any], spec: a.KyvernoSpec) -> tuple[str, ...]:
    """Return what an old rule does with what fails it: its own word, or that of its policy."""
    parts = [rule.get("validate") or {}, *(rule.get("verifyImages") or ())]
    own = [each["failureAction"] for each in parts if each.get("failureAction")]
    return tuple(map(str, own)) or (spec.validation_failure_action or "Audit",)


def _current(ref: Ref, spec: a.KyvernoSpec) -> Guard:
    actions = tuple(spec.validation_actions or (_DENY,))
    selector = (spec.match_constraints or {}).get("namespaceSelector")
    # One that validates images verifies signatures; the other one says what it asks for.
    origin = ref.kind == kinds.KYVERNO_IMAGE_POLICIES.kind or asks_for_origin(expressions(spec))
    opens = spec.failure_policy == "Ignore"
    return Guard(ref, ref, Engine.KYVERNO, actions, _DENY in actions, origin, opens, selector)


def _gatekeeper(inventory: Inventory) -> Iterator[Guard]:
    templates = inventory.of(kinds.CONSTRAINT_TEMPLATES, a.ConstraintTemplate)
    code = {each.spec.crd.spec.names.kind: each.spec.targets for each in templates}
    for constraint in inventory.of(kinds.CONSTRAINTS, a.Constraint):
        spec = constraint.spec
        if speaks_of_images(code.get(constraint.kind)) and _is_about_pods(spec.match or {}):
            actions = _constraint_actions(spec)
            ref = kinds.constraints_of(constraint.kind).ref("", constraint.name)
            selector = (spec.match or {}).get("namespaceSelector")
            origin = asks_for_origin(code.get(constraint.kind), spec.parameters)
            yield Guard(
                ref, ref, Engine.GATEKEEPER, actions, "deny" in actions, origin, selector=selector
            )


def _is_about_pods(match: Mapping[str, Any]) -> bool:
    listed = match.get("kinds") or ()
    return not listed or any({"Pod", "*"} & set(each.get("kinds") or ()) for each in listed)


def _constraint_actions(spec: a.ConstraintSpec) -> tuple[str, ...]:
    if spec.enforcement_action != "scoped":
        return (spec.enforcement_action or "deny",)
    scoped = spec.scoped_enforcement_actions or ()
    return tuple(str(each.get("action", "")) for each in scoped)
