"""The journal's keys: in the system's keyring, or where there is none in a file beside it.

Each entry names its key. A key that is not to be had is never replaced while something is sealed
with it: whoever reads the journal later would find entries that nothing opens, and not know why.
"""

import os
import re
import sqlite3
from contextlib import AbstractContextManager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from k8sharden.changes.database import Damaged
from k8sharden.changes.private import narrowed, write_new
from k8sharden.changes.sealing import KEY_SIZE, Key, Unsealable, new_key
from k8sharden.cluster.keyring_store import KeyringTrouble, NoKeyring, store, stored
from k8sharden.errors import InputError
from k8sharden.model.text import one_line

VARIABLE = "K8SHARDEN_JOURNAL_KEY"

_PROOF = "k8sharden journal"


class Store(StrEnum):
    """Where a key is kept."""

    KEYRING = "keyring"
    FILE = "file"


class KeyMissing(InputError):
    """A key is not where it was put, or another one is in its place."""


class Renewed(msgspec.Struct, frozen=True):
    """The keys to seal a journal anew: new ones by their scope, and the old that are to be had."""

    fresh: dict[int, Key]
    known: dict[str, Key]


class Keys:
    """The keys of one journal.

    A keyring can take its time, so it is asked before a transaction begins, and while ``turn``,
    which is held for each statement, is free: nobody else waits for it. The training cluster has a
    key of its own, in a file unless told otherwise: nothing secret is in it, and it is to work
    without anything around it.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        path: Path,
        turn: AbstractContextManager[object],
        *,
        training: bool,
    ) -> None:
        self._db = db
        self._path = path
        self._turn = turn
        self._training = training
        self._known: dict[str, Key] = {}
        self._made: dict[str, tuple[str, bool, Store, bytes]] = {}
        self._lost: set[str] = set()
        self.notes: list[str] = []

    def current(self) -> Key:
        """Return the key to seal with, made where there is none yet, to be put down.

        Raises `KeyMissing`, and `InputError` where a keyring does not answer.
        """
        name = self._one(
            "SELECT id FROM keys WHERE training = ? ORDER BY rowid DESC", self._training
        )
        if name is None:
            return self.make()
        try:
            return self.named(name)
        except KeyMissing:
            if self._one("SELECT 1 FROM entries WHERE key = ?", name):
                raise
            self._lost.add(name)
            return self.make()

    def _one(self, question: str, about: object) -> Any:
        """Return the first value that is found; None where there is none."""
        with self._turn:
            row = self._db.execute(question, (about,)).fetchone()
        return row[0] if row else None

    def make(self, *, training: bool | None = None) -> Key:
        """Make a new key, put it where it is kept, and read it back; `put_down` is next."""
        scope = self._training if training is None else training
        key = new_key()
        where = self._put(key, training=scope)
        if self._taken_from(where, key.name) != key.secret:
            raise InputError(
                f"The journal's new key was not kept by the {where}. Nothing was changed; try "
                f"again, or set {VARIABLE}."
            )
        proof = key.seal(b"", _PROOF, key.name)
        self._made[key.name] = (key.name, scope, where, proof)
        self._known[key.name] = key
        return key

    def put_down(self, key: Key) -> None:
        """Put a key that was made into the journal, in place of a lost one; within a transaction.

        A key that the journal knows stays as it is.
        """
        if key.name not in self._made:
            return
        self._db.executemany(
            "DELETE FROM keys WHERE id = ? AND id NOT IN (SELECT key FROM entries)",
            [(name,) for name in self._lost],
        )
        self._db.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)", self._made[key.name])

    def anew(self) -> Renewed:
        """Make new keys, and fetch those that something is sealed with, where they are there."""
        with self._turn:
            scopes = self._db.execute("SELECT DISTINCT training FROM keys").fetchall()
            used = self._db.execute("SELECT DISTINCT key FROM entries").fetchall()
        known = {}
        for (name,) in used:
            with suppress(InputError):
                known[name] = self.named(name)
        return Renewed({scope: self.make(training=bool(scope)) for (scope,) in scopes}, known)

    def named(self, name: str) -> Key:
        """Return the key of this name. Raises `KeyMissing`, and `InputError` as `current`."""
        if name not in self._known:
            with self._turn:
                row = self._db.execute(
                    "SELECT store, proof FROM keys WHERE id = ?", (name,)
                ).fetchone()
            if row is None or not re.fullmatch(r"[0-9a-f]{8}", name):
                raise Damaged(self._path, f"it does not know its key {name!r}")
            self._known[name] = self._proven(name, Store(row[0]), row[1])
        return self._known[name]

    def _proven(self, name: str, where: Store, proof: bytes) -> Key:
        secret = self._taken_from(where, name)
        key = Key(name, secret)
        if not secret:
            raise self._missing(name, where, "is gone")
        try:
            key.unseal(proof, _PROOF, name)
        except Unsealable as error:
            what = "does not open it (another key, or a damaged journal)"
            raise self._missing(name, where, what) from error
        return key

    def _missing(self, name: str, where: Store, what: str) -> KeyMissing:
        place = "the keyring" if where is Store.KEYRING else one_line(str(self._file(name)), 300)
        return KeyMissing(
            f"The journal's key {name} in {place} {what}: its entries can be listed, and neither "
            "shown nor taken back until the right one is there again. Nothing was changed. To go "
            "on with a new key for what comes: k8sharden journal new-key."
        )

    def _put(self, key: Key, *, training: bool) -> Store:
        chosen = _chosen() or (Store.FILE if training else None)
        if chosen is not Store.FILE:
            try:
                store(_in_keyring(key.name), key.secret.hex())
            except KeyringTrouble as error:
                if chosen or not isinstance(error, NoKeyring):
                    raise self._unkept(error) from error
                self.notes.append(self._warning(key, error))
            else:
                return Store.KEYRING
        write_new(self._file(key.name), key.secret.hex().encode())
        return Store.FILE

    def _taken_from(self, where: Store, name: str) -> bytes:
        """Return a key's bytes; none where it is not there, or what is there cannot be a key."""
        if where is Store.FILE:
            text = self._read(self._file(name))
        else:
            try:
                text = stored(_in_keyring(name))
            except KeyringTrouble as error:
                raise self._locked(error) from error
        if not re.fullmatch(rf"[0-9a-f]{{{2 * KEY_SIZE}}}", text):
            # What cannot be a key is as wrong as another one: no proof was made with zeros.
            return bytes(KEY_SIZE) if text else b""
        return bytes.fromhex(text)

    def _read(self, path: Path) -> str:
        try:
            self.notes += narrowed(path)
            with path.open("rb") as stream:
                return stream.read(4 * KEY_SIZE).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""

    def _file(self, name: str) -> Path:
        return self._path.with_suffix(f".{name}.key")

    def _locked(self, error: KeyringTrouble) -> InputError:
        return InputError(
            f"The journal's key is in the keyring, which cannot be used: {error.why} Nothing was "
            "changed. Mend that and try again; to go on with a new key for what comes: k8sharden "
            "journal new-key."
        )

    def _unkept(self, error: KeyringTrouble) -> InputError:
        return InputError(
            f"The journal's key is to go into the keyring, which cannot be used: {error.why} "
            f"Nothing was changed. Mend that and try again, or set {VARIABLE}=file to keep the key "
            "in a file beside the journal."
        )

    def _warning(self, key: Key, error: NoKeyring) -> str:
        file = one_line(str(self._file(key.name)), 300)
        return (
            f"The keyring cannot be used: {error.why} The journal's key is in {file} instead, "
            "beside what it seals: whoever reads both reads the values that were changed."
        )


def _in_keyring(name: str) -> str:
    return f"journal key {name}"


def _chosen() -> Store | None:
    """Return where new keys go by the environment; None where that is left to us."""
    word = os.environ.get(VARIABLE, "")
    if word and word not in tuple(Store):
        raise InputError(
            f"{VARIABLE} is {one_line(word, 40)!r}: it must be keyring or file, or not be set. "
            "Nothing was changed."
        )
    return Store(word) if word else None
