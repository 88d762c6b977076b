"""Hardens whole sets of manifests by the items on pod templates, as one plan would."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

import msgspec

from k8sharden.analysis.assess import assess
from k8sharden.analysis.pod_security.evaluate import Violation, violations
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.workloads import level_of
from k8sharden.changes.make import make_plan
from k8sharden.changes.plan import Plan, Planned
from k8sharden.cluster.api import Api
from k8sharden.cluster.collector import collect
from k8sharden.cluster.training import objects, training_cluster
from k8sharden.export.sources import inventory_from, read_sources
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.finding import Area, Finding
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads
from remediations import OWN
from tests.remediations import harness
from tests.remediations.harness import Document

SETS = Path(__file__).parent / "sets"
TRAINING = "training"
NAMES = (TRAINING, *sorted(folder.name for folder in SETS.iterdir() if folder.is_dir()))

ITEMS: tuple[Item, ...] = tuple(
    item
    for item in OWN
    if item.needs == kinds.WORKLOADS
    and (item.area is Area.POD_SECURITY or item.id in ("rt-seccomp", "rt-gitrepo"))
)
"""The items that hold pod templates to the Pod Security Standards."""


class Round(msgspec.Struct, frozen=True):
    """A scan, and the plan of everything that it found."""

    inventory: Inventory
    findings: dict[str, Finding]
    plan: Plan


class Hardened(msgspec.Struct, frozen=True):
    """A set before its plans and after them, by the workloads of the set."""

    rounds: tuple[Round, ...]
    before: dict[Ref, Document]
    after: dict[Ref, Document]

    def reasons(self, ref: Ref) -> list[tuple[Finding, str]]:
        """Return what stays as it is in a workload in the end, and why."""
        last = self.rounds[-1]
        said = [(last.findings[each.finding], each.reason) for each in last.plan.unfixed]
        return [(finding, reason) for finding, reason in said if finding.resource == ref]

    def changes(self, ref: Ref) -> list[Planned]:
        """Return the changes of a workload, round by round."""
        planned = (each for one in self.rounds for each in one.plan.changes)
        return [each for each in planned if each.ref == ref]


@cache
def hardened(name: str) -> Hardened:
    """Make every change of `ITEMS` on the training cluster, or on a set of manifests.

    One plan has to do: a second one, made of what the first leaves, must find nothing to change.
    """
    inventory, before = _training() if name == TRAINING else _files(SETS / name)
    after, rounds = before, []
    for _ in range(2):
        findings = assess(ITEMS, inventory).findings
        plan = make_plan(findings, inventory, ITEMS, after.get)
        rounds.append(Round(inventory, {each.id: each for each in findings}, plan))
        after = after | _made(plan)
        inventory = _with(inventory, after)
    assert not rounds[-1].plan.changes, "one plan was not enough"
    return Hardened(tuple(rounds), before, after)


def _made(plan: Plan) -> dict[Ref, Document]:
    return {bound.ref: bound.after for each in plan.changes for bound in each.bound if bound.after}


def _with(inventory: Inventory, documents: dict[Ref, Document]) -> Inventory:
    """Return the inventory with these workloads in place of those of the same names."""
    kept = {
        key: tuple(
            each
            for each in items
            if kinds.BY_KEY[key].ref(each.namespace, each.name) not in documents
        )
        for key, items in inventory.objects.items()
    }
    for ref, document in documents.items():
        kind = kinds.type_of(ref)
        decoded = convert(document, o.STRUCTS[kind])
        kept[kind.key] = (*kept[kind.key], decoded)
    return msgspec.structs.replace(inventory, objects=kept, cache={})


def judged(document: Document) -> Workload:
    """Return a workload's manifest as the evaluators see it."""
    return workloads(harness.inventory([document], harness.FILES))[0]


def level(document: Document) -> Level:
    """Return the level that a workload's manifest reaches."""
    return level_of(judged(document))


def left(document: Document) -> Sequence[Violation]:
    """Return what keeps a workload's manifest from restricted."""
    workload = judged(document)
    return violations(Level.RESTRICTED, workload.spec, workload.template_metadata)


def found(document: Document) -> set[str]:
    """Return the ids of the items that find something in one workload's manifest."""
    return {each.check for each in assess(ITEMS, harness.inventory([document])).findings}


def _files(folder: Path) -> tuple[Inventory, dict[Ref, Document]]:
    manifests = read_sources([str(folder)], BytesIO())
    inventory = inventory_from(manifests)
    wanted = {workload.ref for workload in workloads(inventory)}
    return inventory, {r: item.value for r, item in manifests.current.items() if r in wanted}


def _training() -> tuple[Inventory, dict[Ref, Document]]:
    inventory = collect(
        Api(training_cluster().transport(), read_only=True),
        SourceKind.DEMO,
        name=TRAINING,
        progress=lambda _: None,
        cancelled=lambda: False,
        clock=lambda: 0.0,
    )
    wanted = {workload.ref for workload in workloads(inventory)}
    known = [each for each in objects() if (each["apiVersion"], each["kind"]) in kinds.BY_KIND]
    return inventory, {
        harness.ref_of(each): each for each in known if harness.ref_of(each) in wanted
    }
