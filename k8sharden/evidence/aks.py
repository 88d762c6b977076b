"""Makes events of the rows of Azure Monitor's tables AKSAudit and AKSAuditAdmin.

Source: Microsoft, Azure Monitor Logs reference, AKSAudit: a column for each field of an event, its
objects as dynamic columns, which a query prints as values or as texts. That reference names Verb,
Stage, Level, RequestUri, ObjectRef, ResponseStatus, Annotations and RequestReceivedTime; that a row
says in User and ImpersonatedUser who asked was not checked against a cluster.
"""

from typing import TypeVar

import msgspec

from k8sharden.evidence.event import Annotations, Event, Impersonated, ObjectRef, Status, User
from k8sharden.model.decoding import decode

T = TypeVar("T")


class _Row(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    verb: str | None = None
    stage: str | None = None
    level: str | None = None
    request_uri: str | None = None
    user: msgspec.Raw = msgspec.Raw()
    impersonated_user: msgspec.Raw = msgspec.Raw()
    object_ref: msgspec.Raw = msgspec.Raw()
    response_status: msgspec.Raw = msgspec.Raw()
    annotations: msgspec.Raw = msgspec.Raw()
    time_generated: str | None = None
    request_received_time: str | None = None


def event(value: bytes) -> Event | None:
    """Return the event of a row; None where it says too little.

    Raises msgspec.MsgspecError for what is no row.
    """
    row = decode(value, _Row)
    made = Event(
        level=row.level,
        stage=row.stage,
        verb=row.verb,
        request_uri=row.request_uri,
        user=_column(row.user, User),
        impersonated_user=_column(row.impersonated_user, Impersonated),
        object_ref=_column(row.object_ref, ObjectRef),
        response_status=_column(row.response_status, Status),
        annotations=_column(row.annotations, Annotations),
        stage_timestamp=row.request_received_time or row.time_generated,
    )
    return made if made.told else None


def _column(raw: msgspec.Raw, type_: type[T]) -> T | None:
    """Return a dynamic column; None for an empty one."""
    value = bytes(raw)
    if value[:1] == b'"':
        value = decode(value, str).encode()
    return decode(value, type_) if value.strip() not in (b"", b"null", b"{}") else None
