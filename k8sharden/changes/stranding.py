"""What taking a change back would strand: other changes that stand on it, pods that need it.

Pure but for ``seen``, which returns an object as the undo will meet it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from k8sharden.analysis.network.closed import closes_on
from k8sharden.analysis.pod_security import PREFIX, minor_of, policy
from k8sharden.analysis.refusals import violated
from k8sharden.analysis.restarts import template
from k8sharden.changes.bind import Bound
from k8sharden.changes.entry import Entry, Record
from k8sharden.errors import Refused
from k8sharden.model.change import Create, Patch, Path
from k8sharden.model.inventory import Source
from k8sharden.model.kinds import NAMESPACES
from k8sharden.model.ref import Ref

Seen = Callable[[Ref], dict[str, Any] | None]

_ENFORCE: Path = ("metadata", "labels", f"{PREFIX}enforce")


class Stranded(Refused):
    """Taking this back alone would break what stands on it; ``needs`` are the entries to add."""

    def __init__(self, message: str, needs: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.needs = needs


def refuse_built_on(entry: Entry, others: Sequence[Entry]) -> None:
    """Raise `Stranded` where one of ``others``, which stay, was built on what this entry wrote."""
    later = [other for other in others if other.created >= entry.created]
    for record in entry.standing:
        if needs := tuple(other.id for other in later if _builds_on(other, record)):
            raise Stranded(
                f"{record.ref.label} was changed again by {_named(needs)}, which stands on it: "
                f"take {_them(needs)} back as well.",
                needs,
            )


def refuse_cut_off(entry: Entry, others: Sequence[Entry]) -> None:
    """Raise `Stranded` where pods would lose what a policy of this entry lets through.

    So it is where another entry, which stays, isolated them later: without either they were open.
    """
    later = [other for other in others if other.created >= entry.created]
    for record in entry.standing:
        if not isinstance(record.write, Create):
            continue
        manifest = record.write.manifest
        if needs := tuple(other.id for other in later if _closes_on(other, record.ref, manifest)):
            raise Stranded(
                f"{record.ref.label} lets traffic through that {_named(needs)} would deny then: "
                f"take {_them(needs)} back as well.",
                needs,
            )


def _closes_on(other: Entry, ref: Ref, manifest: dict[str, Any]) -> bool:
    return any(
        closes_on(theirs.write.manifest, manifest)
        for theirs in other.standing
        if isinstance(theirs.write, Create) and theirs.ref.namespace == ref.namespace
    )


def refuse_unadmitted(
    bound: Sequence[Bound], others: Sequence[Entry], source: Source, seen: Seen
) -> None:
    """Raise `Stranded` where a namespace would not admit the pods that an undo brings back.

    ``others`` are the entries that stay. Raises the `ApiError` of a namespace that cannot be read.
    """
    for each in bound:
        _refuse_unadmitted(each, others, source, seen)


def _builds_on(other: Entry, record: Record) -> bool:
    """Whether another entry changed what a record wrote, or refers to what it made."""
    for theirs in other.standing:
        if theirs.ref == record.ref and _touches(theirs, record):
            return True
        if isinstance(record.write, Create) and isinstance(theirs.write, Create):
            role = theirs.write.manifest.get("roleRef") or {}
            if (role.get("kind"), role.get("name")) == (record.ref.kind, record.ref.name):
                return theirs.ref.namespace == record.ref.namespace or not record.ref.namespace
    return False


def _touches(theirs: Record, ours: Record) -> bool:
    if not isinstance(ours.write, Patch) or not isinstance(theirs.write, Patch):
        return True
    return any(
        one.path[: len(two.path)] == two.path or two.path[: len(one.path)] == one.path
        for one in theirs.fields
        for two in ours.fields
    )


def _refuse_unadmitted(bound: Bound, others: Sequence[Entry], source: Source, seen: Seen) -> None:
    """Refuse to bring back a pod template that its namespace's level would not admit any more."""
    if bound.after is None or not bound.ref.namespace or not template(bound.after):
        return
    ref = NAMESPACES.ref("", bound.ref.namespace)
    labels = (seen(ref) or {}).get("metadata", {}).get("labels") or {}
    enforced, minor = policy(labels), minor_of(source.server_version)
    found = violated(enforced, bound.after, minor)
    if found and not (bound.before and violated(enforced, bound.before, minor)):
        raise _unadmitted(bound.ref, ref, enforced.level, found, others)


def _unadmitted(
    ref: Ref, namespace: Ref, level: str, found: str, others: Sequence[Entry]
) -> Stranded:
    needs = tuple(other.id for other in others if any(_enforces(other, namespace)))
    what = (
        f"{namespace.label} enforces {level} by now, and would refuse the pods of {ref.label} as "
        f"they were: {found}."
    )
    if needs:
        return Stranded(f"{what} Take {_named(needs)} back as well.", needs)
    return Stranded(f"{what} Lower the level of {namespace.label} first.")


def _enforces(entry: Entry, namespace: Ref) -> Iterator[bool]:
    for record in entry.standing:
        if record.ref == namespace:
            yield from (field.path == _ENFORCE for field in record.fields)


def _named(entries: tuple[str, ...]) -> str:
    return ("entry " if len(entries) == 1 else "entries ") + ", ".join(entries)


def _them(entries: tuple[str, ...]) -> str:
    return "it" if len(entries) == 1 else "them"
