"""Why a cell of the matrix is as it is: for both directions which policy and rule says so.

Every sentence is what `decide` says of classes that stand for the pods at the two ends.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from k8sharden.analysis.network.cells import Cell, Spot
from k8sharden.analysis.network.classes import Group
from k8sharden.analysis.network.decide import Answer, Side, decide
from k8sharden.analysis.network.matrix import Matrix
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.port_classes import ANY
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

_MOST_CLASSES = 24
"""Classes looked at on either side: a person reads no more reasons than they give."""
_SHOWN = 3


class Reason(msgspec.Struct, frozen=True):
    """What one direction says of some ports between some workloads, ``said`` being safe to show.

    ``policy`` and ``rule`` (its index) allow it, or would if it were known; ``isolating`` are the
    policies that select the pods. ``subjects`` are the workloads at the end that the direction is
    about, ``others`` those at the other one.
    """

    way: Direction
    answer: Answer
    said: str
    ports: tuple[str, ...] = ()
    policy: Ref | None = None
    rule: int = -1
    isolating: tuple[Ref, ...] = ()
    subjects: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    """A cell with its reasons, those of egress first; ``more`` where not all classes were seen."""

    source: Spot
    target: Spot
    cell: Cell
    reasons: tuple[Reason, ...] = ()
    more: bool = False


def explain(matrix: Matrix, source: Spot, target: Spot) -> Explanation:
    """Say for one cell which policies isolate its ends, and which rules open what is open."""
    if source.around and target.around:
        return Explanation(source, target, Cell())
    ends = [[matrix.classes.groups[n] for n in matrix.members(s).numbers] for s in (source, target)]
    seen = [list(islice(groups, _MOST_CLASSES)) for groups in ends]
    collected = _Collected(matrix)
    for one in seen[0]:
        for other in seen[1]:
            collected.add(one, other)
    more = any(len(groups) > _MOST_CLASSES for groups in ends)
    cell = matrix.cell(source, target)
    return Explanation(source, target, cell, tuple(collected.reasons()), more)


_Key = tuple[Direction, Side]


class _Found(msgspec.Struct):
    """Whom and which ports something is said of, in order and each once."""

    ports: dict[int, None] = {}
    subjects: dict[str, None] = {}
    others: dict[str, None] = {}


class _Collected:
    """What is said of pairs of classes, that which is said alike once."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._found: dict[_Key, _Found] = {}

    def add(self, source: Group, target: Group) -> None:
        """Take in what is said of every port between two classes."""
        for number in self._matrix.only:
            protocol, port = self._matrix.ports.sample(number)
            policies = self._matrix.policies
            verdict = decide(policies, source.party, target.party, port, protocol)
            # No policy is about addresses outside: nothing has to be said of their side.
            if source.refs:
                self._take(Direction.EGRESS, verdict.egress, number, source, target)
            if target.refs:
                self._take(Direction.INGRESS, verdict.ingress, number, target, source)

    def _take(self, way: Direction, side: Side, port: int, own: Group, other: Group) -> None:
        found = self._found.setdefault((way, side), _Found())
        found.ports[port] = None
        found.subjects.update(dict.fromkeys(_names(own)))
        found.others.update(dict.fromkeys(_names(other)))

    def reasons(self) -> Iterator[Reason]:
        """Yield what was found, egress first, and of each what is open first."""
        order = list(Answer)
        ranked = sorted(
            self._found.items(), key=lambda item: (item[0][0], order.index(item[0][1].answer))
        )
        for (way, side), found in ranked:
            ports = self._matrix.ports.labels(found.ports)
            subjects, others = tuple(found.subjects), tuple(found.others)
            yield Reason(
                way,
                side.answer,
                one_line(_sentence(way, side, ports, subjects, others)),
                ports,
                side.policy,
                side.rule,
                side.isolating,
                subjects,
                others,
            )


def _names(group: Group) -> Iterable[str]:
    return (ref.label for ref in group.refs) if group.refs else (group.label,)


def _sentence(
    way: Direction, side: Side, ports: Sequence[str], subjects: Sequence[str], others: Sequence[str]
) -> str:
    """Say it in a sentence that names the policy and the rule."""
    who, whom = _listed(subjects), _listed(others)
    between = f"from {who} to {whom}" if way is Direction.EGRESS else f"from {whom} to {who}"
    what = f"{_ports(ports)} {between}"
    limit = f" ({side.said})" if side.said else ""
    match side.answer:
        case Answer.UNKNOWN:
            return f"It is not known whether {_by(way, side)} allows {what}: {side.said}."
        case Answer.ALLOWED if side.policy is not None:
            return f"{_by(way, side)} allows {what}{limit}."
        case Answer.ALLOWED:
            return f"No policy isolates {who} for {way}: everything may pass{limit}."
        case _ if side.policy is not None:
            return f"{_by(way, side, deny='Deny')} denies {what}."
        case _ if not side.isolating:
            return f"Nothing allows {what}{limit}."
    names = _listed([ref.label for ref in side.isolating])
    some = "isolates" if len(side.isolating) == 1 else "isolate"
    toward = f"to {whom}" if way is Direction.EGRESS else f"from {whom}"
    return f"{names} {some} {who} for {way}, and no rule allows {_ports(ports)} {toward}."


def _by(way: Direction, side: Side, deny: str = "") -> str:
    if side.policy is None:
        return "anything"
    return side.policy.label + (f", spec.{way}{deny}[{side.rule}]," if side.rule >= 0 else "")


def _ports(ports: Sequence[str]) -> str:
    return _listed(
        [each.replace(ANY, "anything", 1) if each.startswith(ANY) else each for each in ports]
    )


def _listed(names: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, or ``a, b, c and 5 more``."""
    if len(names) > _SHOWN + 1:
        return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
