"""Findings about bindings: whom they are for, in words, and whose business they are."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.subjects import MASTERS, service_account
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.analysis.system import is_system_namespace, is_system_subject
from k8sharden.model import objects as o
from k8sharden.model.finding import Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref


def in_use(policy: Policy) -> Iterator[tuple[Ref, o.Binding]]:
    """Yield the bindings that are for anybody, in order; system:masters needs none."""
    for ref in sorted(policy.bindings):
        if subjects_of(policy.bindings[ref]):
            yield ref, policy.bindings[ref]


def subjects_of(binding: o.Binding) -> list[o.Subject]:
    """Return the subjects to whom a binding gives what they would not have without it."""
    return [
        each
        for each in binding.subjects or ()
        if not (each.kind == "Group" and each.name == MASTERS)
    ]


def is_own(subject: o.Subject, home: str = "") -> bool:
    """Whether a subject is one of the cluster's own parts."""
    account = service_account(subject, home)
    return is_system_namespace(account[0]) if account else is_system_subject(subject.name)


def who(subjects: Iterable[o.Subject]) -> str:
    """Write ``ServiceAccount ci/pipeline and 2 more``."""
    known = list(subjects)
    return known[0].label + (f" and {len(known) - 1} more" if len(known) > 1 else "")


def found(
    item: Item,
    ref: Ref,
    binding: o.Binding,
    message: str,
    inventory: Inventory,
    *,
    severity: Severity | None = None,
    evidence: Mapping[str, Any] = {},
) -> Finding:
    """Return the finding of ``item`` on a binding."""
    subjects = subjects_of(binding)
    return Finding(
        item.id,
        item.area,
        severity or item.severity,
        Status.FAIL,
        ref,
        message,
        path="roleRef",
        evidence={**about(ref, subjects, inventory), "role": binding.role_ref.name, **evidence},
        system=all(is_own(each, ref.namespace) for each in subjects),
    )


def about(ref: Ref, subjects: Iterable[o.Subject], inventory: Inventory) -> dict[str, Any]:
    """Return who holds a binding, and what runs under it, as evidence."""
    known = list(subjects)
    accounts = filter(None, (service_account(each, ref.namespace) for each in known))
    running = {work.ref.label for each in accounts for work in workloads_under(each, inventory)}
    return {"subjects": [each.label for each in known], "workloads": sorted(running)}
