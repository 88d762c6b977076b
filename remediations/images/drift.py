"""Replicas that run different images under one name: the tag was moved between their starts.

Field: ``imageID`` in the status of a workload's pods, for containers whose image has no digest.
Allowed: one digest for all replicas on nodes of one architecture. Where the architecture of a node
is not known, digests that differ prove nothing: an index has an image for each.
Source: Kubernetes documentation, "Images"; MITRE ATT&CK T1525.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from k8sharden.analysis.containers import Defect, field_of, finding, named, repair
from k8sharden.analysis.pinning import drifted, pinned
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Visited, visit_containers
from k8sharden.model.workloads import Workload, pods_of, workloads


class _Drift(NamedTuple):
    seen: Visited
    digests: Mapping[str, Mapping[str, int]]


def _drifts(inventory: Inventory, workload: Workload) -> tuple[_Drift, ...]:
    pods = pods_of(inventory).get(workload.ref, ())
    each = (
        _Drift(seen, drifted(inventory, seen.container, pods))
        for seen in visit_containers(workload.spec)
    )
    return tuple(drift for drift in each if drift.digests)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for workload in workloads(inventory):
        found = _drifts(inventory, workload)
        if found:
            yield _finding(workload, found)


def _finding(workload: Workload, found: tuple[_Drift, ...]) -> Finding:
    known = any(on for drift in found for on in drift.digests)
    most = max(len(digests) for drift in found for digests in drift.digests.values())
    containers = tuple(drift.seen for drift in found)
    said = f"Replicas run {most} different images as {named(containers)} under one tag"
    rest = ": somebody moved it." if known else f"; {_WHICH_NODES}"
    defect = Defect(
        said + rest,
        field_of(workload, containers[0], "image"),
        containers,
        evidence={"digests": {drift.seen.container.name: drift.digests for drift in found}},
    )
    status = Status.FAIL if known else Status.UNKNOWN
    return msgspec.structs.replace(finding(ITEM, workload, defect), status=status)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(
        found,
        inventory,
        lambda each: pinned(inventory, each, [drift.seen for drift in _drifts(inventory, each)]),
    )


_WHICH_NODES = "whether their nodes are of one architecture cannot be told: allow listing nodes."
_DOCS = "https://kubernetes.io/docs"

ITEM = Item(
    id="img-drift",
    title="Replicas run one image",
    area=Area.IMAGES,
    severity=Severity.HIGH,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("MITRE ATT&CK T1525", "https://attack.mitre.org/techniques/T1525/"),
        Reference("Kubernetes documentation: Images", f"{_DOCS}/concepts/containers/images/"),
    ),
    lesson=Lesson(
        what=(
            "All replicas of a workload come from one template, so they should be the same "
            "program. Each node resolves the tag for itself, though, and keeps what it pulled. If "
            "the tag was moved in between, replicas differ, and their status says so: imageID "
            "holds another digest. This item compares them, on nodes of the same architecture, and "
            "lists the workloads whose replicas disagree."
        ),
        why=(
            "Here a moved tag is no longer something that may happen: it has happened, and a part "
            "of what runs is not what the rest is. It may be a harmless rebuild under the same "
            "version, or somebody's own build. Bugs come and go with the replica that answers, and "
            "what you tested is one of the two at best. An audit by the manifests finds nothing: "
            "they show one name."
        ),
        attack=(
            "Mallory can push to Kestrel's mirror and puts a build of her own under "
            "node-exporter:v1.9.1. Nodes that have the image keep it. When worker-2 is installed "
            "anew, its pod of DaemonSet monitoring/node-exporter pulls Mallory's: a program on the "
            "host's network that answers with the expected metrics, and reads what else it finds. "
            "The DaemonSet is unchanged and green; only the digests of its pods differ."
        ),
        fix=(
            "First find out which image is meant: compare the digests with what the build "
            "recorded. If the registry was asked and has one of them under the tag, the fix pins "
            "it, and says that this may be the wrong one. If the digests turn out to belong to one "
            "index, it pins the index. Without an answer of the registry nothing is pinned, since "
            "nobody can tell the true one from here."
        ),
        breaks=(
            "Replicas restart once, and those of the other image change what they run: if that was "
            "the version which works, this takes it away. Data that a newer version has written "
            "may not suit an older one. If the moved tag was an attack, restarting destroys "
            "traces: keep the pod's file system and memory first."
        ),
        verify=(
            "`kubectl -n monitoring get pods -l app=node-exporter -o "
            "jsonpath='{range .items[*]}{.spec.nodeName} {..imageID}{\"\\n\"}{end}'` shows one "
            "digest on all nodes. Compare it with the one that your build, or the image's "
            "publisher, has written down, and scan again."
        ),
        reading=(
            Reference("Images: names, tags and digests", f"{_DOCS}/concepts/containers/images/"),
            Reference(
                "MITRE ATT&CK T1525, Implant Internal Image",
                "https://attack.mitre.org/techniques/T1525/",
            ),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
    live_only=True,
)
