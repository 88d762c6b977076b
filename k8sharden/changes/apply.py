"""Apply a plan: re-read, compare with what was approved, journal, write, verify. In that order."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from k8sharden.changes.bind import Bound, Drift, bind, operations
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.journal import Journal, Record, State, record_of
from k8sharden.changes.plan import Fetch, Plan, Planned, fetcher
from k8sharden.changes.undo import reverse
from k8sharden.changes.verify import completed, verify
from k8sharden.errors import ApiError, Conflict, Invalid, K8shardenError
from k8sharden.model.change import Create, Delete, Patch
from k8sharden.model.ref import Ref

ATTEMPTS = 3
"""How often a write is tried when the object changed in between, but not what we change of it."""


class WrittenObject(Protocol):
    """What a write returns."""

    @property
    def object(self) -> dict[str, Any]:
        """The object as the server has it now."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """The server's warnings."""
        ...


class Writer(Protocol):
    """The part of the cluster's API that applying needs."""

    def get(self, ref: Ref) -> dict[str, Any]:
        """Return the whole object."""
        ...

    def create(self, manifest: dict[str, Any], ref: Ref, *, dry_run: bool = False) -> WrittenObject:
        """Make an object."""
        ...

    def patch(
        self, ref: Ref, operations: list[dict[str, Any]], *, dry_run: bool = False
    ) -> WrittenObject:
        """Send a JSON Patch."""
        ...

    def delete(
        self, ref: Ref, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> WrittenObject:
        """Take an object away."""
        ...


class Result(StrEnum):
    """What became of a planned change."""

    APPLIED = "applied"
    VERIFIED = "verified"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDONE = "undone"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one planned change; ``entry`` is its place in the journal, if it has one."""

    planned: Planned
    result: Result
    detail: str = ""
    entry: str = ""


def apply_plan(
    plan: Plan,
    writer: Writer,
    journal: Journal,
    *,
    report: Callable[[Outcome], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Outcome, ...]:
    """Apply the changes one by one; a failure or ``stop`` leaves the rest unstarted.

    ``report`` is told each outcome as it is reached. Artefacts are not applied but exported.
    """
    outcomes: list[Outcome] = []
    halted = ""
    for planned in plan.changes:
        if not planned.bound:
            outcome = Outcome(planned, Result.SKIPPED, "It is exported, not applied.")
        elif halted or stop():
            halted = halted or "Stopped on request before this change."
            outcome = Outcome(planned, Result.SKIPPED, halted)
        else:
            outcome = apply_change(planned, plan, writer, journal)
            if outcome.result is Result.FAILED:
                halted = "Not started, since the change before it failed."
        outcomes.append(outcome)
        report(outcome)
    return tuple(outcomes)


def apply_change(planned: Planned, plan: Plan, writer: Writer, journal: Journal) -> Outcome:
    """Apply one change: all of its writes, or none."""
    try:
        fresh = rebound(planned, fetcher(writer.get))
    except K8shardenError as error:
        return Outcome(planned, Result.FAILED, str(error))
    records = [record_of(bound) for bound in fresh.bound]
    entry = journal.intend(
        cluster=plan.source.cluster_uid,
        place=plan.source.name,
        kind=planned.change.kind,
        title=planned.change.title,
        digest=planned.digest,
        findings=planned.findings,
        records=records,
        undoes=planned.undoes,
    )
    done: list[tuple[int, Record]] = []
    try:
        for number, bound in enumerate(fresh.bound):
            record = completed(records[number], _write(bound, writer).object)
            # Before the journal, so that one that fails now still leaves the write taken back.
            done.append((number, record))
            journal.wrote(entry, number, record)
        journal.settle(entry, State.APPLIED, undone=planned.undoes)
        verify([record for _, record in done], fetcher(writer.get))
    except K8shardenError as error:
        if len(done) == len(fresh.bound):
            return Outcome(planned, Result.APPLIED, str(error), entry)
        detail = f"{error} {_take_back(done, entry, writer, journal)}".rstrip()
        journal.settle(entry, State.FAILED, detail)
        return Outcome(planned, Result.FAILED, detail, entry)
    journal.settle(entry, State.VERIFIED)
    return Outcome(planned, Result.UNDONE if planned.undoes else Result.VERIFIED, "", entry)


def rebound(planned: Planned, fetch: Fetch) -> Planned:
    """Bind a change anew. Raises `Drift` where that gives anything but what was approved."""
    bound = tuple(bind(write, fetch(write.ref)) for write in planned.change.writes)
    fresh = msgspec.structs.replace(planned, bound=bound)
    if fresh.digest != planned.digest:
        raise Drift(
            f"{planned.change.title}: the object changed since it was reviewed. Nothing was "
            "written; scan and review again."
        )
    return fresh


def dry_run(plan: Plan, writer: Writer, step: Callable[[int], None] = lambda _: None) -> Plan:
    """Ask the server what it would say to each write. Nothing is stored; a refusal is kept.

    A later part of a group may need an earlier one to exist: it is checked at its turn, and the
    plan says so. ``step`` is told how many changes were tried.
    """
    changes = []
    for number, planned in enumerate(plan.changes):
        step(number)
        changes.append(_try(planned, writer))
    return msgspec.structs.replace(plan, changes=tuple(changes))


def _try(planned: Planned, writer: Writer) -> Planned:
    checked: list[str] = []
    for number, bound in enumerate(planned.bound):
        try:
            warnings = _send(bound, writer, bound.before, dry=True).warnings
        except ApiError as error:
            if number == 0:
                return msgspec.structs.replace(planned, rejected=str(error))
            checked.append(
                f"{bound.ref.label}: is checked at its turn, after what it needs exists."
            )
        else:
            checked += [f"{bound.ref.label}: {warning}" for warning in warnings]
    return msgspec.structs.replace(planned, checked=tuple(checked))


def _write(bound: Bound, writer: Writer) -> WrittenObject:
    """Send one write; where the object moved under us, go on only if our part of it did not."""
    for attempt in range(ATTEMPTS):
        try:
            return _send(bound, writer, bound.before, dry=False)
        except (Conflict, Invalid):
            fresh = bind(bound.write, fetcher(writer.get)(bound.ref))
            same_version = _version(fresh.before) == _version(bound.before)
            if same_version or attempt == ATTEMPTS - 1:
                raise
            if fresh.fields != bound.fields or not _same(bound, fresh):
                raise Drift(f"{bound.ref.label} changed while it was written.") from None
            bound = fresh
    raise AssertionError  # pragma: no cover - the loop returns or raises


def _version(value: dict[str, Any] | None) -> str:
    return str((value or {}).get("metadata", {}).get("resourceVersion", ""))


def _same(one: Bound, two: Bound) -> bool:
    """Whether a delete still takes away what was shown."""
    if not isinstance(one.write, Delete):
        return True
    return essential(one.before or {}) == essential(two.before or {})


def _send(bound: Bound, writer: Writer, live: dict[str, Any] | None, *, dry: bool) -> WrittenObject:
    match bound.write:
        case Create(ref=ref, manifest=manifest):
            return writer.create(manifest, ref, dry_run=dry)
        case Delete(ref=ref):
            metadata = (live or {}).get("metadata", {})
            return writer.delete(
                ref,
                uid=str(metadata.get("uid", "")),
                resource_version=str(metadata.get("resourceVersion", "")),
                dry_run=dry,
            )
        case Patch(ref=ref):
            return writer.patch(ref, operations(bound, live or {}), dry_run=dry)


def _take_back(done: list[tuple[int, Record]], entry: str, writer: Writer, journal: Journal) -> str:
    """Undo the earlier writes of a group whose later one failed; say what that came to."""
    fetch = fetcher(writer.get)
    for number, record in reversed(done):
        try:
            live = fetch(record.ref)
            _write(bind(reverse(record, live), live), writer)
        except K8shardenError as error:
            return f"{record.ref.label} could not be taken back: {error}"
        journal.wrote(entry, number, record, State.UNDONE)
    return "What was written before was taken back." if done else ""
