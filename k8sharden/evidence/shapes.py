"""Takes the events of an audit log out of what clouds and collectors wrap them in.

Sources: audit.k8s.io/v1 (EventList: what a webhook is sent); AWS, CloudWatch Logs API reference
(FilterLogEvents, GetQueryResults) and user guide (subscriptions: ``logGroup``, ``logEvents``);
Microsoft, Azure Monitor (resource logs of AKS: ``records``, ``properties.log``; AzureDiagnostics:
``log_s``; the table AKSAudit). GKE's entries have a module of their own, since no event is in them.
The fixtures of the tests are written after these pages; no cloud was asked.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from k8sharden.evidence import aks, gke
from k8sharden.evidence.event import Event
from k8sharden.model.decoding import decode

ODD = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding raises for what is no JSON, other JSON, or no UTF-8."""

_DEEPEST = 4
"""Wraps around an event: a batch, its records, the text in one, and the list in that."""


class Found(NamedTuple):
    """An event, None for what holds none, and the cluster that its wrapping names."""

    event: Event | None
    cluster: str = ""


class _Wrap(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Every key under which events, or texts with events in them, are known to stand."""

    items: msgspec.Raw = msgspec.Raw()
    events: msgspec.Raw = msgspec.Raw()
    log_events: msgspec.Raw = msgspec.Raw()
    records: msgspec.Raw = msgspec.Raw()
    results: msgspec.Raw = msgspec.Raw()
    message: msgspec.Raw = msgspec.Raw()
    log: msgspec.Raw = msgspec.Raw()
    log_s: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="log_s")
    at_message: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="@message")
    properties: msgspec.Raw = msgspec.Raw()
    proto_payload: msgspec.Raw = msgspec.Raw()
    request_uri: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="RequestUri")
    field: msgspec.Raw = msgspec.Raw()
    value: msgspec.Raw = msgspec.Raw()
    log_group: msgspec.Raw = msgspec.Raw()
    resource_id: msgspec.Raw = msgspec.Raw()
    azure_id: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="ResourceId")
    table_id: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="_ResourceId")

    @property
    def lists(self) -> tuple[msgspec.Raw, ...]:
        """What holds several."""
        return self.items, self.events, self.log_events, self.records, self.results

    @property
    def texts(self) -> tuple[msgspec.Raw, ...]:
        """What holds one, as a value or as a text."""
        told = self.value if bytes(self.field) == b'"@message"' else msgspec.Raw()
        return self.message, self.log, self.log_s, self.at_message, self.properties, told

    @property
    def cluster(self) -> str:
        """The name of the cluster, from an EKS log group or the id of an AKS resource."""
        group = _text(self.log_group).split("/")
        if group[:3] == ["", "aws", "eks"] and len(group) > 3:  # noqa: PLR2004 - /aws/eks/NAME/cluster
            return group[3]
        for raw in (self.resource_id, self.azure_id, self.table_id):
            _, found, name = _text(raw).lower().partition("/managedclusters/")
            if found:
                return name.split("/")[0]
        return ""


def events(value: bytes, cluster: str = "", depth: int = 0) -> Iterator[Found]:
    """Yield what one value of JSON holds. Raises one of `ODD` for what is no JSON at all."""
    if depth > _DEEPEST:
        yield Found(None)
    elif value[:1] == b"[":
        for each in decode(value, list[msgspec.Raw]):
            yield from _inner(bytes(each), cluster, depth)
    else:
        yield from _object(value, cluster, depth)


def _object(value: bytes, cluster: str, depth: int) -> Iterator[Found]:
    try:
        event = decode(value, Event)
        if event.told:
            yield Found(event, cluster)
            return
    except msgspec.ValidationError:
        pass  # Other JSON may have a user that is a word, and hold an event all the same.
    wrap = decode(value, _Wrap)
    cluster = wrap.cluster or cluster
    if wrap.proto_payload:
        yield Found(*gke.event(value))
    elif wrap.request_uri:
        yield Found(aks.event(value), cluster)
    else:
        yield from _wrapped(wrap, cluster, depth)


def _wrapped(wrap: _Wrap, cluster: str, depth: int) -> Iterator[Found]:
    lists = [each for each in wrap.lists if bytes(each)[:1] == b"["]
    texts = [each for each in wrap.texts if bytes(each)]
    for each in lists or texts:
        yield from _inner(bytes(each), cluster, depth)
    # A field of a row, beside its message, is nothing by itself.
    if not lists and not texts and not wrap.field:
        yield Found(None)


def _inner(value: bytes, cluster: str, depth: int) -> Iterator[Found]:
    """Yield what a part of a value holds; a text is read as JSON, and may be none."""
    try:
        text = decode(value, str).strip().encode() if value[:1] == b'"' else value
        if text[:1] not in (b"{", b"["):
            yield Found(None)
            return
        yield from events(text, cluster, depth + 1)
    except ODD:
        yield Found(None)


def _text(raw: msgspec.Raw) -> str:
    try:
        return decode(bytes(raw), str) if bytes(raw)[:1] == b'"' else ""
    except ODD:
        return ""
