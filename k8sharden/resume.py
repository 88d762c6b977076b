"""Where one stopped, per cluster: a small file in the state folder, for comfort only.

It is never needed: what is broken, too large or of another version is as if nothing was kept, and
a folder that cannot be written loses a cursor, never work.
"""

import contextlib
from pathlib import Path

import msgspec

from k8sharden.model.decoding import decode

VERSION = 1
LARGEST = 4 * 2**20
"""Bytes; fifty clusters with a thousand marks each have about a million."""

_CLUSTERS = 50
_MARKS = 5_000
_LONGEST = 500


class Spot(msgspec.Struct, frozen=True):
    """An area by its word, the finding under the cursor, the filter, and what was marked."""

    area: str = ""
    finding: str = ""
    query: str = ""
    marks: tuple[str, ...] = ()


class _Kept(msgspec.Struct, frozen=True):
    version: int
    clusters: dict[str, Spot]


def spot(state: Path, cluster: str) -> Spot:
    """Return where one stopped with this cluster, by its uid; an empty spot where nothing is."""
    return _load(state).get(cluster, Spot()) if cluster else Spot()


def keep(state: Path, cluster: str, here: Spot) -> None:
    """Write it down, whole or not at all; the clusters visited last are kept."""
    if not cluster:
        return
    bounded = Spot(
        here.area[:_LONGEST], here.finding[:_LONGEST], here.query[:_LONGEST], here.marks[:_MARKS]
    )
    others = {name: known for name, known in _load(state).items() if name != cluster}
    newest = dict([*others.items(), (cluster, bounded)][-_CLUSTERS:])
    fresh = _file(state).with_suffix(".new")
    with contextlib.suppress(OSError):
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(_Kept(VERSION, newest)))
        fresh.replace(_file(state))


def _file(state: Path) -> Path:
    return state / "resume.json"


def _load(state: Path) -> dict[str, Spot]:
    try:
        with _file(state).open("rb") as stream:
            kept = decode(stream.read(LARGEST), _Kept)
    except (OSError, ValueError, RecursionError):
        return {}
    return kept.clusters if kept.version == VERSION else {}
