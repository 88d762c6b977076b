"""The picture of somebody's rights: subject → binding → role → reach, and namespaces by verbs."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from textual.content import Content

from k8sharden.analysis.rbac.chains import Chain
from k8sharden.analysis.rbac.holders import Holder
from k8sharden.analysis.rbac.matrix import COLUMNS, Amount, Cell, Cells, Compared
from k8sharden.analysis.rbac.paths import Escalation, Path, cut_words
from k8sharden.model.text import one_line
from screens.words import counted, lines, middle

_CELL = 7
_RULES = 6
_SPACES = 4
_LINKED = 8
_AMOUNTS = {Amount.NONE: "·", Amount.SOME: "some", Amount.ALL: "ALL"}


class Access(NamedTuple):
    """All there is to draw of one holder.

    ``after`` is None where no fix changes anything, ``worst`` where no path leads to more,
    ``left`` where none does once the fixes are made. ``activity`` is what a log shows, or empty.
    """

    holder: Holder
    chains: tuple[Chain, ...]
    after: tuple[Chain, ...] | None
    rows: tuple[Compared, ...]
    worst: Escalation | None
    left: Path | None
    activity: str
    whole: bool = True
    """Whether all that paths lead through was read."""


def drawn(access: Access, width: int) -> Content:
    """Return the picture as text of at most ``width`` columns."""
    return lines(
        [
            *_head(access, width),
            *_chains(access.chains, width, access.holder),
            *_afterwards(access, width),
            *_becomes(access, width),
            Content(""),
            *_matrix(access.rows, width),
        ]
    )


def _head(access: Access, width: int) -> Iterator[Content]:
    holder = access.holder
    yield Content.assemble((middle(one_line(holder.label, 200), width), "bold"))
    runs = [ref.label for ref in holder.workloads]
    if runs:
        yield from _wrapped(f"runs {', '.join(runs[:3])}{_rest(len(runs) - 3)}", width, "  ")
    if access.activity:
        yield from _wrapped(access.activity, width, "  ")


def _rest(number: int) -> str:
    return f" and {number} more" if number > 0 else ""


def _chains(chains: Sequence[Chain], width: int, holder: Holder) -> Iterator[Content]:
    """Draw the chains that are somebody's own; what everybody has is named only."""
    own = [chain for chain in chains if holder.label in chain.subjects or not chain.broad]
    if not own:
        yield Content("  └ no binding of its own")
    alike: dict[tuple[str, ...], list[Chain]] = {}
    for chain in own:
        alike.setdefault((_via(chain, holder), *chain.reach), []).append(chain)
    for some in alike.values():
        yield from _wrapped(_link(some, holder), width, "  ")
        reach = some[0].reach
        for rule in reach[:_RULES]:
            yield from _wrapped(rule, width, "      ")
        if len(reach) > _RULES:
            yield Content(f"      and {counted(len(reach) - _RULES, 'more rule')}")
    names = [each.grant.binding.name for each in chains if each.grant and each not in own]
    if names:
        yield from _wrapped(f"└ with everybody: {', '.join(names)}", width, "  ")


def _via(chain: Chain, holder: Holder) -> str:
    """Write a binding and its role, without the namespace: many may have alike ones."""
    if chain.grant is None:
        return f"{chain.subjects[0]}, which needs no binding"
    by = "" if holder.label in chain.subjects else f" (as {chain.subjects[0]})"
    missing = ", which is missing" if chain.missing else ""
    binding, role = chain.grant.binding, chain.grant.role
    return f"{binding.kind} {binding.name}{by} → {role.kind} {role.name}{missing}"


def _link(alike: Sequence[Chain], holder: Holder) -> str:
    spaces = [chain.grant.namespace for chain in alike if chain.grant and chain.grant.namespace]
    where = f"in {', '.join(spaces[:_LINKED])}{_rest(len(spaces) - _LINKED)}" if spaces else ""
    return f"└ {_via(alike[0], holder)}, {where or alike[0].where}"


def _becomes(access: Access, width: int) -> Iterator[Content]:
    """Draw where the worst path leads, what would cut it off, and what the fixes leave of it."""
    worst = access.worst
    if worst is None:
        if not access.whole:
            yield Content("What it becomes is not known: not all could be read.")
        return
    yield Content.assemble((f"What it becomes: {one_line(worst.path.reach.label, 200)}", "bold"))
    yield from _wrapped(worst.path.said, width, "  ")
    notes = [f"Unsure: {note}." for note in worst.path.notes]
    for said in (*notes, *cut_words(worst)):
        yield from _wrapped(said, width, "  ")
    if access.after is not None:
        none = "no path leads to more." if access.whole else "whether a path leads on is not known."
        left = access.left.said if access.left else none
        yield from _wrapped(f"After the fixes: {left}", width, "  ")


def _wrapped(text: str, width: int, indent: str) -> Iterator[Content]:
    rows = wrap(
        one_line(text, 600),
        max(20, width),
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
    )
    yield from map(Content, rows)


def _matrix(rows: Iterable[Compared], width: int) -> Iterator[Content]:
    first = max(12, width - _CELL * len(COLUMNS))
    heads = "".join(f"{name:<{_CELL}}" for name in COLUMNS).rstrip()
    yield Content.assemble((f"{'Namespace':<{first}}{heads}", "bold"))
    for row in rows:
        yield Content(_row(_spaces(row.namespaces, first), row.before, first))
        if row.changed:
            after = _row("  after the fixes", row.after, first)
            yield Content.assemble((after, "italic $text-primary"))
    yield Content.assemble(("ALL: every resource; !: something dangerous among it", "italic"))


def _spaces(names: Sequence[str], width: int) -> str:
    if not names:
        return "everywhere"
    shown = ", ".join(names[:_SPACES]) + _rest(len(names) - _SPACES)
    return middle(one_line(shown, 200), width - 1)


def _row(name: str, cells: Cells, first: int) -> str:
    return f"{name:<{first}}{''.join(f'{_word(each):<{_CELL}}' for each in cells)}".rstrip()


def _word(cell: Cell) -> str:
    return _AMOUNTS[cell.amount] + ("!" if cell.dangerous else "")


def _afterwards(access: Access, width: int) -> Iterator[Content]:
    if access.after is not None:
        yield Content.assemble(("After the fixes", "bold"))
        yield from _chains(access.after, width, access.holder)
