"""What changed workloads leave behind: their templates, and the pods that will be made of them."""

from typing import Any

import pytest

from k8sharden.analysis.pod_security import Level
from k8sharden.analysis.pod_security.projection import projected
from k8sharden.analysis.pod_security.workloads import namespace_level
from k8sharden.model import kinds
from k8sharden.model.change import SetField
from k8sharden.model.edits import edited
from tests.remediations import harness

WEB = kinds.DEPLOYMENTS.ref("shop", "web")
TAME = {
    "securityContext": {"runAsNonRoot": True},
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
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"template": {"spec": TAME}},
}
AFTER = edited(
    DEPLOYMENT,
    [
        SetField(
            ("spec", "template", "spec", "securityContext", "seccompProfile"),
            {"type": "RuntimeDefault"},
        )
    ],
)


def _pod(**spec: Any) -> dict[str, Any]:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "ownerReferences": [owner]},
        "spec": {**TAME, **spec},
    }


@pytest.mark.parametrize(
    ("pod", "rolled", "level"),
    [
        (_pod(), True, Level.RESTRICTED),
        (_pod(), False, Level.BASELINE),
        (_pod(hostNetwork=True), True, Level.PRIVILEGED),
    ],
)
def test_a_rollout_replaces_pods_that_are_as_their_template(
    pod: dict[str, Any], *, rolled: bool, level: Level
) -> None:
    """One that somebody else made worse will be made so again; one that stays counts as it is."""
    seen = harness.inventory([DEPLOYMENT, pod])
    assert namespace_level(seen, "shop") is min(level, Level.BASELINE)
    left = projected(seen, {WEB: AFTER}, {WEB} if rolled else set())
    assert namespace_level(left, "shop") is level


def test_what_does_not_decode_stays_as_it_was() -> None:
    """A value that is no workload any more raises nobody's level."""
    seen = harness.inventory([DEPLOYMENT])
    left = projected(seen, {WEB: {**AFTER, "spec": {"template": 5}}}, {WEB})
    assert namespace_level(left, "shop") is Level.BASELINE


def test_a_pod_on_its_way_out_holds_nothing_back() -> None:
    """No level evicts it, and it does not come again."""
    pod = _pod(hostNetwork=True)
    pod["metadata"]["deletionTimestamp"] = "2026-11-23T05:00:00Z"
    assert namespace_level(harness.inventory([AFTER, pod]), "shop") is Level.RESTRICTED
