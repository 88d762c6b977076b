"""What the items on the control plane share: whom to ask, and the artefact that answers."""

from collections.abc import Callable, Iterator

from k8sharden.model.change import Change, ChangeKind, File, NoChange, Risk
from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import Inventory

Ask = Callable[[str], str]
"""Returns the provider's command that tells what cannot be seen, for a distribution."""

RESTARTS = "The API server restarts on each control-plane node, one at a time."


def to_know(inventory: Inventory, ask: Ask) -> Iterator[str]:
    """Say what would answer a question that the evidence leaves open."""
    plane = inventory.control_plane
    yield from plane.missing
    if command := ask(plane.distribution):
        yield f"Ask the provider: {command}"


def artefact(
    finding: Finding,
    inventory: Inventory,
    title: str,
    ask: Ask,
    files: Callable[[str], tuple[File, ...]],
    warning: str,
) -> Change | NoChange:
    """Return the files and the runbook for this distribution, or why there are none."""
    distribution = inventory.control_plane.distribution
    if finding.status is Status.UNKNOWN and not ask(distribution):
        return NoChange(f"Not known to be wrong. {finding.message}")
    return Change(
        ChangeKind.ARTEFACT,
        title,
        Risk.RESTART,
        files=files(distribution),
        basis={"distribution": distribution},
        warnings=(RESTARTS, warning),
    )
