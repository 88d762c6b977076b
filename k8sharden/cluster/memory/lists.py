"""Lists in pages: the token that leads to the next one, and what a bad or an old one answers.

Source: k8s.io/apiserver, pkg/storage/continue.go and errors.go, v1.36.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from k8sharden.cluster.memory.failures import Failure, bad_request
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.selectors import field_selector, label_selector
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.model.kinds import EVENTS, ResourceType

_FORM = "meta.k8s.io/v1"
_Place = tuple[str, str]
# Source: k8s.io/kubernetes, pkg/registry/core/event/strategy.go, v1.36.
_EVENT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "involvedObject.kind": ("involvedObject", "kind"),
    "involvedObject.name": ("involvedObject", "name"),
    "involvedObject.namespace": ("involvedObject", "namespace"),
    "involvedObject.uid": ("involvedObject", "uid"),
    "reason": ("reason",),
    "type": ("type",),
}
_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


def page(store: Store, call: Call) -> tuple[list[Object], dict[str, Any]]:
    """Return the objects of one page, and the list's metadata."""
    kind, limit = call.kind, _limit(call)
    start, version = _start(store, call)
    items = store.items(kind) if version is None else store.recall(kind, version)
    if items is None:
        raise Failure(410, "Expired", _EXPIRED, token=_token(start, -1))
    version = store.version if version is None else version
    chosen = [each for each in _chosen(call, kind, items) if _written(each[0]) >= start]
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if limit and len(chosen) > limit:
        metadata |= _more(store, call, chosen, limit, version)
        chosen = chosen[:limit]
    return [value for _, value in chosen], metadata


def _chosen(
    call: Call, kind: ResourceType, items: list[tuple[_Place, Object]]
) -> list[tuple[_Place, Object]]:
    by_label = label_selector(call.query.get("labelSelector", ""))
    fields = _EVENT_FIELDS if kind is EVENTS else {}
    by_field = field_selector(call.query.get("fieldSelector", ""), fields)
    namespace = call.attributes.namespace if kind.namespaced else ""
    return [
        (place, value)
        for place, value in items
        if (not namespace or place[0] == namespace)
        and by_label(value["metadata"].get("labels") or {})
        and by_field({"name": place[1], "namespace": place[0]} | _told(value, fields))
    ]


def _told(value: Object, fields: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the values of fields by which a type's objects are chosen, empty where not set."""
    found = {}
    for field, steps in fields.items():
        here: Any = value
        for step in steps:
            here = (here or {}).get(step)
        found[field] = str(here or "")
    return found


def _more(
    store: Store, call: Call, chosen: list[tuple[_Place, Object]], limit: int, version: int
) -> dict[str, Any]:
    if version == store.version:
        store.remember(call.kind)
    found: dict[str, Any] = {"continue": _token(_written(chosen[limit - 1][0]) + "\0", version)}
    # With a selector the server does not know how many of the rest it would choose.
    if not (call.query.get("labelSelector") or call.query.get("fieldSelector")):
        found["remainingItemCount"] = len(chosen) - limit
    return found


def _limit(call: Call) -> int:
    text = call.query.get("limit") or "0"
    try:
        return max(int(text), 0)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _written(place: _Place) -> str:
    return f"{place[0]}/{place[1]}"


def _token(start: str, version: int) -> str:
    text = json.dumps({"v": _FORM, "rv": version, "start": start})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _start(store: Store, call: Call) -> tuple[str, int | None]:
    """Read the token: where to go on, and at which version; None is the present."""
    token = call.query.get("continue")
    if not token:
        return "", None
    try:
        padded = token.encode() + b"=" * (-len(token) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        start, version = str(found["start"]), int(found["rv"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error
    if found["v"] != _FORM or "=" in token:
        raise bad_request("invalid continue token: continue key is not valid: another encoding")
    return start, None if version < 0 or version == store.version else version
