"""Creating, updating and patching: the same steps, in the API server's order.

Decode, admission that may change, defaults, bookkeeping, validation, admission that may refuse,
store. Source: k8s.io/apiserver, pkg/registry/generic/registry/store.go, v1.36.
"""

from k8sharden.cluster.memory import decode, deletion, managers, prepare, validation, warned
from k8sharden.cluster.memory.admission import Admission
from k8sharden.cluster.memory.failures import (
    already_exists,
    bad_request,
    cause,
    forbidden,
    modified,
    wrong_name,
)
from k8sharden.cluster.memory.fieldsets import Paths
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.model import kinds


def create(store: Store, admission: Admission, call: Call) -> Object:
    """Create the object that a POST carries."""
    value = decode.body_object(call)
    return create_value(store, admission, call, value)


def create_value(
    store: Store, admission: Admission, call: Call, value: Object, applied: Paths | None = None
) -> Object:
    """Create an object that was decoded; ``applied`` is what an apply names."""
    kind, dry_run = call.kind, call.dry_run()
    _place(call, value)
    prepare.name_it(value)
    name = value["metadata"].get("name", "")
    _check_namespace(store, call, name)
    admission.escalation(call, value)
    prepare.for_create(kind, value)
    validation.check_new(kind, value)
    admission.check_privileged(call, value)
    call.warnings += warned.warnings(kind, value)
    admission.created(call, value)
    if store.find(kind, call.namespace, name) is not None:
        raise already_exists(kind, name)
    managers.update(kind, value, None, call.manager, applied)
    return value if dry_run else store.put(kind, value)


def _place(call: Call, value: Object) -> None:
    """Set the namespace to the path's. Raises the 400 of an object meant for another."""
    metadata = value["metadata"]
    if metadata.get("namespace", "") not in ("", call.namespace):
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if call.namespace:
        metadata["namespace"] = call.namespace


def _check_namespace(store: Store, call: Call, name: str) -> None:
    if not call.namespace:
        return
    namespace = store.get(kinds.NAMESPACES, "", call.namespace)
    if namespace["metadata"].get("deletionTimestamp"):
        failure = forbidden(
            call.kind,
            name,
            f"unable to create new content in namespace {call.namespace} because it is being "
            "terminated",
        )
        text = f"namespace {call.namespace} is being terminated"
        failure.details = (failure.details or {}) | {
            "causes": [cause("NamespaceTerminating", "metadata.namespace", text)]
        }
        raise failure


def update(store: Store, admission: Admission, call: Call) -> Object:
    """Replace an object by what a PUT carries."""
    old = store.get(call.kind, call.namespace, call.name)
    return update_value(store, admission, call, old, decode.body_object(call))


def patch(store: Store, admission: Admission, call: Call) -> Object:
    """Change an object by a JSON Patch or a merge patch."""
    old = store.get(call.kind, call.namespace, call.name)
    return update_value(store, admission, call, old, decode.patched(call, old))


def update_value(
    store: Store,
    admission: Admission,
    call: Call,
    old: Object,
    value: Object,
    *,
    applied: Paths | None = None,
    taken: Paths | None = None,
) -> Object:
    """Store a new state of an object, unless nothing changed.

    ``applied`` is what an apply names, ``taken`` what it takes from other managers by force.
    """
    kind, dry_run = call.kind, call.dry_run()
    _check_identity(call, old, value)
    prepare.for_update(kind, value, old, call.attributes.subresource)
    admission.escalation(call, value)
    validation.check_changed(kind, value, old)
    admission.check_privileged(call, value)
    if value["metadata"].get("generation") != old["metadata"].get("generation"):
        call.warnings += warned.warnings(kind, value)
    admission.changed(call, value, old)
    managers.update(kind, value, old, call.manager, applied, taken or set())
    if value == old:
        return old
    if dry_run:
        return value
    stored = store.put(kind, value)
    deletion.finish(store, kind, stored)
    return stored


def _check_identity(call: Call, old: Object, value: Object) -> None:
    metadata, before = value["metadata"], old["metadata"]
    if metadata.get("name") != call.name:
        raise wrong_name(metadata.get("name", ""), call.name)
    _place(call, value)
    if metadata.get("resourceVersion") not in (None, "", before["resourceVersion"]):
        raise modified(call.kind, call.name)
    metadata["resourceVersion"] = before["resourceVersion"]
