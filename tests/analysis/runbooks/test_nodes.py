"""The runbook for kubelets: complete for each distribution, bounded whatever nodes are called."""

import re

import pytest

from k8sharden.analysis.runbooks import nodes

DISTRIBUTIONS = (
    "kubeadm", "kind", "unknown", "k3s", "RKE2", "EKS", "GKE", "AKS", "OpenShift", "Talos",
)  # fmt: skip
SECTIONS = ("Steps", "Verify", "Roll back", "What can go wrong")


def _text(distribution: str, names: dict[str, str]) -> str:
    (file,) = nodes.files(distribution, 36, names)
    assert file.path == "RUNBOOK.md"
    return file.text


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_gets_a_complete_runbook(distribution: str) -> None:
    """Steps in order, how to see that it worked, the way back, and what can go wrong."""
    text = _text(distribution, {"worker-1": "v1.32.4"})
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(SECTIONS)
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 3
    assert text.count("```") % 2 == 0
    assert "- worker-1: v1.32.4" in text
    assert "1.36" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}


def test_the_pods_move_away_before_the_kubelet_is_changed() -> None:
    """Kubernetes does not support it the other way round."""
    text = _text("kubeadm", {"worker-1": "v1.32.4"})
    places = [text.index(word) for word in ("kubectl drain", "kubeadm upgrade node", "uncordon")]
    assert places == sorted(places)


def test_many_nodes_and_hostile_names_stay_within_bounds() -> None:
    """A version is what a kubelet says of itself, and anybody may have written it."""
    text = _text("kubeadm", {f"worker-{n:04}": "v1.32.4\n# rm -rf /" for n in range(2_000)})
    assert "and 1950 more" in text
    assert "\n# rm" not in text
    assert len(text) < 10_000
