"""Workloads: who really owns a pod, and where its template is changed.

The owner is fixed, not the symptom: a Pod's ReplicaSet's Deployment, a Job's CronJob. Where a
custom resource stands at the top, the workload is reported and never patched.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import msgspec

from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Path
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.kinds import ResourceType
from k8sharden.model.meta import Meta, OwnerReference
from k8sharden.model.pods import PodSpec
from k8sharden.model.ref import Ref

MIRROR = "kubernetes.io/config.mirror"
"""The annotation that the API server's copy of a static pod carries."""


class Workload(msgspec.Struct, frozen=True):
    """The top owner of pods, with its pod template.

    ``path`` leads from the object to the pod spec: empty of ``template`` for a bare Pod, whose
    path is ``spec``. ``unpatchable`` says, in a sentence, why the template cannot be changed here;
    it is empty where it can. ``replicas`` is None where the kind has no such field. ``selector``
    are the labels by which it knows its pods itself, empty where it does not say them plainly.
    """

    ref: Ref
    metadata: Meta
    template_metadata: Meta
    spec: PodSpec
    path: Path
    replicas: int | None = None
    unpatchable: str = ""
    selector: Mapping[str, str] = {}

    @property
    def namespace(self) -> str:
        """The namespace it runs in."""
        return self.ref.namespace


_TEMPLATE: Path = ("spec", "template", "spec")
_JOB_TEMPLATE: Path = ("spec", "jobTemplate", "spec", "template", "spec")
_OWNERS = (
    kinds.DEPLOYMENTS,
    kinds.DAEMON_SETS,
    kinds.STATEFUL_SETS,
    kinds.REPLICA_SETS,
    kinds.REPLICATION_CONTROLLERS,
    kinds.JOBS,
)
_BY_OWNER = {(kind.api_version, kind.kind): kind for kind in (*_OWNERS, kinds.CRON_JOBS)}
_FINISHED = ("Succeeded", "Failed")


def workloads(inventory: Inventory) -> tuple[Workload, ...]:
    """Return every top owner of pods, each once, in a stable order."""
    if "workloads" not in inventory.cache:
        found = sorted(_find(inventory), key=lambda workload: workload.ref)
        inventory.cache["workloads"] = tuple(found)
    return cast("tuple[Workload, ...]", inventory.cache["workloads"])


def workloads_in(namespace: str, inventory: Inventory) -> Sequence[Workload]:
    """Return the top owners of pods in one namespace, in the same order."""
    if "workloads-in" not in inventory.cache:
        found: dict[str, list[Workload]] = {}
        for workload in workloads(inventory):
            found.setdefault(workload.namespace, []).append(workload)
        inventory.cache["workloads-in"] = found
    known = cast("Mapping[str, list[Workload]]", inventory.cache["workloads-in"])
    return known.get(namespace, ())


def pods_of(inventory: Inventory) -> Mapping[Ref, tuple[o.Pod, ...]]:
    """Return the running pods of each top owner; a bare pod stands under itself."""
    if "pods-of" not in inventory.cache:
        owners: dict[Ref, list[o.Pod]] = {}
        index = _index(inventory)
        for pod in inventory.pods:
            if not _finished(pod):
                owners.setdefault(_top(kinds.PODS, pod, index)[0], []).append(pod)
        inventory.cache["pods-of"] = {ref: tuple(pods) for ref, pods in owners.items()}
    return cast("Mapping[Ref, tuple[o.Pod, ...]]", inventory.cache["pods-of"])


def top_of(kind: str, namespace: str, name: str, inventory: Inventory) -> Ref | None:
    """Return the top owner of what is called so; None where that was not read, or runs nothing."""
    if kind == kinds.PODS.kind:
        pod = _pods(inventory).get((namespace, name))
        return _top(kinds.PODS, pod, _index(inventory))[0] if pod else None
    item = _index(inventory).get((kind, namespace, name))
    if item is None or (isinstance(item, o.TemplateOwner) and item.spec.replicas == 0):
        return None
    known = next(each for each in _BY_OWNER.values() if each.kind == kind)
    return _top(known, item, _index(inventory))[0]


def _pods(inventory: Inventory) -> Mapping[tuple[str, str], o.Pod]:
    """Index the pods by namespace and name."""
    if "pods-by-name" not in inventory.cache:
        found = {(pod.namespace, pod.name): pod for pod in inventory.pods}
        inventory.cache["pods-by-name"] = found
    return cast("Mapping[tuple[str, str], o.Pod]", inventory.cache["pods-by-name"])


_Index = Mapping[tuple[str, str, str], o.Object]


def _index(inventory: Inventory) -> _Index:
    """Index what can own pods by kind, namespace and name."""
    if "owners" not in inventory.cache:
        inventory.cache["owners"] = {
            (kind.kind, item.namespace, item.name): item
            for kind in (*_OWNERS, kinds.CRON_JOBS)
            for item in inventory.of(kind, o.Object)
        }
    return cast("_Index", inventory.cache["owners"])


def _top(kind: ResourceType, item: o.Object, index: _Index) -> tuple[Ref, OwnerReference | None]:
    """Follow controllers upwards; also return the owner reference that leads out of our sight."""
    ref = kind.ref(item.namespace, item.name)
    for _ in range(len(_OWNERS)):
        owner = item.metadata.controller
        if owner is None:
            return ref, None
        known = _BY_OWNER.get((owner.api_version, owner.kind))
        above = index.get((owner.kind, item.namespace, owner.name))
        # An orphan keeps a stale reference; the uid tells it from the namesake that came later.
        if known is None or above is None or (owner.uid and above.metadata.uid != owner.uid):
            return ref, owner
        ref, item = known.ref(above.namespace, above.name), above
    return ref, item.metadata.controller


def _find(inventory: Inventory) -> Iterator[Workload]:
    """Yield the tops: what has no owner, or one that we cannot change."""
    for kind in _OWNERS:
        for item in inventory.of(kind, o.TemplateOwner):
            owner = item.metadata.controller
            idle = kind is kinds.REPLICA_SETS and item.spec.replicas == 0
            if not idle and not _seen(owner, item, inventory):
                yield _from_template(kind, item, owner, inventory.source.kind)
    for cron in inventory.of(kinds.CRON_JOBS, o.CronJob):
        inner = cron.spec.job_template.spec.template
        yield Workload(
            kinds.CRON_JOBS.ref(cron.namespace, cron.name),
            cron.metadata,
            inner.metadata,
            inner.spec,
            _JOB_TEMPLATE,
            unpatchable=_why_not(
                kinds.CRON_JOBS, cron.metadata, cron.metadata.controller, inventory.source.kind
            ),
        )
    for pod in inventory.pods:
        owner = pod.metadata.controller
        if not _finished(pod) and not _seen(owner, pod, inventory):
            yield Workload(
                kinds.PODS.ref(pod.namespace, pod.name),
                pod.metadata,
                pod.metadata,
                pod.spec,
                ("spec",),
                unpatchable=_why_not(kinds.PODS, pod.metadata, owner, inventory.source.kind),
            )


def _seen(owner: OwnerReference | None, item: o.Object, inventory: Inventory) -> bool:
    """Whether the owner is in the inventory, so that it speaks for this object."""
    if owner is None:
        return False
    above = _index(inventory).get((owner.kind, item.namespace, owner.name))
    known = (owner.api_version, owner.kind) in _BY_OWNER
    return known and above is not None and (not owner.uid or above.metadata.uid == owner.uid)


def _from_template(
    kind: ResourceType, item: o.TemplateOwner, owner: OwnerReference | None, source: SourceKind
) -> Workload:
    """Make a workload of an object with a pod template."""
    return Workload(
        kind.ref(item.namespace, item.name),
        item.metadata,
        item.spec.template.metadata,
        item.spec.template.spec,
        _TEMPLATE,
        item.spec.replicas,
        _why_not(kind, item.metadata, owner, source),
        (item.spec.selector or {}).get("matchLabels") or {},
    )


def _why_not(
    kind: ResourceType, meta: Meta, owner: OwnerReference | None, source: SourceKind
) -> str:
    """Say why a template cannot be patched; empty where it can."""
    if MIRROR in meta.annotation:
        return "It is a static pod: change its manifest on the node."
    if owner is not None and (owner.api_version, owner.kind) in _BY_OWNER:
        return (
            f"It belongs to {owner.kind} {owner.name}, which could not be read: "
            f"allow listing {_BY_OWNER[owner.api_version, owner.kind].key} and scan again."
        )
    if owner is not None:
        return (
            f"{owner.kind} {owner.name} ({owner.api_version}) manages it and would put it back: "
            "change that resource."
        )
    # In a file, a Pod is only text yet: it is the API server that refuses to change a live one.
    if kind in (kinds.PODS, kinds.JOBS) and source is not SourceKind.MANIFESTS:
        what = "A running Pod" if kind == kinds.PODS else "The template of a Job"
        return f"{what} cannot be changed: create it anew from its source."
    return ""


def _finished(pod: o.Pod) -> bool:
    """Whether a pod has run to its end."""
    return pod.status is not None and pod.status.phase in _FINISHED
