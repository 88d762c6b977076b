"""The frame of the items that judge pod templates: one finding, and one patch, per top owner.

An item says what is wrong with one workload (a `Defect`) and what mends it (a `Fix`, or the reason
why there is none); `judge` and `repair` do the rest. See `remediations/runtime/seccomp.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec

from k8sharden.analysis.system import is_system_namespace
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Edit,
    Listing,
    Named,
    NoChange,
    Patch,
    Path,
    Risk,
)
from k8sharden.model.finding import Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.kinds import CRON_JOBS, REPLICA_SETS, REPLICATION_CONTROLLERS
from k8sharden.model.pods import Container, Visited, visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

SYSTEM = (
    "It belongs to the cluster's own parts, which k8sharden never changes: "
    "change it where the distribution configures it."
)
EPHEMERAL = "Only ephemeral containers are concerned, which nothing can change: delete the pod."
_NAMED = 5


def linux_workloads(inventory: Inventory) -> Iterator[Workload]:
    """Yield the workloads to which the Linux fields of a security context apply.

    The API server refuses those fields in Pods whose ``spec.os`` is windows.
    """
    return (workload for workload in workloads(inventory) if not workload.spec.is_windows)


def offenders(workload: Workload, bad: Callable[[Container], bool]) -> tuple[Visited, ...]:
    """Return the init, main and ephemeral containers that are ``bad``, in their order."""
    return tuple(seen for seen in visit_containers(workload.spec) if bad(seen.container))


class Defect(msgspec.Struct, frozen=True):
    """What is wrong with a workload.

    ``field`` is the path for people, see `field_of`; ``containers`` are those at fault, none where
    the pod is. ``severity`` is None where the item's own holds.
    """

    message: str
    field: str
    containers: tuple[Visited, ...] = ()
    severity: Severity | None = None
    evidence: Mapping[str, Any] = {}


class Fix(msgspec.Struct, frozen=True):
    """What mends a workload; ``edits`` none means that only ephemeral containers are concerned.

    The other fields are those of a `Change`.
    """

    title: str
    edits: tuple[Edit, ...]
    warnings: tuple[str, ...] = ()
    basis: Mapping[str, Any] = {}
    rests_on: tuple[Listing, ...] = ()


def judge(
    item: Item, among: Iterable[Workload], defect: Callable[[Workload], Defect | None]
) -> Iterator[Finding]:
    """Yield one finding of ``item`` for each of the workloads that has a defect."""
    for workload in among:
        found = defect(workload)
        if found is not None:
            yield finding(item, workload, found)


def repair(
    found: Finding, inventory: Inventory, fix: Callable[[Workload], Fix | NoChange]
) -> Change | NoChange:
    """Return the patch of the template that a finding speaks of, or why there is none."""
    workload = changeable(found, inventory)
    if isinstance(workload, NoChange):
        return workload
    answer = fix(workload)
    if isinstance(answer, NoChange):
        return answer
    return template_change(workload, answer) if answer.edits else NoChange(EPHEMERAL)


def finding(item: Item, workload: Workload, defect: Defect) -> Finding:
    """Return the finding of ``item`` on a workload."""
    containers = [seen.container.name for seen in defect.containers]
    return Finding(
        item.id,
        item.area,
        defect.severity or item.severity,
        Status.FAIL,
        workload.ref,
        defect.message,
        path=defect.field,
        evidence={"containers": containers, **defect.evidence},
        system=is_system_namespace(workload.namespace),
    )


def field_of(workload: Workload, seen: Visited, field: str) -> str:
    """Write a container's field for people: ``spec.containers[0].image``."""
    return f"{'.'.join(map(str, workload.path))}.{seen.list_name}[{seen.index}].{field}"


def image_defect(
    workload: Workload, found: Sequence[Visited], message: str, **evidence: object
) -> Defect:
    """Return what is wrong with the images of these containers, which it names as evidence."""
    images = {seen.container.name: seen.container.image for seen in found}
    field = field_of(workload, found[0], "image")
    return Defect(message, field, tuple(found), evidence={"images": images, **evidence})


def pod_field(workload: Workload, field: str) -> str:
    """Write a field of the pod for people: ``spec.template.spec.hostPID``."""
    return f"{'.'.join(map(str, workload.path))}.{field}"


def path_of(workload: Workload, seen: Visited, *steps: str) -> Path:
    """Return the path of a container's field for edits, by the container's name."""
    return (*workload.path, seen.list_name, Named("name", seen.container.name), *steps)


def named(containers: Iterable[Visited]) -> str:
    """Write ``container web`` or ``containers migrate, web``, within 80 characters."""
    names = [seen.container.name for seen in containers]
    return f"container{'s' if len(names) > 1 else ''} {one_line(', '.join(names), 70)}"


def named_workloads(found: Iterable[Workload]) -> str:
    """Name the first few workloads, within 300 characters, and count the rest; empty for none."""
    names = [each.ref.label for each in found]
    rest = len(names) - _NAMED
    shown = one_line(", ".join(names[:_NAMED]), 300)
    return f"{shown} and {rest} more" if rest > 0 else shown


def verb(containers: Sequence[object], one: str, many: str) -> str:
    """Return the form of a verb that goes with the containers that `named` names."""
    return many if containers[1:] else one


def together(reasons: Iterable[str]) -> NoChange | None:
    """Return several reasons as one, within 600 characters; None where there is none."""
    said = " ".join(dict.fromkeys(reasons))
    return NoChange(one_line(said, 600)) if said else None


def changeable(finding: Finding, inventory: Inventory) -> Workload | NoChange:
    """Return the workload whose template answers a finding, or why none is to be changed."""
    workload = _by_ref(inventory).get(finding.resource)
    if finding.system:
        return NoChange(SYSTEM)
    if workload is None:
        return NoChange("It is no longer among what was read: scan again.")
    if workload.unpatchable:
        return NoChange(workload.unpatchable)
    return workload


def template_change(workload: Workload, fix: Fix) -> Change:
    """Return the patch of a pod template, with what its kind of rollout means."""
    return Change(
        ChangeKind.PATCH,
        fix.title,
        Risk.SAFE if workload.ref.kind == CRON_JOBS.kind else Risk.RESTART,
        (Patch(workload.ref, fix.edits),),
        basis=dict(fix.basis),
        rests_on=fix.rests_on,
        warnings=(*fix.warnings, *_rollout(workload.ref)),
    )


def _rollout(ref: Ref) -> tuple[str, ...]:
    if ref.kind == CRON_JOBS.kind:
        return ("It takes effect at the next run: Jobs that run now keep their template.",)
    if ref.kind in (REPLICA_SETS.kind, REPLICATION_CONTROLLERS.kind):
        return (f"A {ref.kind} does not replace pods: delete them one by one to renew them.",)
    return ()


def _by_ref(inventory: Inventory) -> Mapping[Ref, Workload]:
    if "workload-by-ref" not in inventory.cache:
        inventory.cache["workload-by-ref"] = {found.ref: found for found in workloads(inventory)}
    return cast("Mapping[Ref, Workload]", inventory.cache["workload-by-ref"])
