"""The plan: findings' changes composed into one write per object, ordered, and digested."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from k8sharden.changes.bind import Bound, bind
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.compose import Wanted, compose
from k8sharden.errors import ApiError, NotFound, Refused
from k8sharden.model.change import Change, ChangeKind, NoChange, Patch, Risk, show_path
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory, Source
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


class Unfixed(msgspec.Struct, frozen=True):
    """A finding that the plan does not answer, and why."""

    finding: str
    reason: str


class Planned(msgspec.Struct, frozen=True):
    """One change, bound to the objects it meets.

    ``undoes`` is the journal entry that this change takes back, empty for all others.
    """

    change: Change
    findings: tuple[str, ...]
    bound: tuple[Bound, ...]
    undoes: str = ""
    checked: tuple[str, ...] = ()
    """What the server said at the dry run of each write; empty before review."""
    rejected: str = ""
    """Why the server would refuse it; empty where it would not."""

    @property
    def ref(self) -> Ref | None:
        """The object that the change is about."""
        return self.change.ref

    @property
    def digest(self) -> str:
        """The digest of exactly this change."""
        return digest([self])


class Plan(msgspec.Struct, frozen=True):
    """What will be done, in this order, and what will not."""

    source: Source
    changes: tuple[Planned, ...]
    unfixed: tuple[Unfixed, ...] = ()

    @property
    def digest(self) -> str:
        """``sha256:…`` over the cluster, every touched field before and after, and their basis.

        A plan that was approved for one cluster is no plan for its twin.
        """
        return digest(self.changes, self.source.cluster_uid)

    @property
    def blocked(self) -> tuple[Planned, ...]:
        """The changes that the server would refuse: none is applied until these are dropped."""
        return tuple(planned for planned in self.changes if planned.rejected)


Fetch = Callable[[Ref], dict[str, Any] | None]
"""Returns the whole object, or None where there is none."""


def make_plan(
    findings: Sequence[Finding],
    inventory: Inventory,
    items: Iterable[Item],
    fetch: Fetch,
    *,
    step: Callable[[int, int], None] = lambda _done, _total: None,
) -> Plan:
    """Compose the changes that answer ``findings``; ``step`` is told how many of how many are done.

    What cannot be changed stands in ``unfixed`` with its reason; nothing raises for one object.
    """
    wanted, unfixed = _remediate(findings, inventory, {item.id: item for item in items})
    composed, refused = compose(wanted)
    unfixed += [Unfixed(finding, reason) for finding, reason in refused]
    changes = []
    for done, want in enumerate(composed):
        step(done, len(composed))
        try:
            planned = bind_change(want.change, want.findings, fetch)
        except (Refused, ApiError) as error:
            unfixed += [Unfixed(finding, str(error)) for finding in want.findings]
            continue
        if all(bound.idle for bound in planned.bound) and not planned.change.files:
            reason = "It is already as the fix wants it. Scan again."
            unfixed += [Unfixed(finding, reason) for finding in want.findings]
        else:
            changes.append(planned)
    return Plan(
        inventory.source, tuple(sorted(changes, key=order)), tuple(sorted(unfixed, key=str))
    )


def bind_change(
    change: Change, findings: tuple[str, ...], fetch: Fetch, *, undoes: str = ""
) -> Planned:
    """Bind every write of a change to the object as it is now."""
    bound = tuple(bind(write, fetch(write.ref)) for write in change.writes)
    return Planned(change, findings, bound, undoes)


def fetcher(get: Callable[[Ref], dict[str, Any]]) -> Fetch:
    """Turn a getter that raises `NotFound` into one that returns None."""

    def fetch(ref: Ref) -> dict[str, Any] | None:
        try:
            return get(ref)
        except NotFound:
            return None

    return fetch


def _remediate(
    findings: Sequence[Finding], inventory: Inventory, items: dict[str, Item]
) -> tuple[list[Wanted], list[Unfixed]]:
    wanted, unfixed = [], []
    for finding in findings:
        answer = remediation(finding, inventory, items[finding.check])
        if isinstance(answer, NoChange):
            unfixed.append(Unfixed(finding.id, one_line(answer.reason, 600)))
        else:
            wanted.append(Wanted(answer, (finding.id,)))
    return wanted, unfixed


def remediation(finding: Finding, inventory: Inventory, item: Item) -> Change | NoChange:
    """Return the item's answer, or why there is none: an unknown or a system finding has none."""
    if finding.status != "fail":
        return NoChange("What is unknown is not changed: grant the permission and scan again.")
    if finding.system:
        return NoChange("It is a part of the cluster itself: its installer is what changes it.")
    if finding.waived:
        return NoChange("It is waived.")
    try:
        return item.remediate(finding, inventory)
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything
        return NoChange(f"The fix itself failed ({type(error).__name__}). Report it.")


_RISKS = list(Risk)


def order(planned: Planned) -> tuple[Any, ...]:
    """Workloads before the labels that judge them, files last; equal plans come out equal."""
    ref = planned.ref
    namespace_label = ref is not None and ref.kind == "Namespace"
    return (
        planned.change.kind is ChangeKind.ARTEFACT,
        namespace_label,
        _RISKS.index(planned.change.risk) if not namespace_label else 0,
        ref or Ref("", "", "", ""),
        planned.change.title,
    )


def digest(changes: Iterable[Planned], cluster: str = "") -> str:
    """Digest what was shown: every touched field before and after, and the basis of each change.

    Bookkeeping (resourceVersion, managedFields, status) is left out, since it changes unasked.
    """
    content = [
        {
            "kind": planned.change.kind,
            "basis": planned.change.basis,
            "files": planned.change.files,
            "undoes": planned.undoes,
            "writes": [_content(bound) for bound in planned.bound],
        }
        for planned in changes
    ]
    encoded = msgspec.json.encode([cluster, content], order="deterministic")
    return "sha256:" + hashlib.sha256(encoded).hexdigest()


def _content(bound: Bound) -> dict[str, Any]:
    if isinstance(bound.write, Patch):
        return {
            "patch": bound.ref,
            "fields": [[show_path(f.path), f.before, f.after] for f in _bare(bound)],
        }
    return {
        "ref": bound.ref,
        "before": essential(bound.before) if bound.before else None,
        "after": essential(bound.after) if bound.after else None,
    }


def _bare(bound: Bound) -> list[Any]:
    """Return the fields with None for what is not there, told apart from a null by its absence."""
    absent = "\0absent"
    replace = msgspec.structs.replace
    return [
        replace(
            field,
            before=absent if field.before is msgspec.UNSET else field.before,
            after=absent if field.after is msgspec.UNSET else field.after,
        )
        for field in bound.fields
    ]
