"""Which Kubernetes versions still get fixes, and how far a kubelet may lag behind the API server.

Sources: the pages of the releases at kubernetes.io/releases and the list of ended ones in its
website's repository (data/releases/eol.yaml), as they stood on 2026-11-23; kubernetes.io, Version
Skew Policy. A provider may go on patching what the project has ended.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

AS_OF = "2026-11-23"
"""The day on which the dates below were looked up."""

ENDS: Mapping[int, str] = {
    24: "2023-07-28",
    25: "2023-10-28",
    26: "2024-02-28",
    27: "2024-07-16",
    28: "2024-10-22",
    29: "2025-02-28",
    30: "2025-07-15",
    31: "2025-11-11",
    32: "2026-02-28",
    33: "2026-06-28",
    34: "2026-10-27",
    35: "2027-02-28",
    36: "2027-06-28",
    37: "2027-10-28",
}
"""The day of its last fixes, for each minor version of Kubernetes 1."""

_OLDEST = min(ENDS)
_SKEW_GREW = 25


def minor(version: str) -> int | None:
    """Return 36 for ``v1.36.2`` and ``v1.36.2+k3s1``; None for what is no version."""
    found = re.match(r"v?1\.(\d{1,3})(?!\d)", version)
    return int(found[1]) if found else None


def ended(release: int, at: float) -> str:
    """Return the day since which a minor version has had no fixes; empty where it still has them.

    ``at`` is the time to judge by, in seconds since 1970. A version that is newer than what is
    known here counts as supported.
    """
    if release < _OLDEST:
        return f"before {ENDS[_OLDEST]}"
    end = ENDS.get(release, "")
    return end if end and end < datetime.fromtimestamp(at, UTC).date().isoformat() else ""


def allowed_skew(kubelet: int) -> int:
    """Return how many minor versions older than the API server a kubelet may be."""
    return 3 if kubelet >= _SKEW_GREW else 2
