"""What was done, and the way back: the use cases around the journal."""

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from k8sharden.changes.diff import FileDiff
from k8sharden.changes.impact import with_impact
from k8sharden.changes.journal import Entry, Journal
from k8sharden.changes.plan import Plan
from k8sharden.changes.recorded import diff_record
from k8sharden.changes.settle import arrived, may_arrive, settle
from k8sharden.changes.undo import plan_undo
from k8sharden.errors import Refused
from k8sharden.model.inventory import Inventory, Source
from k8sharden.model.masking import Masker
from k8sharden.place import Place


class History:
    """The journal of one place.

    It is opened when it is first needed, so that a scan writes nothing anywhere.
    """

    def __init__(self, place: Place, state: Path) -> None:
        self.place = place
        self._journal_path = state / "journal.sqlite"
        self._journal: Journal | None = None
        self._opening = threading.Lock()

    @property
    def journal(self) -> Journal:
        """The journal. Raises `InputError` where it cannot be used."""
        # Two threads that open one each would stand in each other's way.
        with self._opening:
            if self._journal is None:
                self._journal = Journal(
                    self._journal_path, clock=time.time, training=self.place.training
                )
            return self._journal

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def recorded(self, entry: Entry) -> tuple[FileDiff, ...]:
        """Return what a journal's entry wrote, as diffs with secrets masked."""
        masker = Masker()
        return tuple(diff_record(record, masker) for _, record in entry.records)

    def entries(self, source: Source | None = None) -> tuple[Entry, ...]:
        """Return the journal's entries, of one cluster where a source is given, newest first."""
        return self.journal.entries(source.cluster_uid if source else None)

    def interrupted(self, source: Source) -> tuple[Entry, ...]:
        """Return the entries whose end nobody wrote down: the program was stopped in between.

        None while somebody else writes: they may be under way. A journal that does not exist yet is
        not made by asking.
        """
        if not self._journal_path.exists() or self.journal.busy:
            return ()
        return tuple(entry for entry in self.entries(source) if entry.interrupted)

    def recover(self, source: Source, close: Collection[str] = ()) -> tuple[tuple[Entry, str], ...]:
        """Find out what became of interrupted changes; return each with what was found.

        ``close`` names entries to end although somebody changed their objects meanwhile. Only the
        journal is written.
        """
        if not self._journal_path.exists():
            return ()
        # The entries are read once nobody else writes: what is under way elsewhere is no wreck.
        with self.journal.alone():
            journal, fetch = self.journal, self.place.fetch
            # Before the rest, whose writes may be late from now on.
            late = [entry for entry in self.entries(source) if may_arrive(entry, time.time())]
            found = [(entry, arrived(entry, journal, fetch)) for entry in late]
            found += [
                (entry, settle(entry, journal, fetch, close=entry.id in close))
                for entry in self.interrupted(source)
            ]
            return tuple((entry, said) for entry, said in found if said)

    def notes(self) -> tuple[str, ...]:
        """Return what there is to say of the journal, each sentence once."""
        return self._journal.notes() if self._journal else ()

    def sealed(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return why entries cannot be shown, under the names of their keys; may take long."""
        return self.journal.sealed(entries)

    def undo(
        self,
        names: Sequence[str],
        source: Source,
        *,
        partial: bool = False,
        inventory: Inventory | None = None,
    ) -> Plan:
        """Return the plan that takes these entries back. Raises `Refused` for another cluster's.

        ``partial`` leaves the fields alone that somebody else changed since. With an inventory, the
        plan's impact on pods and rights is told as far as that needs the rest of the cluster.
        """
        entries = [self.journal.entry(name) for name in dict.fromkeys(names)]
        for entry in entries:
            if entry.cluster != source.cluster_uid:
                raise Refused(
                    f"Entry {entry.id} belongs to another cluster ({entry.place}). Connect to that "
                    "one to take it back; nothing was changed."
                )
        chosen = {entry.id for entry in entries}
        others = [e for e in self.entries(source) if e.undoable and e.id not in chosen]
        made = plan_undo(entries, source, self.place.fetch, others=others, partial=partial)
        return with_impact(made, inventory)
