"""Deletion: preconditions, finalizers, and namespaces, which end only when they are empty.

Source: k8s.io/apiserver, pkg/registry/generic/registry/store.go and k8s.io/kubernetes,
pkg/registry/core/namespace/storage, v1.36.
"""

from typing import Any

from k8sharden.cluster.memory.decode import options
from k8sharden.cluster.memory.failures import forbidden, invalid, precondition, unsupported
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.store import Object, Store, now
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

_POLICIES = ("Foreground", "Background", "Orphan")
_IMMORTAL = ("default", "kube-system", "kube-public")
_BY_POLICY = {"Orphan": "orphan", "Foreground": "foregroundDeletion"}


def delete(store: Store, call: Call) -> Object:
    """Delete an object, and return it or a `Status`."""
    kind, chosen = call.kind, options(call)
    old = store.get(kind, call.namespace, call.name)
    # A body's options replace the query's: a `dryRun` of the query is then not looked at.
    dry_run = call.dry_run(chosen.get("dryRun") or []) if chosen else call.dry_run()
    policy = chosen.get("propagationPolicy") or call.query.get("propagationPolicy") or ""
    if kind is kinds.NAMESPACES and call.name in _IMMORTAL:
        raise forbidden(kind, call.name, "this namespace may not be deleted")
    _check(kind, old, chosen, policy)
    finalizers = _finalizers(old, policy)
    if kind is kinds.NAMESPACES or finalizers:
        return _terminate(store, kind, old, finalizers, dry_run=dry_run)
    if not dry_run:
        store.drop(kind, call.namespace, call.name)
    return _gone(kind, old)


def finish(store: Store, kind: ResourceType, value: Object) -> None:
    """Take away what was to be deleted and has no finalizer left."""
    metadata = value["metadata"]
    if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
        store.drop(kind, metadata.get("namespace", ""), metadata["name"])


def _check(kind: ResourceType, old: Object, chosen: Object, policy: str) -> None:
    if policy and policy not in _POLICIES:
        cause = unsupported("propagationPolicy", policy, (*_POLICIES, "nil"))
        raise invalid(kinds.ResourceType("meta.k8s.io", "v1", "", "DeleteOptions"), "", [cause])
    wanted: dict[str, Any] = chosen.get("preconditions") or {}
    metadata, name = old["metadata"], old["metadata"]["name"]
    for field, word, so in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        if field in wanted and wanted[field] != metadata[field]:
            raise precondition(
                kind,
                name,
                f"the {word} in the precondition ({wanted[field]}) does not match the {word} in "
                f"record ({metadata[field]}). The object might have been {so}",
            )


def _finalizers(old: Object, policy: str) -> list[str]:
    found = [
        each for each in old["metadata"].get("finalizers") or () if each not in _BY_POLICY.values()
    ]
    if policy in _BY_POLICY:
        found.append(_BY_POLICY[policy])
    return found


def _terminate(
    store: Store, kind: ResourceType, old: Object, finalizers: list[str], *, dry_run: bool
) -> Object:
    metadata = dict(old["metadata"])
    if "deletionTimestamp" not in metadata:
        metadata["deletionTimestamp"] = now()
        if kind is not kinds.NAMESPACES:
            metadata["deletionGracePeriodSeconds"] = 0
    if finalizers:
        metadata["finalizers"] = finalizers
    value = old | {"metadata": metadata}
    if kind is kinds.NAMESPACES:
        value["status"] = old["status"] | {"phase": "Terminating"}
    return value if dry_run else _stored(store, kind, value)


def _stored(store: Store, kind: ResourceType, value: Object) -> Object:
    stored = store.put(kind, value)
    _collect(store, kind, stored)
    return stored


def _collect(store: Store, kind: ResourceType, value: Object) -> None:
    """Do at once what the garbage collector does a moment later: orphan or delete dependents."""
    metadata = dict(value["metadata"])
    asked = [each for each in metadata.get("finalizers") or () if each in _BY_POLICY.values()]
    if not asked:
        return
    for dependent_kind, dependent in _dependents(store, metadata["uid"]):
        inner = dependent["metadata"]
        if "orphan" in asked:
            owners = [each for each in inner["ownerReferences"] if each["uid"] != metadata["uid"]]
            _put(store, dependent_kind, dependent, "ownerReferences", owners)
        else:
            store.drop(dependent_kind, inner.get("namespace", ""), inner["name"])
    left = [each for each in metadata["finalizers"] if each not in asked]
    finish(store, kind, _put(store, kind, value, "finalizers", left))


def _put(store: Store, kind: ResourceType, value: Object, name: str, items: list[Any]) -> Object:
    """Store an object with another list in its metadata; none at all where it is empty."""
    metadata = {key: each for key, each in value["metadata"].items() if key != name}
    return store.put(kind, value | {"metadata": metadata | ({name: items} if items else {})})


def _dependents(store: Store, uid: str) -> list[tuple[ResourceType, Object]]:
    return [
        (kind, value)
        for kind in kinds.ALL
        for value in store.of(kind)
        if any(owner["uid"] == uid for owner in value["metadata"].get("ownerReferences") or ())
    ]


def _gone(kind: ResourceType, old: Object) -> Object:
    details = {"name": old["metadata"]["name"], "kind": kind.plural, "uid": old["metadata"]["uid"]}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details | ({"group": kind.group} if kind.group else {}),
    }
