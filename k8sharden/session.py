"""The use cases: what a screen or a command calls. Everything they can do, they do through here."""

import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

import remediations
from k8sharden.analysis.assess import Assessment, assess
from k8sharden.analysis.network.policies import Policies
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.recheck import Rechecked, recheck
from k8sharden.changes.access import Tell as Asking
from k8sharden.changes.apply import Outcome, Result, apply_plan
from k8sharden.changes.diff import FileDiff, unified
from k8sharden.changes.foreseen import foreseen, foreseen_policies
from k8sharden.changes.ground import Ground
from k8sharden.changes.impact import with_impact
from k8sharden.changes.landing import Watch
from k8sharden.changes.make import make_plan, relabelled, remediation
from k8sharden.changes.plan import Plan, Planned
from k8sharden.changes.reach import NamespaceReach, reaches
from k8sharden.changes.rehearsal import dry_run
from k8sharden.changes.settle import refuse_unsettled
from k8sharden.changes.write import Writer
from k8sharden.cluster.progress import Progress
from k8sharden.errors import Cancelled, InputError, K8shardenError, Refused
from k8sharden.evidence.given import Evidence
from k8sharden.export.folder import Export, Format, export
from k8sharden.history import History
from k8sharden.model.change import Change, NoChange
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory, Source
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref
from k8sharden.place import Place
from k8sharden.reading import Reading


class Scan(msgspec.Struct, frozen=True):
    """What was read, and what the catalogue says of it."""

    inventory: Inventory
    assessment: Assessment

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, worst first."""
        return self.assessment.findings

    def finding(self, name: str) -> Finding:
        """Return a finding by its id, or by the beginning of it where that is not ambiguous.

        Raises `InputError` where there is none, or more than one.
        """
        found = [finding for finding in self.findings if finding.id.startswith(name)]
        if len(found) != 1:
            what = "no finding" if not found else f"{len(found)} findings"
            raise InputError(f"There is {what} {name!r} in this scan. Scan again for current ids.")
        return found[0]


class Session:
    """One place with its history: scan it, plan, review, apply, take back.

    With ``asks`` the first scan also asks the registries of the images. ``evidence`` is what
    was given in files; ``widen`` says what roles from it are not to keep to, see `Facts`.
    """

    def __init__(
        self,
        place: Place,
        state: Path,
        *,
        items: Iterable[Item] | None = None,
        asks: bool = False,
        evidence: Evidence | None = None,
        widen: Sequence[str] = (),
    ) -> None:
        self.place = place
        self.items = tuple(remediations.catalogue() if items is None else items)
        self.history = History(place, state)
        self.evidence = evidence or Evidence()
        self._reading = Reading(place, self.evidence, asks=asks, widen=widen)

    def close(self) -> None:
        """Close the journal."""
        self.history.close()

    def item(self, check: str) -> Item:
        """Return the item behind a finding's check."""
        return next(item for item in self.items if item.id == check)

    def scan(
        self,
        progress: Callable[[Progress], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Scan:
        """Read and assess. Raises `Cancelled` soon after ``cancelled`` says so."""
        return self._assessed(self.read(progress, cancelled), cancelled)

    def read(
        self,
        progress: Callable[[Progress], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Inventory:
        """Read what a scan reads, for whoever needs no findings; it raises the same."""
        return self._reading.inventory(progress, cancelled)

    def ask_registries(self) -> None:
        """Let the next scan ask the registries of its images; what they said is kept from then on.

        A registry that says nothing is no error: it stands with the image.
        """
        self._reading.ask_registries()

    def _assessed(self, inventory: Inventory, cancelled: Callable[[], bool]) -> Scan:
        def step(item: Item) -> None:
            if cancelled():
                raise Cancelled(f"Stopped before {item.id} was checked. Nothing was changed.")

        return Scan(inventory, assess(self.items, inventory, step=step))

    def remediation(self, finding: Finding, scan: Scan) -> Change | NoChange:
        """Return what would answer a finding, without reading anything more."""
        return remediation(finding, scan.inventory, self.item(finding.check))

    def reaches(
        self,
        scan: Scan,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> tuple[NamespaceReach, ...]:
        """Return the Pod Security levels of the namespaces, today and after all fixes."""
        items = {item.id: item for item in self.items}
        return reaches(scan.findings, scan.inventory, items, step=progress)

    def foreseen(self, bindings: Iterable[Ref], scan: Scan) -> Policy | None:
        """Return who may do what once the findings of these bindings are answered; None if none."""
        items = {item.id: item for item in self.items}
        return foreseen(bindings, scan.findings, scan.inventory, items)

    def foreseen_policies(self, scan: Scan) -> Policies | None:
        """Return the policies once all network findings are answered; None where no fix is."""
        items = {item.id: item for item in self.items}
        return foreseen_policies(scan.findings, scan.inventory, items)

    def plan(
        self,
        scan: Scan,
        findings: Sequence[Finding],
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Plan:
        """Compose the changes for these findings against the objects as they are now."""
        made = make_plan(findings, scan.inventory, self.items, self.place.fetch, step=progress)
        return self.place.fixable(made)

    def diffs(self, plan: Plan) -> dict[str, list[FileDiff]]:
        """Return the diff of each change on its own, under the change's digest."""
        return {planned.digest: self.place.diffs([planned]) for planned in plan.changes}

    def export(self, plan: Plan, folder: Path, form: Format) -> Export:
        """Write the plan into a folder. Raises `InputError` before anything is overwritten."""
        return export(plan, self.diffs(plan), folder, form)

    def preview(self, planned: Planned) -> tuple[FileDiff, ...]:
        """Return the diff of each write, and each file of an artefact, with secrets masked."""
        files = (
            FileDiff(file.path, unified(file.path, "", file.text)) for file in planned.change.files
        )
        return (*self.place.diffs([planned]), *files)

    def judged(self, plan: Plan, scan: Scan | None) -> Plan:
        """Return the plan with its impact worked out anew, as after a change was left out.

        Labels that counted on the change go to the level that is reached without it.
        """
        return with_impact(relabelled(plan), scan.inventory if scan else None)

    def review(self, plan: Plan, progress: Callable[[int], None] = lambda _: None) -> Plan:
        """Let the server try each change without storing anything; read-only skips this."""
        writer = self.place.writer
        if writer is None or self.place.read_only:
            return plan
        return dry_run(plan, writer, progress)

    def apply(
        self,
        plan: Plan,
        approved: str,
        report: Callable[[Outcome], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
        watch: Watch | None = None,
        asking: Asking = lambda _done, _total: None,
    ) -> tuple[Outcome, ...]:
        """Apply the plan whose digest was approved; ``watch`` waits for its rollouts.

        ``asking`` is told how many rights of how many are found as a change means them.

        Raises `Refused` where nothing may be written, the digest is another, the server would
        refuse a part, or it is not known what became of an earlier change to one of its objects.
        """
        writer = self._allowed()
        if plan.digest != approved:
            raise Refused(
                f"The plan is no longer the one that was approved ({plan.digest[:19]}… instead of "
                f"{approved[:19]}…). Review it again; nothing was changed."
            )
        if plan.blocked:
            first = plan.blocked[0]
            raise Refused(
                f"The server would refuse “{first.change.title}” ({first.rejected}). Drop it from "
                "the plan; nothing was changed."
            )
        # Before anything that has to be kept: without a journal there is nothing to keep.
        journal = self.history.journal
        with journal.alone():
            refuse_unsettled(plan, self.history.entries(plan.source))
            try:
                ground = Ground(plan.origin, self.place.reread) if plan.origin else None
                return apply_plan(
                    plan,
                    writer,
                    journal,
                    report=report,
                    stop=stop,
                    watch=watch,
                    ground=ground,
                    asking=asking,
                )
            finally:
                self.place.keep()

    def take_back(
        self,
        outcomes: Sequence[Outcome],
        source: Source,
        report: Callable[[Outcome], None] = lambda _: None,
    ) -> tuple[Outcome, ...]:
        """Take back what failed and still stands; what succeeded before it stays.

        Returns the outcomes as they are then.
        """
        ended = []
        for outcome in outcomes:
            standing = outcome.entry and self.history.journal.entry(outcome.entry).undoable
            if outcome.result is Result.FAILED and standing:
                ended.append(self._taken_back(outcome, source))
                report(ended[-1])
            else:
                ended.append(outcome)
        return tuple(ended)

    def _taken_back(self, outcome: Outcome, source: Source) -> Outcome:
        """Return the outcome as it is then; no error hides what was done before."""
        try:
            plan = self.history.undo([outcome.entry], source)
            why = plan.unfixed[0].reason if plan.unfixed else ""
            undone = None if why else self.apply(plan, plan.digest)[0]
        except K8shardenError as error:
            why, undone = str(error), None
        result = outcome.result
        if undone is None:
            said = f"It could not be taken back: {why}"
        elif undone.result is not Result.UNDONE:
            said = f"Taking it back failed, too: {undone.detail}"
        else:
            result, said = Result.UNDONE, "It was taken back."
        return msgspec.structs.replace(outcome, result=result, detail=f"{outcome.detail} {said}")

    def recheck(self, findings: Iterable[Finding], after: Scan) -> dict[str, Rechecked]:
        """Return what a later scan says of findings, by their ids."""
        items = {item.id: item for item in self.items}
        return recheck(findings, items, after.inventory, after.assessment)

    def command(self, *words: str) -> str:
        """Return the command line that does the same, quoted for a shell."""
        same = self._reading.options(words[0]) if words else ()
        return shlex.join(("k8sharden", *words, *same, *self.place.options))

    def _allowed(self) -> Writer:
        writer = self.place.writer
        if writer is None:
            raise Refused("Files are changed by a patch, not by apply. Use plan -o diff or export.")
        if self.place.read_only:
            raise Refused(
                "Read-only, by --read-only or by read_only in the settings: nothing was changed."
            )
        return writer
