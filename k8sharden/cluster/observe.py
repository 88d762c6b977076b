"""Looks at a workload and its pods while it rolls."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from k8sharden.cluster.api import Api
from k8sharden.errors import ApiError, ClusterUnavailable
from k8sharden.model import kinds
from k8sharden.model.decoding import convert, decode
from k8sharden.model.kinds import ResourceType
from k8sharden.model.meta import Meta, Struct
from k8sharden.model.objects import Object
from k8sharden.model.ref import Ref
from k8sharden.model.rolling import RollingPod, RollingWorkload, Seen
from k8sharden.model.text import one_line

T = TypeVar("T")

_PAGES = 4
"""Pages of a list that are looked at: beyond them more pods tell nothing new."""

_SIGNS = {"In": "in", "NotIn": "notin"}


class _Event(Struct, frozen=True):
    metadata: Meta
    reason: str = ""
    message: str = ""
    count: int | None = None


class _List(msgspec.Struct):
    items: list[msgspec.Raw] | None = None


def observer(api: Api) -> Callable[[Ref], Seen]:
    """Return what looks at one workload.

    It raises the `ApiError` of a read that fails, and `ClusterUnavailable` for odd answers, too.
    """

    def look(ref: Ref) -> Seen:
        try:
            return observe(api, ref)
        except msgspec.MsgspecError as error:
            raise ClusterUnavailable(
                f"What the server says of {ref.label} is odd: {one_line(str(error), 200)}."
            ) from error

    return look


def observe(api: Api, ref: Ref) -> Seen:
    """Read a workload, the pods that it controls, and the events of pods that could not be made."""
    value = api.get(ref)
    workload = convert(value, RollingWorkload, strict=False)
    selector = {"labelSelector": selector_text(value.get("spec", {}).get("selector") or {})}
    owners = {workload.metadata.uid}
    if ref.kind == kinds.DEPLOYMENTS.kind:
        sets = _list(api, kinds.REPLICA_SETS, ref.namespace, Object, selector)
        owners = {each.metadata.uid for each in sets if _owner(each.metadata) in owners}
    pods = _list(api, kinds.PODS, ref.namespace, RollingPod, selector)
    mine = tuple(pod for pod in pods if _owner(pod.metadata) in owners)
    return Seen(workload, mine, _refusals(api, ref, workload.metadata.uid))


def selector_text(selector: Mapping[str, Any]) -> str:
    """Return a label selector as a list's query takes it."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, operator = each["key"], each["operator"]
        if operator in _SIGNS:
            parts.append(f"{key} {_SIGNS[operator]} ({','.join(each.get('values') or ())})")
        else:
            parts.append(key if operator == "Exists" else f"!{key}")
    return ",".join(parts)


def _list(
    api: Api, kind: ResourceType, namespace: str, type_: type[T], selectors: Mapping[str, str]
) -> list[T]:
    """Return the objects of a list; one that does not decode tells nothing and is passed over."""
    found: list[T] = []
    for page in itertools.islice(api.pages(kind, namespace, selectors=selectors), _PAGES):
        for raw in decode(page, _List).items or ():
            try:
                found.append(decode(bytes(raw), type_))
            except msgspec.MsgspecError:
                continue
    return found


def _owner(meta: Meta) -> str:
    return meta.controller.uid if meta.controller else ""


def _refusals(api: Api, ref: Ref, uid: str) -> tuple[tuple[str, str], ...]:
    """Return the messages of FailedCreate; a Deployment has them in its status instead.

    Whoever may not read events is only told less.
    """
    if ref.kind == kinds.DEPLOYMENTS.kind:
        return ()
    about = {"fieldSelector": f"involvedObject.uid={uid},reason=FailedCreate"}
    try:
        events = _list(api, kinds.EVENTS, ref.namespace, _Event, about)
    except ApiError:
        return ()
    return tuple((f"{event.metadata.uid}/{event.count}", event.message) for event in events)
