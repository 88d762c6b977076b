"""The runbook for kubelets: one for all nodes concerned, and none where nothing is known."""

from k8sharden.model.change import Change, NoChange
from k8sharden.model.finding import Status
from remediations.runtime import node_version
from tests.remediations import harness

ITEM = node_version.ITEM
FAIL = {path.stem: path for path in harness.fixtures(ITEM.id, "fail")}


def test_all_nodes_concerned_share_one_runbook() -> None:
    """A hundred old nodes are one piece of work, so a plan holds it once."""
    seen = harness.inventory(harness.read(FAIL["kubelets"]))
    answers = [ITEM.remediate(finding, seen) for finding in ITEM.evaluate(seen)]
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
    change = answers[0]
    assert isinstance(change, Change)
    (runbook,) = change.files
    assert "- windows-1: v1.32.4" in runbook.text
    assert "worker-4" not in runbook.text
    assert len(change.warnings) == 1


def test_an_api_server_without_fixes_goes_first() -> None:
    """Bringing kubelets to a version that has ended as well would mend half of it."""
    docs = harness.documents(
        "{apiVersion: tests.k8sharden/v1, kind: Evidence, scannedAt: 1795000000, source: "
        "{kind: cluster, name: books, server_version: v1.33.1}}\n---\n"
        "{apiVersion: v1, kind: Node, metadata: {name: worker-1}, "
        "status: {nodeInfo: {kubeletVersion: v1.33.1}}}"
    )
    change = harness.remedy(ITEM, docs)
    assert isinstance(change, Change)
    assert "upgrade the control plane first" in change.warnings[1]


def test_what_is_not_known_to_be_wrong_gets_no_runbook() -> None:
    """An unknown is a question, and no reason to drain a node."""
    for path in harness.fixtures(ITEM.id, "unknown"):
        seen = harness.inventory(harness.read(path))
        for finding in ITEM.evaluate(seen):
            assert finding.status is Status.UNKNOWN
            answer = ITEM.remediate(finding, seen)
            assert isinstance(answer, NoChange)
            assert finding.message in answer.reason


def test_a_kubelet_known_to_be_old_is_not_called_a_question() -> None:
    """Without the API server's version only the one to go to is missing."""
    seen = harness.inventory(harness.read(FAIL["unknown-server"]))
    (finding,) = ITEM.evaluate(seen)
    answer = ITEM.remediate(finding, seen)
    assert isinstance(answer, NoChange)
    assert answer.reason == "A kubelet goes to the API server's version, and that was not read."
