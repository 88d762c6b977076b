"""Names of pods: which workload made a pod that is gone, as far as its name tells without doubt.

Sources: kubernetes.io, Deployments (``NAME-HASH-SUFFIX``), StatefulSets (``NAME-ORDINAL``), Jobs
(``NAME-SUFFIX``, indexed ``NAME-INDEX-SUFFIX``) and CronJobs (``NAME-MINUTE`` of a Job);
k8s.io/apimachinery, util/rand (the letters of hashes and suffixes, which spell no words).
"""

import re
from collections.abc import Iterator
from typing import cast

from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import top_of, workloads

_LETTER = "[bcdfghjklmnpqrstvwxz2456789]"
_SUFFIX = re.compile(rf"(.+)-{_LETTER}{{5}}")
_HASH = re.compile(rf"(.+)-{_LETTER}{{1,10}}")
_MINUTE = re.compile(r"(.+)-\d{8,10}")
_NUMBER = re.compile(r"(.+)-\d{1,5}")

_ALONE = ("DaemonSet", "ReplicaSet", "ReplicationController", "Job")
"""Kinds whose pods have their name and a suffix."""


class Names:
    """Finds workloads by the names of pods and of what owns them."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        found = (each.ref for each in workloads(inventory))
        self._refs = {(ref.kind, ref.namespace, ref.name): ref for ref in found}

    def pod(self, namespace: str, name: str) -> Ref | None:
        """Return what made a pod; None where nothing here did, or several may have."""
        top = top_of("Pod", namespace, name, self._inventory)
        if top is not None:
            return self._refs.get((top.kind, top.namespace, top.name))
        found = {self.owner(kind, namespace, owner) for kind, owner in _owners(name)} - {None}
        return found.pop() if len(found) == 1 else None

    def owner(self, kind: str, namespace: str, name: str) -> Ref | None:
        """Return the workload that an owner of pods is, or belongs to; it may be gone itself."""
        known = self._refs.get((kind, namespace, name))
        if known is not None:
            return known
        top = top_of(kind, namespace, name, self._inventory) if kind != "Pod" else None
        if top is not None:
            return self._refs.get((top.kind, top.namespace, top.name))
        if kind == "ReplicaSet" and (parts := _HASH.fullmatch(name)):
            return self._refs.get(("Deployment", namespace, parts[1]))
        if kind == "Job" and (parts := _MINUTE.fullmatch(name)):
            return self._refs.get(("CronJob", namespace, parts[1]))
        return None


def _owners(pod: str) -> Iterator[tuple[str, str]]:
    """Yield what may have made a pod of that name: kind and name."""
    if parts := _NUMBER.fullmatch(pod):
        yield "StatefulSet", parts[1]
    if parts := _SUFFIX.fullmatch(pod):
        yield from ((kind, parts[1]) for kind in _ALONE)
        if indexed := _NUMBER.fullmatch(parts[1]):
            yield "Job", indexed[1]


def names_of(inventory: Inventory) -> Names:
    """Return the names of an inventory, indexed once."""
    if "calls-names" not in inventory.cache:
        inventory.cache["calls-names"] = Names(inventory)
    return cast("Names", inventory.cache["calls-names"])
