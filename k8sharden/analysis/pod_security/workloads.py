"""The level that workloads and whole namespaces can be held to."""

from collections.abc import Mapping
from typing import cast

from k8sharden.analysis.pod_security.evaluate import highest_level, highest_up_to
from k8sharden.analysis.pod_security.level import Level
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, pods_of, workloads, workloads_in


def level_of(workload: Workload, minor: int | None = None) -> Level:
    """Return the strictest level at which the pods of a template are admitted.

    ``minor`` is that of the policy's version, ``None`` for the latest known.
    """
    return highest_level(workload.spec, workload.template_metadata, minor)


def namespace_level(inventory: Inventory, namespace: str, minor: int | None = None) -> Level:
    """Return the strictest level that every template and every running pod of a namespace meets.

    A pod that is being deleted does not count: no level evicts it, and it does not come again.
    Templates count because they make the pods of tomorrow, also where none runs today; pods count
    because what admission or an operator added stands in no template. A namespace without either
    meets restricted: ask the inventory's ledger whether it could be read. ``minor`` is that of the
    policy's version, ``None`` for the latest known.
    """
    return namespace_levels(inventory, minor).get(namespace, Level.RESTRICTED)


def namespace_levels(inventory: Inventory, minor: int | None = None) -> Mapping[str, Level]:
    """Return the level of each namespace in which a workload or a pod was seen."""
    key = f"pod-security-levels-{minor}"
    if key not in inventory.cache:
        inventory.cache[key] = _levels(inventory, minor)
    return cast("Mapping[str, Level]", inventory.cache[key])


def _levels(inventory: Inventory, minor: int | None) -> Mapping[str, Level]:
    """Lower each namespace's level by what it holds; at privileged nothing is left to evaluate."""
    levels: dict[str, Level] = {}
    templates = ((w.namespace, w.spec, w.template_metadata) for w in workloads(inventory))
    pods = (
        (pod.namespace, pod.spec, pod.metadata)
        for running in pods_of(inventory).values()
        for pod in running
        if not pod.metadata.deletion_timestamp
    )
    for namespace, spec, metadata in (*templates, *pods):
        so_far = levels.get(namespace, Level.RESTRICTED)
        levels[namespace] = highest_up_to(so_far, spec, metadata, minor)
    return levels


def reach(workload: Workload, inventory: Inventory, minor: int | None = None) -> Level:
    """Return the strictest level that a workload's template and each of its running pods meet."""
    levels = [
        highest_level(pod.spec, pod.metadata, minor)
        for pod in pods_of(inventory).get(workload.ref, ())
        if not pod.metadata.deletion_timestamp
    ]
    return min([level_of(workload, minor), *levels])


def below(
    level: Level, inventory: Inventory, namespace: str, minor: int | None = None
) -> tuple[Workload, ...]:
    """Return the workloads of a namespace whose template or running pods fall short of a level."""
    here = workloads_in(namespace, inventory)
    return tuple(each for each in here if reach(each, inventory, minor) < level)


def not_read(namespace: str, inventory: Inventory) -> str:
    """Say what was not read of a namespace's workloads and pods; empty where all was."""
    gaps = [kind.key for kind in WORKLOADS if not inventory.entry(kind).covers(namespace)]
    if gaps:
        return f"{', '.join(gaps)} could not be read in {one_line(namespace, 70)}."
    names = {kind.kind for kind in WORKLOADS}
    odd = [
        each.ref.label
        for each in inventory.odd
        if each.ref.namespace == namespace and each.ref.kind in names
    ]
    return f"{one_line(', '.join(odd), 200)} could not be read." if odd else ""
