"""What a real API server said of the first generated pods, written down for machines without one.

`make pod-security-fixtures` records anew: a line for each pod, with what the server said of it at
each policy that it was asked by; an empty text where it admits the pod. The first line says which
server that was.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8sharden.analysis.pod_security import Level
from tests.analysis.pod_security.generated.ask import LATEST, Said, ask
from tests.analysis.pod_security.generated.pods import generated
from tests.servers.control_plane import ControlPlane, Unavailable

Json = dict[str, Any]

FILE = Path(__file__).with_name("recorded.jsonl")
COUNT = 240
OLDER = tuple(f"v1.{minor}" for minor in (0, 8, 18, 19, 21, 22, 23, 24, 25, 27, 29, 31, 32, 34))
"""The versions at which a control appeared or changed, and the last ones before some of these."""

LEVELS = (Level.BASELINE, Level.RESTRICTED)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A pod, with the server's refusals by level and version."""

    pod: Json
    refusals: Mapping[tuple[Level, str], str]


def version() -> str:
    """Return the version of the server that was asked."""
    with FILE.open(encoding="utf-8") as lines:
        return str(json.loads(next(lines))["server"])


def recorded() -> Iterator[Recorded]:
    """Yield what was written down."""
    for line in FILE.read_text("utf-8").splitlines()[1:]:
        document = json.loads(line)
        said = {tuple(policy.split(":")): text for policy, text in document["refusals"].items()}
        by_level = {(Level(level), each): text for (level, each), text in said.items()}
        yield Recorded(document["pod"], by_level)


def older(pods: list[Json]) -> Iterator[tuple[str, list[Json]]]:
    """Yield each older version with its share of pods."""
    for place, each in enumerate(OLDER):
        yield each, pods[place :: len(OLDER)]


def _record(server: ControlPlane) -> Iterator[Json]:
    pods = [generated(number) for number in range(COUNT)]
    said: dict[str, dict[str, Said]] = {pod["metadata"]["name"]: {} for pod in pods}
    asked = [(level, LATEST, pods) for level in LEVELS]
    # The restricted level asks of nearly every control, so it is enough for older versions.
    asked += [(Level.RESTRICTED, each, share) for each, share in older(pods)]
    for level, each, share in asked:
        for pod, answer in zip(share, ask(server, share, level, each), strict=True):
            said[pod["metadata"]["name"]][f"{level}:{each}"] = answer
    yield {"server": server.version}
    for pod in pods:
        answers = said[pod["metadata"]["name"]]
        if not any(answer.invalid for answer in answers.values()):
            yield {"pod": pod, "refusals": {key: each.refusal for key, each in answers.items()}}


def main() -> None:
    """Ask a server of our own, and write down what it says."""
    try:
        with tempfile.TemporaryDirectory() as folder, ControlPlane(Path(folder)) as server:
            lines = [
                json.dumps(each, separators=(",", ":"), ensure_ascii=False)
                for each in _record(server)
            ]
    except Unavailable as unavailable:
        sys.exit(f"Nothing was recorded: {unavailable}")
    FILE.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
