"""Compare an object with what was written into it, knowing what servers do to values."""

from typing import Any

from k8sharden.changes.bind import UNSET, Bound, FieldChange
from k8sharden.changes.bookkeeping import essential
from k8sharden.model.change import Path
from k8sharden.model.meta import FIELD_MANAGER


def ends(fields: tuple[FieldChange, ...]) -> tuple[dict[Path, Any], dict[Path, Any]]:
    """Return what stood at each path before a patch, and what is meant to stand there after it.

    Where it changes a path twice, the first edit knows the one and the last the other.
    """
    before = {field.path: field.before for field in reversed(fields)}
    return before, {field.path: field.after for field in fields}


def by_us(live: dict[str, Any], manifest: dict[str, Any]) -> bool:
    """Whether we made an object, and it is as we made it."""
    managers = {entry.get("manager") for entry in live["metadata"].get("managedFields") or ()}
    return FIELD_MANAGER in managers and holds(essential(live), essential(manifest))


def made_anew(one: Bound, two: Bound) -> bool:
    """Whether a write meets a namesake of its object; what is still to be made has no uid."""
    uids = {str((each.before or {}).get("metadata", {}).get("uid") or "") for each in (one, two)}
    return len(uids - {""}) > 1


def holds(found: Any, wanted: Any) -> bool:
    """Whether a value is as we wrote it, but for what the server fills in or leaves out."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(holds(found.get(key, UNSET), inner) for key, inner in wanted.items())
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return all(map(holds, found, wanted))
    # The server leaves out what says nothing: false, 0, an empty text, list or mapping.
    return bool(found == wanted) or (found is UNSET and not wanted)
