"""Finds by labels, without looking at everything for each selector."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from k8sharden.analysis.selectors import Selector, chooses

T = TypeVar("T")


class Labelled(Generic[T]):
    """Things with labels, indexed by each of them."""

    def __init__(self, items: Iterable[tuple[T, Mapping[str, str]]]) -> None:
        self._all = list(items)
        self._by_label: dict[tuple[str, str], list[tuple[T, Mapping[str, str]]]] = {}
        for item in self._all:
            for pair in item[1].items():
                self._by_label.setdefault(pair, []).append(item)

    def chosen(self, selector: Selector | None) -> Iterator[T]:
        """Yield what a selector chooses; a selector that is empty chooses everything."""
        wanted = ((selector or {}).get("matchLabels") or {}).items()
        lists = [self._by_label.get(pair, []) for pair in wanted] or [self._all]
        for item, labels in min(lists, key=len):
            if chooses(selector, labels):
                yield item
