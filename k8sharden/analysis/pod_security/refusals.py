"""Which controls of the Pod Security Standards a workload's template does not meet.

The frame of the items that stand for one control each: `refused` yields their findings.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import cast

from k8sharden.analysis.containers import Defect, field_of, judge, pod_field
from k8sharden.analysis.pod_security.control import Check, Control, Refusal, subject
from k8sharden.analysis.pod_security.controls import CONTROLS
from k8sharden.analysis.pod_security.evaluate import LATEST
from k8sharden.analysis.pod_security.policy import minor_of
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.pods import Visited, visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads

Refusals = Mapping[str, Refusal]
"""Refusals by the id of their control; a restricted control does not hide its baseline twin."""


def refusals(workload: Workload, minor: int | None = None) -> Refusals:
    """Return what each control says of a template, at a policy version (None for the latest)."""
    pod = subject(workload.spec, workload.template_metadata)
    checks = _checks(LATEST if minor is None else minor)
    return {name: said for name, check in checks if (said := check(pod)) is not None}


@cache
def _checks(minor: int) -> tuple[tuple[str, Check], ...]:
    found = ((control.id, control.at(minor)) for control in CONTROLS)
    return tuple((name, check) for name, check in found if check is not None)


def all_refusals(inventory: Inventory) -> Mapping[Ref, Refusals]:
    """Return the refusals of every workload, judged as the cluster's own version would."""
    if "pod-security-refusals" not in inventory.cache:
        minor = minor_of(inventory.source.server_version)
        inventory.cache["pod-security-refusals"] = {
            workload.ref: refusals(workload, minor) for workload in workloads(inventory)
        }
    return cast("Mapping[Ref, Refusals]", inventory.cache["pod-security-refusals"])


def refused(
    item: Item,
    inventory: Inventory,
    controls: Iterable[Control],
    defect: Callable[[Workload, Refusal], Defect | None],
) -> Iterator[Finding]:
    """Yield the findings of the item that stands for ``controls``, at most one per workload.

    The first control that refuses speaks for it, so the weaker level's comes first. The control
    and the API server's own words are kept as evidence.
    """
    said, names = all_refusals(inventory), [control.id for control in controls]

    def first(workload: Workload) -> Defect | None:
        found = next((name for name in names if name in said[workload.ref]), None)
        if found is None:
            return None
        refusal = said[workload.ref][found]
        seen = defect(workload, refusal)
        return _proven(seen, found, refusal) if seen else None

    return judge(item, workloads(inventory), first)


def at_fault(workload: Workload, refusal: Refusal) -> tuple[Visited, ...]:
    """Return the containers that a refusal names; none where the pod or its volumes are at fault.

    A name that two containers bear is that of both.
    """
    found = visit_containers(workload.spec)
    return tuple(seen for seen in found if seen.container.name in refusal.containers)


def field_at_fault(workload: Workload, refusal: Refusal, field: str) -> str:
    """Write the field for people: that of the first container at fault, otherwise the pod's."""
    seen = at_fault(workload, refusal)
    return field_of(workload, seen[0], field) if seen else pod_field(workload, field)


def _proven(defect: Defect, control: str, refusal: Refusal) -> Defect:
    evidence = {"control": control, "refusal": f"{refusal.reason} ({refusal.detail})"}
    return Defect(
        defect.message,
        defect.field,
        defect.containers,
        defect.severity,
        {**evidence, **defect.evidence},
    )
