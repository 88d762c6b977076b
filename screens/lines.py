"""What each line of a list of findings holds: a row, or the head of a group."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from screens.arranging import (
    STEP,
    Group,
    Grouping,
    Groups,
    Order,
    Steps,
    gathered,
    laid_out,
    matching,
    ordered,
)
from screens.rows import Row


class Lines:
    """Rows, sorted, filtered and grouped. ``marks`` is the desk's own set, changed in place."""

    def __init__(self, marks: set[str]) -> None:
        self._marks = marks
        self.rows: Sequence[Row] = ()
        self._ids: list[str] = []
        self.query = ""
        self.sorting = Order.WORST
        self.grouping = Grouping.NONE
        self.marked_here = 0
        """How many of the marks are on rows that the filter lets through."""
        self._sorted: list[int] | None = None
        self._found: list[int] = []
        self._groups = Groups()
        self._folded: set[str] = set()
        self._view: list[int] = []
        """For each line the index of a row, or ``-1 - n`` for the head of group n."""

    def __len__(self) -> int:
        return len(self._view)

    @property
    def shown(self) -> int:
        """How many rows the filter lets through."""
        return len(self._found)

    def load(self, rows: Sequence[Row]) -> None:
        """Take other rows; there are no lines before they are arranged."""
        self.rows = rows
        self._ids = list(map(attrgetter("id"), rows))
        self._view, self._groups, self._found, self._sorted = [], Groups(), [], None

    def sort(self, sorting: Order, grouping: Grouping) -> None:
        """Take another order; the lines stay as they are before they are arranged."""
        self.sorting, self.grouping, self._sorted = sorting, grouping, None

    def row(self, line: int) -> Row | None:
        """Return the row of a line; None for the head of a group, and where there is no line."""
        index = self._view[line] if 0 <= line < len(self._view) else -1
        return self.rows[index] if index >= 0 else None

    def head(self, line: int) -> Group | None:
        """Return the group whose head is on a line."""
        index = self._view[line] if 0 <= line < len(self._view) else 0
        return self._groups[-1 - index] if index < 0 else None

    def head_above(self, line: int) -> int | None:
        """Return the line of the head that a line belongs to."""
        return next((n for n in range(line, -1, -1) if self.head(n)), None)

    def line_of(self, name: str) -> int:
        """Return the line of the row with this id; the first line where it is not shown."""
        try:
            return self._view.index(self._ids.index(name))
        except ValueError:
            return 0

    def holds(self, name: str) -> bool:
        """Whether the filter lets the row of this id through."""
        words = self.query.lower().split()
        return any(row.id == name and all(word in row.text for word in words) for row in self.rows)

    def unfold(self) -> None:
        """Show all rows of all groups, once that is arranged."""
        self._folded.clear()

    def arranging(self) -> Steps[None]:
        """Sort, filter and group, a little with every step; the lines change with the last."""
        rows, sorting = self.rows, self.sorting
        order = self._sorted
        if order is None:
            order = yield from ordered(rows, sorting)
        found = yield from matching(rows, order, self.query.lower().split())
        groups = yield from gathered(rows, found, self.grouping)
        view = yield from laid_out(groups, self._folded)
        marked = 0
        for start in range(0, len(found) if self._marks else 0, STEP):
            marked += self._marked(found[start : start + STEP])
            yield
        self._sorted, self._found, self._groups, self._view = order, found, groups, view
        self.marked_here = marked

    def folded(self, group: Group) -> bool:
        """Whether only the head of a group is shown."""
        return group.name in self._folded

    def fold(self, group: Group, *, folded: bool) -> None:
        """Show only the head of a group, or its rows as well, once that is arranged."""
        if folded:
            self._folded.add(group.name)
        else:
            self._folded.discard(group.name)

    def folding(self) -> Steps[None]:
        """Lay the lines out anew after a fold."""
        self._view = yield from laid_out(self._groups, self._folded)

    def ids(self, lines: Iterable[int]) -> set[str]:
        """Return the ids of the rows on these lines; a head stands for its whole group."""
        chosen: set[str] = set()
        for line in lines:
            row, head = self.row(line), self.head(line)
            if row:
                chosen.add(row.id)
            elif head:
                chosen.update(map(self._ids.__getitem__, head.rows))
        return chosen

    def marking_all(self) -> Steps[None]:
        """Mark all rows that the filter lets through; where they all are, unmark them."""
        unmark = self.marked_here == len(self._found)
        change = self._marks.difference_update if unmark else self._marks.update
        for start in range(0, len(self._found), STEP):
            change(map(self._ids.__getitem__, self._found[start : start + STEP]))
            yield
        self.marked_here = 0 if unmark else len(self._found)

    def marked_in(self, group: Group) -> int:
        """Return how many rows of a group are marked; it is asked with every drawing."""
        return self._marked(group.rows) if self._marks else 0

    def _marked(self, indexes: Iterable[int]) -> int:
        return sum(map(self._marks.__contains__, map(self._ids.__getitem__, indexes)))

    def toggle(self, names: set[str]) -> None:
        """Mark these rows; where they all are, take the marks away."""
        before = len(self._marks)
        if names <= self._marks:
            self._marks.difference_update(names)
        else:
            self._marks.update(names)
        self.marked_here += len(self._marks) - before
