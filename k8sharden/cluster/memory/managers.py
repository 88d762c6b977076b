"""Field managers: who set which field, as server-side apply needs to know.

An update takes over every field whose value it changes; an apply owns what it names.
Source: Kubernetes documentation, "Server-Side Apply"; structured-merge-diff, v6.
"""

from typing import Any

from k8sharden.cluster.memory.fieldsets import Paths, from_json, owned, to_json
from k8sharden.cluster.memory.store import Object, now
from k8sharden.model.kinds import ResourceType

APPLY = "Apply"
UPDATE = "Update"


def update(
    kind: ResourceType,
    value: Object,
    old: Object | None,
    manager: str,
    applied: Paths | None = None,
    taken: Paths = frozenset(),
) -> None:
    """Write down in ``managedFields`` who owns what after a write.

    ``applied`` is what an apply names and ``taken`` what it takes by force; an update takes what
    it changes.
    """
    entries = [dict(each) for each in (old or {}).get("metadata", {}).get("managedFields") or ()]
    operation = UPDATE if applied is None else APPLY
    present = owned(kind, value).keys()
    own = set(_changed(kind, value, old) if applied is None else applied)
    lost = own if applied is None else taken
    kept: list[Object] = []
    for entry in entries:
        paths = from_json(entry["fieldsV1"])
        if (entry["manager"], entry["operation"]) == (manager, operation):
            own |= paths if applied is None else set()
            continue
        left = (paths & present) - lost
        if left:
            kept.append(entry if left == paths else entry | {"fieldsV1": to_json(left)})
    _write(value, kept, _entry(kind, manager, operation, own & present, entries))


def _entry(
    kind: ResourceType, manager: str, operation: str, own: Paths, entries: list[Object]
) -> Object | None:
    if not own:
        return None
    entry: dict[str, Any] = {
        "manager": manager,
        "operation": operation,
        "apiVersion": kind.api_version,
        "time": now(),
        "fieldsType": "FieldsV1",
        "fieldsV1": to_json(own),
    }
    for before in entries:
        same = {name: each for name, each in before.items() if name != "time"}
        if same == {name: each for name, each in entry.items() if name != "time"}:
            return before
    return entry


def _write(value: Object, kept: list[Object], entry: Object | None) -> None:
    found = [*kept, entry] if entry else kept
    if found:
        value["metadata"]["managedFields"] = found
    else:
        value["metadata"].pop("managedFields", None)


def _changed(kind: ResourceType, value: Object, old: Object | None) -> Paths:
    """Return the paths whose value is new."""
    after, before = owned(kind, value), owned(kind, old) if old else {}
    return {path for path, leaf in after.items() if path not in before or before[path] != leaf}
