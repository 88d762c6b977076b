"""The objects, with the bookkeeping that the API server does on every write.

A stored object is never changed in place: a new one takes its place, so that a page of a list that
began earlier can go on reading the objects of its time.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from k8sharden.cluster.memory.failures import not_found
from k8sharden.model.kinds import ResourceType

Object = dict[str, Any]
_FIRST_VERSION = 100
_REMEMBERED = 20


class Store:
    """Objects by type, namespace and name, and one counter that numbers every write."""

    def __init__(self) -> None:
        self.version = _FIRST_VERSION
        self._objects: dict[str, dict[tuple[str, str], Object]] = {}
        self._history: dict[tuple[str, int], list[tuple[tuple[str, str], Object]]] = {}

    def find(self, kind: ResourceType, namespace: str, name: str) -> Object | None:
        """Return an object, or None."""
        return self._objects.get(kind.key, {}).get((namespace, name))

    def get(self, kind: ResourceType, namespace: str, name: str) -> Object:
        """Return an object. Raises the 404 of one that is not there."""
        found = self.find(kind, namespace, name)
        if found is None:
            raise not_found(kind, name)
        return found

    def put(self, kind: ResourceType, value: Object) -> Object:
        """Keep an object under a new resourceVersion, and return it with that."""
        self.version += 1
        metadata = value["metadata"] | {"resourceVersion": str(self.version)}
        stored = value | {"metadata": metadata}
        place = (metadata.get("namespace", ""), metadata["name"])
        self._objects.setdefault(kind.key, {})[place] = stored
        return stored

    def drop(self, kind: ResourceType, namespace: str, name: str) -> None:
        """Take an object away."""
        self.version += 1
        del self._objects[kind.key][namespace, name]

    def items(
        self, kind: ResourceType, namespace: str = ""
    ) -> list[tuple[tuple[str, str], Object]]:
        """Return the objects of a type with their places, in the order of lists."""
        found = sorted(self._objects.get(kind.key, {}).items())
        return [each for each in found if not namespace or each[0][0] == namespace]

    def of(self, kind: ResourceType, namespace: str = "") -> list[Object]:
        """Return the objects of a type, of one namespace or of all."""
        return [value for _, value in self.items(kind, namespace)]

    def all(self) -> Iterator[Object]:
        """Yield every object."""
        for key in sorted(self._objects):
            yield from (value for _, value in sorted(self._objects[key].items()))

    def remember(self, kind: ResourceType) -> None:
        """Keep a type's objects as they are now, for the pages of a list that begins."""
        self._history[kind.key, self.version] = self.items(kind)
        while len(self._history) > _REMEMBERED:
            del self._history[next(iter(self._history))]

    def recall(
        self, kind: ResourceType, version: int
    ) -> list[tuple[tuple[str, str], Object]] | None:
        """Return a type's objects as they were, or None where that is forgotten."""
        return self._history.get((kind.key, version))

    def forget(self) -> None:
        """Drop what was remembered, as etcd's compaction does every five minutes."""
        self._history.clear()


def new_uid() -> str:
    """Return a uid for a new object."""
    return str(uuid.uuid4())


def now() -> str:
    """Return the time in the API's form, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
