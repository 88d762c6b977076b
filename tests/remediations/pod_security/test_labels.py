"""A namespace's labels: one patch whichever items ask, and nothing that is guessed."""

from typing import Any

import msgspec
import pytest

from k8sharden.changes.compose import Wanted, compose
from k8sharden.model.change import Change, NoChange
from k8sharden.model.inventory import OddObject
from k8sharden.model.ref import Ref
from remediations.pod_security import NAMESPACES, enforce_raisable, invalid_label, version_stale
from tests.remediations import harness
from tests.remediations.harness import Document

PREFIX = "pod-security.kubernetes.io/"
HARDENED = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "web",
            "image": "web",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}
PLAIN = {"containers": [{"name": "web", "image": "web"}]}


def _docs(spec: Document, **labels: str) -> list[Document]:
    keyed = {f"{PREFIX}{key.replace('_', '-')}": value for key, value in labels.items()}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": keyed}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"template": {"spec": spec}},
        },
    ]


def _answers(docs: list[Document]) -> dict[str, Change | NoChange]:
    seen = harness.inventory(docs)
    return {
        item.id: item.remediate(found, seen) for item in NAMESPACES for found in item.evaluate(seen)
    }


@pytest.mark.parametrize(
    ("spec", "labels", "checks", "after"),
    [
        (
            HARDENED,
            {"enforce": "baseline", "enforce_version": "v1.37", "audit_version": "v1.20"},
            {"enforce-raisable", "version-future", "version-stale", "no-audit"},
            {"enforce": "restricted", "enforce-version": "v1.36"},
        ),
        (
            HARDENED,
            {"enforce": "baseline", "enforce_version": "v1.20", "warn": "audit"},
            {"enforce-raisable", "version-stale", "invalid-label", "no-audit"},
            {"enforce": "restricted", "enforce-version": "v1.36"},
        ),
        (
            PLAIN,
            {"enforce": "privileged", "enforce_version": "1.20", "warn": "none"},
            {"enforce-privileged", "invalid-label", "no-audit"},
            {"enforce": "baseline", "enforce-version": "v1.36"},
        ),
        (
            PLAIN,
            {"enforce": "none", "enforce_version": "v1.40"},
            {"invalid-label", "version-future", "no-audit"},
            {"enforce": "restricted", "enforce-version": "v1.36"},
        ),
    ],
)
def test_all_fixes_of_one_namespace_are_one_patch(
    spec: Document, labels: dict[str, str], checks: set[str], after: dict[str, str]
) -> None:
    """However many items find something, they want the same value of each label."""
    docs = _docs(spec, **labels)
    answers = _answers(docs)
    assert {check.removeprefix("pss-") for check in answers} == checks
    changes = [answer for answer in answers.values() if isinstance(answer, Change)]
    assert len(changes) == len(answers)
    composed, refused = compose([Wanted(each, (each.title,)) for each in changes])
    assert (len(composed), refused) == (1, [])
    fixed = harness.applied(docs, [composed[0].change])
    visible = {"audit": "restricted", "audit-version": "latest", "warn": "restricted"}
    assert {**_labels(fixed), "warn-version": "latest"} == {
        **visible, **after, "warn-version": "latest"
    }  # fmt: skip
    assert _answers(fixed) == {}


def _labels(docs: list[Document]) -> dict[str, Any]:
    found = docs[0]["metadata"]["labels"]
    return {key.removeprefix(PREFIX): value for key, value in found.items()}


def test_a_level_is_never_guessed_from_what_was_not_read() -> None:
    """One odd workload may be the one that a level would refuse."""
    seen = harness.inventory(_docs(HARDENED, enforce="baseline", enforce_version="v1.20"))
    found = next(iter(enforce_raisable.ITEM.evaluate(seen)))
    stale = next(iter(version_stale.ITEM.evaluate(seen)))
    odd = OddObject(Ref("v1", "Pod", "shop", "strange"), "no spec")
    blind = msgspec.structs.replace(seen, odd=(odd,), cache={})
    for answer in (
        enforce_raisable.ITEM.remediate(found, blind),
        version_stale.ITEM.remediate(stale, blind),
    ):
        assert isinstance(answer, NoChange)
        assert "Pod shop/strange could not be read" in answer.reason
    assert list(enforce_raisable.ITEM.evaluate(blind)) == []


def test_a_word_that_is_no_level_becomes_what_is_in_force() -> None:
    """Nothing is lowered behind anybody's back, and who is refused already is named."""
    change = harness.remedy(invalid_label.ITEM, _docs(PLAIN, enforce="Baseline"))
    assert isinstance(change, Change)
    assert _labels(harness.applied(_docs(PLAIN, enforce="Baseline"), [change])) == {
        "enforce": "restricted"
    }
    assert "restricted is enforced now, too" in change.warnings[0]
    assert "Deployment shop/web" in change.warnings[1]
    hardened = harness.remedy(invalid_label.ITEM, _docs(HARDENED, enforce="Baseline"))
    assert isinstance(hardened, Change)
    assert len(hardened.warnings) == 2
    assert hardened.warnings[1].startswith("Undo removes these labels")


def test_what_newer_rules_would_refuse_is_named() -> None:
    """A version is not raised over the head of a pod that runs."""
    probing = {
        "containers": [
            {"name": "web", "image": "web", "livenessProbe": {"httpGet": {"host": "10.0.0.1"}}}
        ]
    }
    docs = _docs(probing, enforce="baseline", enforce_version="v1.30")
    answer = harness.remedy(version_stale.ITEM, docs)
    assert isinstance(answer, NoChange)
    assert (
        "By the rules of v1.36, baseline would refuse pods of Deployment shop/web" in answer.reason
    )
