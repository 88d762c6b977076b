"""Bring an older journal to today's tables, in one step, and seal entries anew with other keys."""

import sqlite3
from pathlib import Path

from k8sharden.changes.database import SCHEMA, TABLES, told, version
from k8sharden.changes.keys import Keys, Renewed
from k8sharden.changes.sealing import Key, Unsealable

_TRAINING = "training"
"""What the place of the training cluster is called in version 1."""


def migrate(db: sqlite3.Connection, path: Path, keys: Keys) -> None:
    """Bring the tables to today's version, whole or not at all, and nothing of the old ones stays.

    Raises `InputError` where that cannot be done, as without a key; the journal is then as before.
    """
    with told(path):
        if version(db) < SCHEMA:
            while not _brought(db, keys):
                pass
            # What was readable goes from the file now, and not when the last process closes it.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA foreign_keys = ON")


def _brought(db: sqlite3.Connection, keys: Keys) -> bool:
    """Seal it all in one step; False where another process wrote while a keyring was asked."""
    places = _places(db)
    key = keys.make(training=places == {_TRAINING}) if places else None
    with db:
        db.execute("BEGIN IMMEDIATE")
        if version(db) >= SCHEMA:
            return True
        same = _places(db) == places
        if same:
            _seal(db, keys, key)
    return same


def _places(db: sqlite3.Connection) -> set[str]:
    """Return the places that version 1 knows; none where another process brought it forward."""
    if version(db) >= SCHEMA:
        return set()
    return {place for (place,) in db.execute("SELECT DISTINCT place FROM entries")}


def _seal(db: sqlite3.Connection, keys: Keys, key: Key | None) -> None:
    """Version 1 held its records and details as they are."""
    db.execute("DROP INDEX entries_by_cluster")
    db.execute("ALTER TABLE writes RENAME TO old_writes")
    db.execute("ALTER TABLE entries RENAME TO old_entries")
    for statement in TABLES:
        db.execute(statement)
    if key is not None:
        keys.put_down(key)
        _copy(db, key)
    db.execute("DROP TABLE old_writes")
    db.execute("DROP TABLE old_entries")


def _copy(db: sqlite3.Connection, key: Key) -> None:
    for row in db.execute("SELECT * FROM old_entries ORDER BY rowid").fetchall():
        *plain, detail = row
        entry, cluster = plain[0], plain[1]
        sealed = key.seal(str(detail).encode(), cluster, entry, "detail") if detail else b""
        columns = "?, " * (len(plain) + 1) + "?"
        db.execute(f"INSERT INTO entries VALUES ({columns})", (*plain, key.name, sealed))  # noqa: S608 - only marks
    for entry, cluster, number, state, record in db.execute(
        "SELECT entry, cluster, number, old_writes.state, record FROM old_writes"
        " JOIN old_entries ON old_entries.id = entry"
    ).fetchall():
        sealed = key.seal(str(record).encode(), cluster, entry, number)
        db.execute("INSERT INTO writes VALUES (?, ?, ?, ?)", (entry, number, state, sealed))


def renew(db: sqlite3.Connection, keys: Keys, renewed: Renewed) -> tuple[int, int]:
    """Seal what can be unsealed with new keys; return how many entries were, and how many not."""
    for key in renewed.fresh.values():
        keys.put_down(key)
    rows = db.execute(
        "SELECT entries.id, cluster, key, training, detail FROM entries JOIN keys ON keys.id = key"
    ).fetchall()
    done = 0
    for entry, cluster, name, training, detail in rows:
        old, new = renewed.known.get(name), renewed.fresh[training]
        done += old is not None and _resealed(db, (entry, cluster), detail, old, new)
    return done, len(rows) - done


def _resealed(
    db: sqlite3.Connection, about: tuple[str, str], detail: bytes, old: Key, new: Key
) -> bool:
    """Seal one entry anew; False where it does not open, and is left as it is."""
    entry, cluster = about
    rows = db.execute("SELECT number, record FROM writes WHERE entry = ?", (entry,)).fetchall()
    try:
        records = [(n, old.unseal(record, cluster, entry, n)) for n, record in rows]
        said = old.unseal(detail, cluster, entry, "detail") if detail else b""
    except Unsealable:
        return False
    sealed = new.seal(said, cluster, entry, "detail") if said else b""
    db.execute("UPDATE entries SET key = ?, detail = ? WHERE id = ?", (new.name, sealed, entry))
    db.executemany(
        "UPDATE writes SET record = ? WHERE entry = ? AND number = ?",
        [(new.seal(record, cluster, entry, n), entry, n) for n, record in records],
    )
    return True
