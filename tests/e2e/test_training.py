"""The whole flow on the training cluster, by the command line."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from unidiff.patch import PatchSet

from k8sharden.changes.bookkeeping import essential
from k8sharden.cluster.training import training_cluster
from k8sharden.export.reports import schema
from tests.e2e.run import Person

AUDIT = "pod-security.kubernetes.io/audit"
# What a plan creates comes in groups: bindings in place of one, allowances before a default deny.
KINDS = {"patch", "delete", "group"}
NEW = "\nnew file mode "
OWNERS = ("argocd/intranet", "flux/office", "helm/wiki")
OVERRIDES = tuple(word for owner in OWNERS for word in ("--override-owner", owner))


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty home."""
    return Person(tmp_path)


def test_scan_is_as_its_schema_says(person: Person) -> None:
    """The JSON of a scan validates, and counts as the table does."""
    document = person("scan", "--demo", "-o", "json").json()
    jsonschema.validate(document, schema("scan"))
    failing = [f for f in document["findings"] if f["status"] == "fail" and not f["system"]]
    assert sum(area["fail"] for area in document["summary"]["areas"].values()) == len(failing)
    assert list(document["summary"]["areas"]) == [
        "rbac", "network", "pod-security", "images", "secrets", "runtime", "audit"
    ]  # fmt: skip
    levels = {w["resource"]["name"]: w["pod_security_level"] for w in document["workloads"]}
    assert levels["search"] == "restricted"
    assert levels["node-exporter"] == "privileged"


def test_plan_is_as_its_schema_says(person: Person) -> None:
    """The JSON of a plan validates, has every kind of change, and is the same each time."""
    first, second = (person("plan", "--demo", "-o", "json") for _ in range(2))
    document = first.json()
    jsonschema.validate(document, schema("plan"))
    assert {change["kind"] for change in document["changes"]} == KINDS | {"artefact"}
    assert {change["kind"] for change in document["changes"] if NEW in change["diff"]} == {"group"}
    assert first.out == second.out


def test_all_findings_of_one_deployment_are_one_patch(person: Person) -> None:
    """One object, one write: whatever is found in shop/web becomes one change."""
    web = ("--demo", "--resource", "Deployment/shop/web", "-o", "json")
    found = {each["id"] for each in person("scan", *web).json()["findings"]}
    plan = person("plan", *web).json()
    (change,) = plan["changes"]
    assert change["kind"] == "patch"
    assert len(change["findings"]) > 3
    assert {*change["findings"], *(each["finding"] for each in plan["unfixed"])} == found


def test_the_diff_applies_to_the_exported_manifests(person: Person) -> None:
    """`git apply` on the exported state before gives exactly the planned objects."""
    folder = person.home / "out"
    exported = person("export", "--demo", "--format", "manifests", "--out", str(folder))
    assert exported.code == 0
    diff = person("plan", "--demo", "-o", "diff").out
    patches = PatchSet(diff)
    assert any(file.is_added_file for file in patches)
    assert any(file.is_removed_file for file in patches)
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=folder, check=True)
    assert person.approve("apply", "--demo", "--no-wait", *OVERRIDES).code == 5
    again = person.home / "again"
    assert person("export", "--demo", "--format", "manifests", "--out", str(again)).code == 0
    web = (folder / "shop/deployment-web.yaml").read_text()
    assert "readOnlyRootFilesystem: true" in web
    assert not (folder / "_cluster/clusterrolebinding-ci-pipeline.yaml").exists()


def test_everything_is_applied_verified_and_undone(person: Person) -> None:
    """Every kind of change goes in and comes back; afterwards the cluster equals its start."""
    applied = person.approve("apply", "--demo", "--no-wait", "-o", "json", *OVERRIDES)
    # Levels that count on rollouts are not enforced while nobody waits for these.
    assert applied.code == 5, applied.err
    document = applied.json()
    jsonschema.validate(document, schema("plan"))
    results = {(change["kind"], change["result"]) for change in document["changes"]}
    skipped = {("artefact", "skipped"), ("patch", "skipped")}
    assert results == {(kind, "verified") for kind in KINDS} | skipped
    waiting = [c for c in document["changes"] if c["result"] == "skipped" and c["kind"] == "patch"]
    assert {change["resource"]["kind"] for change in waiting} == {"Namespace"}
    entries = [change["journal"] for change in document["changes"] if change["journal"]]
    left = person("scan", "--demo", "-o", "json").json()["findings"]
    fixed = {finding for change in document["changes"] for finding in change["findings"]}
    stays = {f for c in document["changes"] if c["result"] == "skipped" for f in c["findings"]}
    assert fixed & {finding["id"] for finding in left} == stays

    undone = person.approve("journal", "undo", *entries, "--demo", "--no-wait", "-o", "json")
    assert undone.code == 0, undone.err
    results = {(change["kind"], change["result"]) for change in undone.json()["changes"]}
    assert results == {(kind, "undone") for kind in KINDS | {"create"}}
    kept = json.loads((person.home / "state/training.json").read_text())
    # No API server takes the word again that this label held: without it the effect is the same.
    (legacy,) = (each for each in kept if each["metadata"]["name"] == "legacy")
    assert legacy["metadata"]["labels"].setdefault(AUDIT, "strict") == "strict"
    assert _written_by_people(kept) == _written_by_people(training_cluster().objects())
    states = {e["state"] for e in person("journal", "list", "-o", "json").json()}
    assert states == {"undone", "verified"}


def test_what_somebody_owns_is_exported_by_default(person: Person) -> None:
    """Nothing of Helm, Argo CD and Flux is applied unless its owner is named; export has it all."""
    office = ("--demo", "--namespace", "office")
    applied = person.approve("apply", *office, "-o", "json")
    assert applied.code == 0, applied.err
    changes = {change["resource"]["name"]: change for change in applied.json()["changes"]}
    owned = {"intranet": "argocd", "invoices": "flux", "wiki": "helm"}
    for name, change in changes.items():
        assert change["owner"]["kind"] == owned.get(name, "none")
        exported = name in owned or change["kind"] == "artefact"
        assert change["result"] == ("skipped" if exported else "verified")
    assert changes["wiki"]["warnings"][0].startswith("Exported by default, not applied: The Helm")
    assert "--override-owner helm/wiki" in applied.err
    assert "k8sharden export --format patches" in applied.err

    # Sam's right to exec is in use, as the log shows, and stays: that is told first.
    wrong = person("apply", *office, "--override-owner", "helm/wik")
    assert wrong.code == 2
    assert "argocd/intranet, flux/office, helm/wiki" in wrong.err.splitlines()[-1]
    again = person.approve("apply", *office, "--override-owner", "helm/wiki", "-o", "json").json()
    results = {change["resource"]["name"]: change["result"] for change in again["changes"]}
    results.pop("", None)  # the files of an artefact are about no object
    assert results == {"intranet": "skipped", "invoices": "skipped", "wiki": "verified"}
    assert "Applied all the same. The Helm release wiki" in str(again["changes"])
    folder = str(person.home / "out")
    assert person("export", *office, "--out", folder).code == 0
    assert len(list(Path(folder).iterdir())) == 2


def test_a_change_can_be_left_out(person: Person) -> None:
    """--without names a finding that the plan does not answer; what is no finding is an error."""
    chosen = ("plan", "--demo", "--resource", "Deployment/shop/web", "-o", "json")
    (whole,) = person(*chosen).json()["changes"]
    first, *others = whole["findings"]
    (rest,) = person(*chosen, "--without", first).json()["changes"]
    assert rest["findings"] == others
    assert "no finding 'nonsense'" in person(*chosen, "--without", "nonsense").one_line(2)


def _written_by_people(objects: Iterable[dict[str, Any]]) -> list[str]:
    """Return the objects without status, and without what controllers make of them in between."""
    made = ("Pod", "ReplicaSet")
    own = (
        each
        for each in objects
        if each["kind"] not in made or not each["metadata"].get("ownerReferences")
    )
    return sorted(json.dumps(essential(each), sort_keys=True) for each in own)


def test_an_undo_can_be_undone(person: Person) -> None:
    """Undo is a change like any other: it stands in the journal and comes back."""
    one = ("--check", "net-no-default-deny-ingress", "--namespace", "shop")
    done = person.approve("apply", "--demo", *one, "-o", "json").json()
    entry = done["changes"][0]["journal"]
    undone = person.approve("journal", "undo", entry, "--demo", "-o", "json").json()
    again = undone["changes"][0]["journal"]
    assert "nothing to take back" in person("journal", "undo", entry, "--demo").one_line(4)
    assert person.approve("journal", "undo", again, "--demo").code == 0
    findings = person("scan", "--demo", *one, "-o", "json").json()["findings"]
    assert not findings


def test_another_plan_than_the_approved_one_is_refused(person: Person) -> None:
    """A digest that is not the plan's stops before anything is written."""
    refused = person("apply", "--demo", "--yes", "--digest", "sha256:" + "0" * 64)
    assert refused.code == 4
    assert "Nothing was done" in refused.err
    assert not (person.home / "state/journal.sqlite").exists()


def test_read_only_writes_nothing(person: Person) -> None:
    """`--read-only` refuses to apply and to undo, with its own words."""
    person.approve("apply", "--demo", "--check", "pss-no-enforce")
    entry = person("journal", "list", "-o", "json").json()[0]["id"]
    before = (person.home / "state/training.json").read_text()
    assert "Read-only" in person("apply", "--demo", "--read-only").one_line(4)
    digest = "sha256:" + "0" * 64
    undo = person("journal", "undo", entry, "--demo", "--read-only", "--yes", "--digest", digest)
    assert undo.code == 4
    assert (person.home / "state/training.json").read_text() == before


def test_apply_without_a_terminal_needs_a_digest(person: Person) -> None:
    """Nothing is applied that nobody has seen: no terminal, no yes, no change."""
    assert "needs --digest" in person("apply", "--demo", "--yes").one_line(2)
    refused = person("apply", "--demo")
    assert refused.code == 4
    assert "Not confirmed" in refused.err


def test_gates(person: Person) -> None:
    """`--fail-on` turns findings into exit code 1, and only those that are bad enough."""
    assert person("scan", "--demo", "--fail-on", "critical").code == 1
    assert person("scan", "--demo", "--area", "images", "--fail-on", "critical").code == 0
    assert person("scan", "--demo", "--fail-on-unknown").code == 0


def test_artefacts_come_with_a_runbook(person: Person) -> None:
    """What is no API object is written as files, and holds no key."""
    folder = person.home / "files"
    assert person("export", "--demo", "--format", "artefacts", "--out", str(folder)).code == 0
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    changes = person("plan", "--demo", "-o", "json").json()["changes"]
    artefacts = sum(change["kind"] == "artefact" for change in changes)
    assert sum(path.name == "RUNBOOK.md" for path in files) == artefacts
    again = person("export", "--demo", "--format", "artefacts", "--out", str(folder))
    assert again.code == 0
    files[0].write_text("mine")
    refused = person("export", "--demo", "--format", "artefacts", "--out", str(folder))
    assert "nothing was written" in refused.one_line(2)
    assert files[0].read_text() == "mine"


THUMBNAILS = ("--demo", "--check", "rt-rofs", "--resource", "Deployment/shop/thumbnails")


def test_a_rollout_that_fails_is_explained_and_can_be_taken_back(person: Person) -> None:
    """The tempting fix: the program's own words, exit code 5, and the command that undoes it."""
    failed = person.approve("apply", *THUMBNAILS, "-o", "json")
    assert failed.code == 5
    document = failed.json()
    jsonschema.validate(document, schema("plan"))
    (change,) = document["changes"]
    assert change["result"] == "failed"
    assert "Read-only file system: /app/cache/" in " ".join(change["warnings"])
    assert list(document["rechecked"].values()) == ["fixed"]
    assert f"journal undo {change['journal']} --demo" in failed.err
    undone = person.approve("journal", "undo", change["journal"], "--demo")
    assert undone.code == 0, undone.err


def test_a_rollout_that_fails_is_taken_back_by_itself_where_one_asked_for_it(
    person: Person,
) -> None:
    """`--auto-undo` ends where the cluster began, and the finding is there again."""
    failed = person.approve("apply", *THUMBNAILS, "--auto-undo", "-o", "json")
    assert failed.code == 5
    document = failed.json()
    assert [change["result"] for change in document["changes"]] == ["undone"]
    assert list(document["rechecked"].values()) == ["still there"]
    states = [e["state"] for e in person("journal", "list", "-o", "json").json()]
    assert states == ["verified", "undone"]


def test_a_rollout_that_is_not_seen_to_its_end_is_not_called_done(person: Person) -> None:
    """After `--timeout` the change stands as applied, with what it still waits for."""
    chosen = ("--demo", "--check", "rt-rofs", "--resource", "Deployment/shop/accounts")
    slow = person.approve("apply", *chosen, "--timeout", "1", "-o", "json")
    assert slow.code == 5
    (change,) = slow.json()["changes"]
    assert change["result"] == "applied"
    assert "still rolling out" in " ".join(change["warnings"])
