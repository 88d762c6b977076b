"""The roles that `permissions` prints, held to what the catalogue writes."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8sharden.cli import run
from k8sharden.model import kinds
from k8sharden.model.change import Change, Create, Delete, Patch
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item
from k8sharden.places.files import open_files
from k8sharden.session import Session
from remediations import OWN
from tests.remediations import harness

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "a.example/web:1"}]},
}


def _workload(kind: kinds.ResourceType) -> dict[str, Any]:
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}
    if kind == kinds.REPLICATION_CONTROLLERS:
        spec["selector"] = {"app": "web"}
    if kind == kinds.CRON_JOBS:
        spec = {"schedule": "@daily", "jobTemplate": {"spec": {"template": TEMPLATE}}}
    if kind == kinds.PODS:
        spec = dict(TEMPLATE["spec"])
    meta = {"name": "web", "namespace": "shop"}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, "spec": spec}


def test_every_kind_of_workload_that_is_patched_may_be_patched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever has the printed role meets no refusal half-way through a plan."""
    manifests = tmp_path / "all.yaml"
    manifests.write_text(yaml.safe_dump_all(map(_workload, kinds.WORKLOADS)))
    session = Session(open_files([str(manifests)]), tmp_path)
    scan = session.scan()
    changes = (session.remediation(finding, scan) for finding in scan.findings)
    writes = (write for change in changes if isinstance(change, Change) for write in change.writes)
    types = {kinds.type_of(write.ref) for write in writes if isinstance(write, Patch)}
    types -= {kinds.PODS, kinds.JOBS}  # In a cluster their templates cannot be changed.
    assert {kinds.REPLICA_SETS, kinds.REPLICATION_CONTROLLERS, kinds.CRON_JOBS} <= types

    assert run(["permissions", "--apply"]) == 0
    roles = yaml.safe_load_all(capsys.readouterr().out)
    rules = [rule for role in roles for rule in role["rules"]]
    allowed = {
        (group, resource)
        for rule in rules
        if "patch" in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert {(kind.group, kind.plural) for kind in types} <= allowed


_VERBS = {Patch: {"patch"}, Create: {"create", "delete"}, Delete: {"create", "delete"}}
"""What a write takes, and its undo."""


def test_every_fix_and_its_undo_may_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    """What items write in their fixtures is in the printed role, as is what takes it back."""
    wanted = {
        (verb, kinds.type_of(write.ref).group, kinds.type_of(write.ref).plural)
        for item in OWN
        for path in harness.fixtures(item.id, "fail")
        for change in _changes(item, harness.inventory(harness.read(path)))
        for write in change.writes
        for verb in _VERBS[type(write)]
    }
    assert ("delete", "", "secrets") in wanted
    assert ("create", "", "serviceaccounts") in wanted

    assert run(["permissions", "--apply"]) == 0
    rules = [r for role in yaml.safe_load_all(capsys.readouterr().out) for r in role["rules"]]
    allowed = {
        words
        for rule in rules
        for words in product(rule["verbs"], rule.get("apiGroups", ()), rule.get("resources", ()))
    }
    assert {each for each in wanted if not _is_allowed(each, allowed)} == set()


def test_what_a_fix_asks_afterwards_may_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has the printed role gets swaps of roles verified, and not only written."""
    seen = map(harness.inventory, map(harness.read, harness.fixtures("rbac-cluster-admin", "fail")))
    item = next(item for item in OWN if item.id == "rbac-cluster-admin")
    assert any(change.reviews for each in seen for change in _changes(item, each))
    assert run(["permissions", "--apply"]) == 0
    asked = {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"]}
    rules = [r for role in yaml.safe_load_all(capsys.readouterr().out) for r in role["rules"]]
    assert asked | {"verbs": ["create"]} in rules


def _changes(item: Item, seen: Inventory) -> Iterator[Change]:
    if seen.source.kind is not SourceKind.MANIFESTS:
        for finding in item.evaluate(seen):
            answer = item.remediate(finding, seen)
            if isinstance(answer, Change):
                yield answer


def _is_allowed(words: tuple[str, str, str], allowed: set[tuple[str, str, str]]) -> bool:
    verb, group, _ = words
    return words in allowed or (verb, group, "*") in allowed
