"""Missions from the command line: nothing of them is only in the app."""

from pathlib import Path

import pytest

from tests.e2e.run import Person


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty home."""
    return Person(tmp_path)


def test_a_mission_from_the_first_command_to_the_last(person: Person) -> None:
    """List, look, attack, apply, attack again, read: each in a process of its own."""
    assert "rbac" in (listed := person("missions")).out
    assert "Go on with: k8sharden missions show rbac" in listed.err
    assert "1. Find the open door" in person("missions", "show", "rbac").out
    assert person("missions", "finish", "rbac").code == 0
    assert "API_KEY: 14 characters, hidden here" in person("missions", "attack", "rbac").out
    early = person("missions", "finish", "rbac")
    assert (early.code, early.out.splitlines()[0]) == (
        1, "The attack still works, so the fix is not in yet."
    )  # fmt: skip
    fix = ("apply", "--demo", "--resource", "ClusterRoleBinding//ci-pipeline")
    assert person.approve(*fix).code == 0
    assert person("missions", "finish", "rbac").code == 0
    again = person("missions", "attack", "rbac", "-o", "json").json()
    assert again["attack"]["succeeded"] is False
    assert again["outcome"]["done"] is True
    assert person("missions", "finish", "rbac").out.splitlines()[0] == "Mission done."
    (first, *_) = person("missions", "-o", "json").json()
    assert (first["id"], first["state"], first["finished"]) == ("rbac", "done", True)


def test_a_runbook_from_the_command_line(person: Person) -> None:
    """It is carried out on the training cluster, found there by the scan, and taken back."""
    done = person("missions", "carry-out", "audit")
    assert "--audit-policy-file=/etc/kubernetes/audit/policy.yaml" in done.out
    assert _audit_findings(person) == []
    person("missions", "carry-out", "audit").one_line(4)
    assert person("missions", "roll-back", "audit").code == 0
    assert len(_audit_findings(person)) == 1


def _audit_findings(person: Person) -> list[object]:
    scanned = person("scan", "--demo", "--check", "aud-off", "-o", "json")
    assert scanned.code == 0, scanned
    return list(scanned.json()["findings"])


def test_reset_forgets_one_mission(person: Person) -> None:
    """Only the progress goes."""
    person("missions", "finish", "network")
    assert person("missions", "reset", "network").code == 0
    assert all(one["done"] == 0 for one in person("missions", "-o", "json").json())


def test_wrong_words_are_one_line(person: Person) -> None:
    """No such mission, no runbook, an option in the wrong place."""
    assert "There are: rbac, network" in person("missions", "show", "nothing").one_line(2)
    assert "no runbook" in person("missions", "carry-out", "rbac").one_line(2)
    assert "go behind show" in person("missions", "-o", "json", "show", "rbac").one_line(2)
