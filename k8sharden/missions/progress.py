"""How far a learner has come: a small file in the state folder.

It is kept apart from the training cluster, so that a cluster that begins anew keeps the learner's
progress; what is done is checked against the cluster each time it is shown.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from k8sharden.errors import InputError

_VERSION = 1
_LARGEST = 100_000


class Progress:
    """The number of steps that were done, by the mission's id; read anew at each question."""

    def __init__(self, state: Path) -> None:
        self._file = state / "missions.json"

    def done(self, mission: str) -> int:
        """Return how many steps of a mission are done."""
        return self._load().get(mission, 0)

    def keep(self, mission: str, done: int) -> None:
        """Write it down, whole or not at all; a file that cannot be read is put aside.

        Raises `InputError` where the state folder cannot be written.
        """
        known = {**self._load(), mission: done}
        text = json.dumps({"version": _VERSION, "missions": known}, indent=2)
        try:
            self._write(text + "\n")
        except OSError as error:
            raise InputError(
                f"Your progress cannot be kept in {self._file}: {error.strerror}. Make the folder "
                "writable, or name another in K8SHARDEN_STATE."
            ) from error

    def _write(self, text: str) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.broken:
            self._file.replace(self._file.with_suffix(".broken.json"))
        fresh = self._file.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self._file)

    @property
    def broken(self) -> bool:
        """Whether there is a file, and it cannot be read as progress."""
        return self._file.exists() and self._read() is None

    def _load(self) -> Mapping[str, int]:
        return self._read() or {}

    def _read(self) -> dict[str, int] | None:
        """Return what the file says; None where it says nothing that is understood."""
        try:
            with self._file.open("rb") as stream:
                document = json.loads(stream.read(_LARGEST))
        except (OSError, ValueError):
            return None
        missions = document.get("missions") if isinstance(document, dict) else None
        if not isinstance(missions, dict) or document.get("version") != _VERSION:
            return None
        good = {name: done for name, done in missions.items() if type(done) is int and done >= 0}
        return good if len(good) == len(missions) else None
