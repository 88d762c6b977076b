"""Which entries of the journal are old enough to go, and which of those have to stay."""

from collections.abc import Iterable

import msgspec

from k8sharden.changes.entry import Entry


class Pruning(msgspec.Struct, frozen=True):
    """Old entries: those to remove, and those that stay, each for its reason.

    ``interrupted`` ones stay always: nobody knows yet what they left on the cluster. ``standing``
    ones can be taken back as long as they are here.
    """

    remove: tuple[Entry, ...]
    interrupted: tuple[Entry, ...]
    standing: tuple[Entry, ...]


def pruning(entries: Iterable[Entry], before: float, *, standing: bool) -> Pruning:
    """Sort the entries begun before a moment, in seconds since 1970.

    ``standing`` removes also what can still be taken back.
    """
    old = [entry for entry in entries if entry.created < before]
    settled = [entry for entry in old if not entry.interrupted]
    return Pruning(
        tuple(entry for entry in settled if standing or not entry.undoable),
        tuple(entry for entry in old if entry.interrupted),
        tuple(entry for entry in settled if entry.undoable and not standing),
    )
