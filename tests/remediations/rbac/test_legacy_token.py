"""Why a token that never ends is not deleted yet, and what is said where it is."""

from pathlib import Path

import pytest

from k8sharden.model.change import Change, NoChange
from remediations.rbac.legacy_token import ITEM
from tests.remediations import harness
from tests.remediations.harness import Document

SECRETS = harness.read(
    Path(__file__).parent / "fixtures" / "rbac-legacy-token" / "fail" / "secrets.yaml"
)


def answer(docs: list[Document], name: str) -> Change | NoChange:
    """Return what the item answers to its finding on a Secret."""
    seen = harness.inventory(docs)
    finding = next(each for each in ITEM.evaluate(seen) if each.resource.name == name)
    return ITEM.remediate(finding, seen)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("in-use", "It was last used on 2026-11-10."),
        ("some-day", "It was last used on yesterday."),
        ("mounted", "Deployment ci/runner takes its token from this Secret"),
        ("projected", "Deployment ci/runner takes its token from this Secret"),
        ("variable", "Deployment ci/runner takes its token from this Secret"),
    ],
)
def test_its_users_are_named_first(name: str, said: str) -> None:
    """Whoever uses it would stop: the reason says when it was, or which workload it is."""
    found = answer(SECRETS, name)
    assert isinstance(found, NoChange)
    assert said in found.reason


def test_silence_is_no_proof() -> None:
    """A server that never wrote a use down is no sign that there was none."""
    found = answer(SECRETS, "unused")
    assert isinstance(found, Change)
    assert found.warnings[0].startswith("Needs testing")
    assert "Only servers from 1.28 on" in found.warnings[0]


def test_workloads_that_could_not_be_read_may_mount_it() -> None:
    """What was not seen is said, since no pod starts without a Secret that it mounts."""
    secret = next(each for each in SECRETS if each["metadata"]["name"] == "unused")
    unread = {
        "apiVersion": harness.OURS,
        "kind": "Evidence",
        "unread": {"deployments.apps": "forbidden"},
    }
    found = answer([secret, unread], "unused")
    assert isinstance(found, Change)
    assert "deployments.apps of ci may mount it" in found.warnings[-1]
    assert found.warnings[-1].startswith("Needs testing")
