"""Conditions of a status: one of a type, with the time at which it last turned."""

from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.simulation.world import World


def find(value: Object, name: str) -> Object:
    """Return a condition of an object's status; empty where there is none."""
    found = (value.get("status") or {}).get("conditions") or ()
    return next((each for each in found if each["type"] == name), {})


def condition(
    world: World, old: Object, name: str, reason: str, message: str, *, true: bool
) -> Object:
    """Return a condition; it keeps the time of its last turn while its status stays."""
    status = str(true)
    turned = old.get("lastTransitionTime") if old.get("status") == status else None
    return {
        "type": name,
        "status": status,
        "lastTransitionTime": turned or world.time,
        "reason": reason,
        "message": message,
    }
