"""What the server and kubectl write into objects for themselves: never shown, never compared."""

from typing import Any

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_METADATA = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
_ANNOTATIONS = frozenset(
    {
        LAST_APPLIED,
        "deployment.kubernetes.io/revision",
        "deprecated.daemonset.template.generation",
    }
)


def essential(value: dict[str, Any]) -> dict[str, Any]:
    """Return an object without bookkeeping: what a person would have written.

    apiVersion, kind and metadata come first, as people write them.
    """
    metadata = value.get("metadata") or {}
    kept = {key: inner for key, inner in metadata.items() if key not in _METADATA}
    annotations = {
        key: inner
        for key, inner in (kept.pop("annotations", None) or {}).items()
        if key not in _ANNOTATIONS
    }
    if annotations:
        kept["annotations"] = annotations
    head = {
        "apiVersion": value.get("apiVersion"),
        "kind": value.get("kind"),
        "metadata": {key: kept[key] for key in sorted(kept, key=_people_first)},
    }
    rest = {key: inner for key, inner in value.items() if key not in (*head, "status")}
    return head | rest


def restorable(value: dict[str, Any]) -> dict[str, Any]:
    """Return what an object that is to be deleted can be made again from, with nothing lost.

    Its last-applied annotation comes back too: without it `kubectl apply` no longer knows what it
    wrote.
    """
    made = essential(value)
    annotations = (value.get("metadata") or {}).get("annotations")
    if annotations:
        made["metadata"]["annotations"] = dict(annotations)
    return made


def _people_first(key: str) -> tuple[bool, str]:
    return key not in ("name", "namespace"), key
