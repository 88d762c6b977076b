"""Finds elements of lists by name while edits are made: each list is walked once, however long.

A pod may have a thousand containers, and a plan some edits for each.
"""

from typing import Any

import msgspec


class _List(msgspec.Struct):
    """A list, kept so that no other one gets its id, and its elements' indexes by key and name."""

    items: list[Any]
    indexes: dict[str, dict[str | int, list[int]]]


class Elements:
    """The named elements of the lists of one value; whoever changes a list says so."""

    def __init__(self) -> None:
        self._lists: dict[int, _List] = {}

    def find(self, items: list[Any], key: str, name: object) -> list[int]:
        """Return the indexes of the elements whose field ``key`` is ``name``."""
        if not isinstance(name, str | int):
            return []
        known = self._lists.setdefault(id(items), _List(items, {}))
        if key not in known.indexes:
            known.indexes[key] = {}
            for index, item in enumerate(items):
                _learn(known, key, index, item)
        return known.indexes[key].get(name, [])

    def insert(self, items: list[Any], index: int, item: dict[str, Any]) -> None:
        """Insert an element into a list."""
        if index < len(items):
            self.forget(items)
        items.insert(index, item)
        if known := self._lists.get(id(items)):
            for key in known.indexes:
                _learn(known, key, len(items) - 1, item)

    def forget(self, items: list[Any]) -> None:
        """Forget a list whose elements were replaced or moved."""
        self._lists.pop(id(items), None)

    def forget_all(self) -> None:
        """Forget every list: an element may have another name now."""
        self._lists.clear()


def _learn(known: _List, key: str, index: int, item: Any) -> None:
    name = item.get(key) if isinstance(item, dict) else None
    if isinstance(name, str | int):
        known.indexes[key].setdefault(name, []).append(index)
