"""Manifests elsewhere: what the next ``kubectl apply`` of one would do to a change.

Client-side apply keeps the manifest that it sent in an annotation, and the next one puts back every
field that a manifest names; what it does not name is left as it is. Source: kubernetes.io,
Declarative Management of Kubernetes Objects Using Configuration Files.
"""

from typing import Any

import msgspec

from k8sharden.changes.bind import UNSET, Bound, look
from k8sharden.changes.bookkeeping import LAST_APPLIED
from k8sharden.model.change import Delete, Patch, show_path
from k8sharden.model.decoding import decode
from k8sharden.model.text import one_line


def elsewhere(bound: Bound) -> str:
    """Say that a manifest elsewhere has to change as well; empty where nothing hints at one."""
    applied = _last_applied(bound.before or {})
    if applied is None:
        return ""
    label = bound.ref.label
    match bound.write:
        case Delete():
            return f"{label} was made by `kubectl apply`: the next one makes it again."
        case Patch():
            named = [
                show_path(field.path)
                for field in bound.fields
                if look(applied, field.path)[0] not in (UNSET, field.after)
            ]
        case _:
            return ""
    if named:
        fields = one_line(", ".join(named), 300)
        return f"{label}: the next `kubectl apply` of its manifest puts {fields} back: change it."
    return (
        f"{label} comes from a manifest (`kubectl apply`) that does not name these fields: the "
        "next one leaves them alone, a new object from it would lack them."
    )


def _last_applied(live: dict[str, Any]) -> dict[str, Any] | None:
    metadata = live.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = annotations.get(LAST_APPLIED) if isinstance(annotations, dict) else None
    try:
        return decode(text, dict[str, Any]) if isinstance(text, str) else None
    except msgspec.MsgspecError:
        return {}
