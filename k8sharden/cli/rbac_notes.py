"""What stands in no role and no binding, said beside every answer about rights."""

from k8sharden.model.inventory import Inventory, SourceKind

MASTERS = "Members of the group system:masters may do everything: no binding shows who they are."


def notes(inventory: Inventory) -> tuple[str, ...]:
    """Return what the roles and bindings that were read cannot tell, a sentence each."""
    found = [MASTERS]
    if inventory.control_plane.managed:
        where = inventory.control_plane.distribution
        found.append(f"On {where} the cloud's own access management may allow more: look there.")
    if inventory.source.kind is SourceKind.MANIFESTS:
        found.append("What a cluster holds beside these files may allow more.")
    return tuple(found)
