"""The facts of the Runtime screen: pods, and which kubelets they run under."""

import pytest

from k8sharden.model.inventory import Inventory
from screens.runtime import _kubelets
from tests.remediations import harness


def _nodes(*versions: str) -> Inventory:
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"worker-{number}"},
            "status": {"nodeInfo": {"kubeletVersion": version}} if version else None,
        }
        for number, version in enumerate(versions)
    ]
    return harness.inventory(nodes)


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ((), ""),
        (("v1.36.2", "v1.32.4", "v1.36.1"), "; kubelets: 2 of 1.36, 1 of 1.32"),
        (("v1.36.2", ""), "; kubelets: 1 of 1.36, 1 of an unknown version"),
        (
            ("v1.36.0", "v1.36.1", "v1.35.0", "v1.34.0", "v1.33.0", "v1.32.0"),
            "; kubelets: 2 of 1.36, 1 of 1.35, 1 of 1.34, 2 others",
        ),
    ],
)
def test_kubelets_are_counted_by_version(versions: tuple[str, ...], said: str) -> None:
    """Patch versions do not matter, and a line stays a line whatever nodes there are."""
    assert _kubelets(_nodes(*versions)) == said
