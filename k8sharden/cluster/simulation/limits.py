"""How far a rolling update may go beyond the wanted number of pods, and below it."""

import re

from k8sharden.cluster.memory.store import Object

MOST_PODS = 330
"""What a workload gets at most, whatever it asks for: three nodes take 110 pods each."""


def limits(rolling: Object | None, wanted: int) -> tuple[int, int]:
    """Return how many pods may be too many and too few during a rollout."""
    rolling = rolling or {}
    surge = share(rolling.get("maxSurge", "25%"), wanted, up=True)
    missing = share(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    return surge, missing if surge or missing else 1


def share(value: int | str, wanted: int, *, up: bool) -> int:
    """Return a number, or a percentage of the wanted pods rounded up or down."""
    if isinstance(value, int):
        return value
    found = re.fullmatch(r"(\d{1,4})%", value)
    number = int(found[1]) * wanted if found else 0
    return -(-number // 100) if up else number // 100
