"""Admission policies that judge what the Pod Security Standards judge, by the words of their rules.

They are named and not judged: their sets of controls are not those of the standards, and lag
behind them (decision 9). What they refuse shows when a pod is tried at review.
"""

from collections.abc import Iterator
from typing import cast

from k8sharden.analysis.guards import expressions, judging
from k8sharden.analysis.rule_text import speaks_of_rights
from k8sharden.model import admission as a
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref


def pod_policies(inventory: Inventory) -> tuple[Ref, ...]:
    """Return those that were read, of the API server, Kyverno and Gatekeeper, worked out once."""
    if "pod-policies" not in inventory.cache:
        found = (*_native(inventory), *_kyverno(inventory), *_gatekeeper(inventory))
        inventory.cache["pod-policies"] = found
    return cast("tuple[Ref, ...]", inventory.cache["pod-policies"])


def _native(inventory: Inventory) -> Iterator[Ref]:
    for policy in inventory.of(kinds.ADMISSION_POLICIES, a.AdmissionPolicy):
        if speaks_of_rights(expressions(policy.spec)):
            yield kinds.ADMISSION_POLICIES.ref("", policy.name)


def _kyverno(inventory: Inventory) -> Iterator[Ref]:
    for kind in (kinds.KYVERNO_CLUSTER_POLICIES, kinds.KYVERNO_POLICIES):
        for policy in inventory.of(kind, a.KyvernoPolicy):
            if speaks_of_rights([judging(rule) for rule in policy.spec.rules or ()]):
                yield kind.ref(policy.namespace, policy.name)
    for policy in inventory.of(kinds.KYVERNO_VALIDATING_POLICIES, a.KyvernoPolicy):
        if speaks_of_rights(expressions(policy.spec)):
            yield kinds.KYVERNO_VALIDATING_POLICIES.ref("", policy.name)


def _gatekeeper(inventory: Inventory) -> Iterator[Ref]:
    templates = inventory.of(kinds.CONSTRAINT_TEMPLATES, a.ConstraintTemplate)
    code = {each.spec.crd.spec.names.kind: each.spec.targets for each in templates}
    for constraint in inventory.of(kinds.CONSTRAINTS, a.Constraint):
        if speaks_of_rights(code.get(constraint.kind)):
            yield kinds.constraints_of(constraint.kind).ref("", constraint.name)
