"""Verify a write by reading the object again, and wait for what is being deleted."""

import time
from typing import Any

import msgspec

from k8sharden.changes.bind import look
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.journal import Record
from k8sharden.changes.plan import Fetch
from k8sharden.errors import Refused
from k8sharden.model.change import Create, Delete, Patch

PATIENCE = 10.0
"""Seconds that a deleted object may take to be gone: the garbage collector needs a moment."""

POLL = 0.1
"""Seconds between two looks."""


def completed(record: Record, written: dict[str, Any]) -> Record:
    """Complete a record with what the server made of the write."""
    uid = str(written.get("metadata", {}).get("uid", ""))
    match record.write:
        case Create():
            return msgspec.structs.replace(record, after=essential(written), uid=uid)
        case Patch():
            # The server may fill in defaults; an undo compares with what it really stored.
            fields = tuple(
                msgspec.structs.replace(field, after=look(written, field.path)[0])
                for field in record.fields
            )
            return msgspec.structs.replace(record, fields=fields, uid=uid)
        case Delete():
            return record


def verify(records: list[Record], fetch: Fetch) -> None:
    """Re-read each object. Raises `Refused` where it is not as we wrote it."""
    for record in records:
        live = _gone(record, fetch) if isinstance(record.write, Delete) else fetch(record.ref)
        match record.write:
            case Delete():
                good = live is None
            case Create():
                good = live is not None and essential(live) == record.after
            case Patch():
                good = live is not None and all(
                    look(live, field.path)[0] == field.after for field in record.fields
                )
        if not good:
            raise Refused(f"{record.ref.label} was written, but reads differently now.")


def _gone(record: Record, fetch: Fetch) -> dict[str, Any] | None:
    """Return nothing, or raise: while its finalizers hold it, a binding still grants."""
    live = outlasted(record, fetch)
    if live is not None and live.get("metadata", {}).get("uid") != record.uid:
        raise Refused(f"{record.ref.label} was deleted, and somebody made a new one.")
    if live is not None:
        raise Refused(still_there(record, live))
    return live


def outlasted(record: Record, fetch: Fetch) -> dict[str, Any] | None:
    """Wait until an object is gone that was deleted; return what is there all the same, if so."""
    deadline = time.monotonic() + PATIENCE
    while (live := fetch(record.ref)) is not None:
        metadata = live.get("metadata", {})
        going = metadata.get("uid") == record.uid and metadata.get("deletionTimestamp")
        if not going or time.monotonic() > deadline:
            return live
        time.sleep(POLL)
    return None


def still_there(record: Record, live: dict[str, Any]) -> str:
    """Say that an object is not gone yet, and why."""
    held = ", ".join(live.get("metadata", {}).get("finalizers") or ())
    return f"{record.ref.label} is being deleted, and still there: {held} hold it."
