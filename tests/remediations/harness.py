"""Fixtures of hardening items: small manifests in which an item must, or must not, find anything.

They stand in `tests/remediations/AREA/fixtures/CHECK/{pass,fail,unknown}/*.yaml`, as the
objects that a cluster would list. A document of kind `Evidence` fills what is no object of the API:

    apiVersion: tests.k8sharden/v1
    kind: Evidence
    source: {kind: cluster, name: training, server_version: v1.36.2}
    controlPlane: {servers: [{source: …, flags: {…}}], samples: [{name: …, labels: {}, value: 1}]}
    unread: {secrets: forbidden, pods: [shop]}  # pods only in that namespace
    odd: [{apiVersion: v1, kind: Pod, namespace: shop, name: web}]
    facts: {images: {"shop/web:1": {digest: …}}, allowed_registries: […], mirrors: {docker.io: …}}
    scannedAt: 1795000000
    pipelines: [{path: .gitlab-ci.yml, text: …}]

Policies are enforced in it, by Calico, unless a Node stands there, or `plugin: seen` in the
`Evidence`: then what is there tells.

One of kind `Expected` says what exactly is to be found, each finding by its resource, and which
kind of change answers it (`none` for a reason):

    findings: [{resource: Deployment shop/web, severity: high, path: …, change: patch}]
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from k8sharden.analysis.network.cni import Enforcement, State
from k8sharden.model import kinds, network
from k8sharden.model import objects as o
from k8sharden.model.change import Change, Create, Delete, NoChange, Patch, Write
from k8sharden.model.decoding import convert
from k8sharden.model.edits import edited
from k8sharden.model.evidence import ControlPlane
from k8sharden.model.facts import Facts
from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import (
    Coverage,
    Entry,
    Inventory,
    OddObject,
    Source,
    SourceKind,
)
from k8sharden.model.item import Item
from k8sharden.model.kinds import ResourceType
from k8sharden.model.pipelines import Pipeline
from k8sharden.model.ref import Ref

Document = dict[str, Any]
Side = Literal["pass", "fail", "unknown"]
SIDES: tuple[Side, ...] = ("pass", "fail", "unknown")

ENFORCED = {
    "enforcement": Enforcement(State.ENFORCED, "Calico", "Calico enforces NetworkPolicies.")
}
OURS = "tests.k8sharden/v1"
HERE = Path(__file__).parent
TRAINING = Source(SourceKind.CLUSTER, "training", "uid-1", "v1.36.2", "kubeadm")
FILES = Source(SourceKind.MANIFESTS, "manifests/")


def fixtures(check: str, side: Side) -> tuple[Path, ...]:
    """Return the fixture files of a check, in a stable order; empty where it has none."""
    return tuple(sorted(HERE.glob(f"*/fixtures/{check}/{side}/*.yaml")))


def read(path: Path) -> list[Document]:
    """Return the documents of a fixture."""
    return documents(path.read_text("utf-8"))


def documents(text: str) -> list[Document]:
    """Return the documents of a YAML text, the empty ones left out."""
    return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document]


def inventory(docs: Iterable[Document], source: Source = TRAINING) -> Inventory:
    """Return the inventory of these objects, as though a scan had read all there is."""
    objects: dict[str, list[o.Object]] = {kind.key: [] for kind in kinds.ALL}
    evidence: Document = {}
    for document in docs:
        if document["apiVersion"] == OURS:
            evidence = document if document["kind"] == "Evidence" else evidence
            continue
        kind = kinds.family(kind_of(document))
        decoded = convert(document, o.STRUCTS[kind])
        objects[kind.key].append(network.configured(decoded, document.get("data")))
    return Inventory(
        msgspec.convert(evidence["source"], Source) if "source" in evidence else source,
        {key: tuple(items) for key, items in objects.items()},
        _ledger(evidence.get("unread", {})),
        msgspec.convert(evidence.get("controlPlane", {}), ControlPlane),
        tuple(OddObject(msgspec.convert(ref, Ref), "odd") for ref in evidence.get("odd", ())),
        facts=_facts(evidence.get("facts", {})),
        scanned_at=evidence.get("scannedAt", 0.0),
        pipelines=tuple(msgspec.convert(evidence.get("pipelines", ()), list[Pipeline])),
        cache={} if objects[kinds.NODES.key] or "plugin" in evidence else dict(ENFORCED),
    )


def findings(item: Item, docs: Iterable[Document], source: Source = TRAINING) -> list[Finding]:
    """Return the failing findings of an item on these objects."""
    found = item.evaluate(inventory(docs, source))
    return [finding for finding in found if finding.status is Status.FAIL]


def remedy(item: Item, docs: list[Document], source: Source = TRAINING) -> Change | NoChange:
    """Return what the item answers to its first failing finding on these objects."""
    seen = inventory(docs, source)
    first = next(found for found in item.evaluate(seen) if found.status is Status.FAIL)
    return item.remediate(first, seen)


def applied(docs: list[Document], changes: Iterable[Change]) -> list[Document]:
    """Return the objects as they are once the changes have been made."""
    for change in changes:
        for write in change.writes:
            docs = _written(docs, write)
    return docs


def ref_of(document: Mapping[str, Any]) -> Ref:
    """Return the reference of an object."""
    metadata = document["metadata"]
    return kind_of(document).ref(metadata.get("namespace", ""), metadata["name"])


def kind_of(document: Mapping[str, Any]) -> ResourceType:
    """Return the type of an object, which has to be one that is known."""
    found = kinds.find(document["apiVersion"], document["kind"])
    assert found is not None, document["kind"]
    return found


def _written(docs: list[Document], write: Write) -> list[Document]:
    here = [doc["apiVersion"] != OURS and ref_of(doc) == write.ref for doc in docs]
    assert sum(here) == (0 if isinstance(write, Create) else 1), f"{write.ref.label}: {here}"
    match write:
        case Create():
            return [*docs, write.manifest]
        case Delete():
            return [doc for doc, mine in zip(docs, here, strict=True) if not mine]
        case Patch():
            return [
                edited(doc, write.edits) if mine else doc
                for doc, mine in zip(docs, here, strict=True)
            ]


def _ledger(unread: Mapping[str, str | list[str]]) -> dict[str, Entry]:
    return {kind.key: _entry(kind, unread) for kind in kinds.ALL}


def _facts(written: Document) -> Facts:
    images = {name: {"reference": name, **fact} for name, fact in written.get("images", {}).items()}
    return msgspec.convert({**written, "images": images}, Facts)


def _entry(kind: ResourceType, unread: Mapping[str, str | list[str]]) -> Entry:
    found = unread.get(kind.key, Coverage.READ)
    if isinstance(found, list):
        return Entry(kind.key, Coverage.READ, namespaces=frozenset(found))
    status = Coverage(found)
    wanted = f"list {kind.key}" if status is Coverage.FORBIDDEN else ""
    return Entry(kind.key, status, permission=wanted)
