"""The journal as a document: what was done, with every secret value masked."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from k8sharden.changes.entry import Entry
from k8sharden.changes.recorded import diff_record
from k8sharden.model.masking import Masker

SCHEMA = "k8sharden.journal/v1"


def journal_document(entries: Sequence[Entry], sealed: Mapping[str, str]) -> dict[str, Any]:
    """Return the document; ``sealed`` says why entries cannot be unsealed, by their keys' names."""
    # One masker for all of it: the same value is the same mark in every entry.
    masker = Masker()
    return {
        "schema": SCHEMA,
        "entries": [entry_document(entry, sealed.get(entry.key, ""), masker) for entry in entries],
    }


def entry_document(entry: Entry, sealed: str, masker: Masker) -> dict[str, Any]:
    """Return one entry; where it is sealed, without what was written, and with the reason."""
    writes = [{"state": state} for state in entry.states] if sealed else _writes(entry, masker)
    detail = "" if sealed else masker.masked(entry.detail)
    return {
        "id": entry.id,
        "cluster": entry.cluster,
        "place": entry.place,
        "created": when(entry),
        "state": entry.state,
        "kind": entry.kind,
        "title": entry.title,
        "digest": entry.digest,
        "findings": list(entry.findings),
        "undoes": entry.undoes,
        "detail": detail,
        "writes": writes,
        "reviews": [] if sealed else msgspec.to_builtins(entry.reviews),
        "sealed": sealed,
    }


def _writes(entry: Entry, masker: Masker) -> list[dict[str, Any]]:
    return [
        {
            "state": state,
            "kind": type(record.write).__name__.lower(),
            "resource": msgspec.to_builtins(record.ref),
            "diff": diff_record(record, masker).text,
        }
        for state, record in entry.records
    ]


def when(entry: Entry) -> str:
    """Return when an entry was begun, in UTC."""
    moment = dt.datetime.fromtimestamp(entry.created, dt.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")
