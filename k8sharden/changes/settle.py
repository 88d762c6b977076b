"""Find out what became of a change whose end nobody wrote down, by looking at the cluster.

The program was stopped between the intent, which was on disk, and the outcome. Nothing is written
to the cluster here; only the journal learns what is true.
"""

from enum import StrEnum
from typing import Any

from k8sharden.changes.bind import look
from k8sharden.changes.journal import Entry, Journal, Record, State
from k8sharden.changes.plan import Fetch
from k8sharden.changes.verify import completed
from k8sharden.cluster.api import FIELD_MANAGER
from k8sharden.model.change import Create, Delete, Patch


class _Found(StrEnum):
    WRITTEN = "written"
    NOT = "not written"
    OTHER = "other"


def settle(entry: Entry, journal: Journal, fetch: Fetch) -> str:
    """Write down what became of an interrupted entry, and return it in a sentence.

    An object that reads neither as before nor as meant leaves the entry as it is.
    """
    found: list[tuple[int, Record, _Found]] = []
    for number, (_, record) in enumerate(entry.records):
        live = fetch(record.ref)
        state = _find(record, live)
        known = completed(record, live) if live and state is _Found.WRITTEN else record
        found.append((number, known, state))
    states = {state for _, _, state in found}
    if _Found.OTHER in states:
        odd = next(record for _, record, state in found if state is _Found.OTHER)
        said = (
            f"It was interrupted, and {odd.ref.label} reads neither as before nor as it was meant: "
            "compare it with what is shown here."
        )
        journal.settle(entry.id, entry.state, said)
        return said
    for number, record, state in found:
        if state is _Found.WRITTEN:
            journal.wrote(entry.id, number, record)
    return _settled(entry, journal, [state for _, _, state in found])


def _settled(entry: Entry, journal: Journal, states: list[_Found]) -> str:
    written = states.count(_Found.WRITTEN)
    if written == len(states):
        said = "It was interrupted, and all of it is on the cluster, as it was meant."
        journal.settle(entry.id, State.VERIFIED, said, undone=entry.undoes)
    elif not written:
        said = "It was interrupted before anything of it was written: the cluster is as it was."
        journal.settle(entry.id, State.FAILED, said)
    else:
        said = (
            f"It was interrupted half-way: {written} of {len(states)} writes are on the cluster, "
            "and can be taken back."
        )
        journal.settle(entry.id, State.FAILED, said)
    return said


def _find(record: Record, live: dict[str, Any] | None) -> _Found:
    match record.write:
        case Create():
            return _Found.NOT if live is None else _made(live)
        case Delete():
            return _gone(record, live)
        case Patch():
            return _patched(record, live)


def _made(live: dict[str, Any]) -> _Found:
    managers = {entry.get("manager") for entry in live["metadata"].get("managedFields") or ()}
    return _Found.WRITTEN if FIELD_MANAGER in managers else _Found.OTHER


def _gone(record: Record, live: dict[str, Any] | None) -> _Found:
    if live is None:
        return _Found.WRITTEN
    same = live.get("metadata", {}).get("uid") == record.uid
    deleting = live.get("metadata", {}).get("deletionTimestamp")
    return _Found.NOT if same and not deleting else _Found.OTHER


def _patched(record: Record, live: dict[str, Any] | None) -> _Found:
    if live is None:
        return _Found.OTHER
    if all(look(live, field.path)[0] == field.after for field in record.fields):
        return _Found.WRITTEN
    if all(look(live, field.path)[0] == field.before for field in record.fields):
        return _Found.NOT
    return _Found.OTHER
