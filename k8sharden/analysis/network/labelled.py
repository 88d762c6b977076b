"""Labels: those of the pods of each namespace, as they are and as templates would make them.

A workload that is scaled to zero and the template of a CronJob count: their pods come back.
"""

from collections.abc import Mapping
from typing import cast

from k8sharden.analysis.selectors import chooses
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.workloads import Workload, pods_of, workloads, workloads_in

Labels = Mapping[str, str]


def pod_labels(inventory: Inventory) -> Mapping[str, tuple[Labels, ...]]:
    """Return, by namespace, the labels that its pods have or will have, each set once."""
    if "pod-labels" not in inventory.cache:
        found: dict[str, dict[frozenset[tuple[str, str]], Labels]] = {}
        for workload in workloads(inventory):
            _add(found, workload.namespace, workload.template_metadata.label)
        for pod in inventory.pods:
            _add(found, pod.namespace, pod.metadata.label)
        inventory.cache["pod-labels"] = {name: tuple(each.values()) for name, each in found.items()}
    return cast("Mapping[str, tuple[Labels, ...]]", inventory.cache["pod-labels"])


def namespace_labels(inventory: Inventory) -> Mapping[str, Labels]:
    """Return the labels of each namespace, with the name that the API server makes one of them."""
    return {
        space.name: {"kubernetes.io/metadata.name": space.name, **space.metadata.label}
        for space in inventory.namespaces
    }


def workloads_selected(policy: n.NetworkPolicy, inventory: Inventory) -> tuple[Workload, ...]:
    """Return the workloads of which a policy selects the template or a running pod."""
    return tuple(
        workload
        for workload in workloads_in(policy.namespace, inventory)
        if any(chooses(policy.spec.pod_selector, labels) for labels in _of(workload, inventory))
    )


def pods_selected(policy: n.NetworkPolicy, inventory: Inventory) -> tuple[o.Pod, ...]:
    """Return the running pods that a policy selects."""
    under = workloads_selected(policy, inventory)
    pods = (pod for workload in under for pod in pods_of(inventory).get(workload.ref, ()))
    return tuple(pod for pod in pods if chooses(policy.spec.pod_selector, pod.metadata.label))


def _of(workload: Workload, inventory: Inventory) -> tuple[Labels, ...]:
    pods = pods_of(inventory).get(workload.ref, ())
    return (workload.template_metadata.label, *(pod.metadata.label for pod in pods))


def _add(
    found: dict[str, dict[frozenset[tuple[str, str]], Labels]], namespace: str, labels: Labels
) -> None:
    found.setdefault(namespace, {})[frozenset(labels.items())] = labels
