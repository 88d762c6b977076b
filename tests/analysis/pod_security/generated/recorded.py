"""What a real API server said of the first generated pods, written down for machines without one.

`make pod-security-fixtures` records anew: the first line says which server that was, and each other
one has a pod, its refusal by either level, empty where it is admitted, and the reasons for which
older versions of the restricted level refuse it, each with the version from which on they hold.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8sharden.analysis.pod_security import Level
from tests.analysis.pod_security.generated.ask import LATEST, ask
from tests.analysis.pod_security.generated.compare import minor
from tests.analysis.pod_security.generated.pods import generated
from tests.servers.control_plane import ControlPlane, Unavailable

Json = dict[str, Any]

FILE = Path(__file__).with_name("recorded.jsonl")
COUNT = 260
LEVELS = (Level.BASELINE, Level.RESTRICTED)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A pod, with the refusals by level, and the reasons by minor version, of restricted."""

    pod: Json
    refusals: Mapping[Level, str]
    older: Mapping[int, str]

    def reasons(self, minor: int) -> str:
        """Return the reasons for which the restricted level of 1.``minor`` refuses the pod."""
        return self.older[max(first for first in self.older if first <= minor)]


def version() -> str:
    """Return the version of the server that was asked."""
    with FILE.open(encoding="utf-8") as lines:
        return str(json.loads(next(lines))["server"])


def recorded() -> Iterator[Recorded]:
    """Yield what was written down."""
    for line in FILE.read_text("utf-8").splitlines()[1:]:
        document = json.loads(line)
        refusals = {Level(level): text for level, text in document["refusals"].items()}
        older = {int(first): text for first, text in document["older"].items()}
        yield Recorded(document["pod"], refusals, older)


def _record(server: ControlPlane) -> Iterator[Json]:
    pods = [generated(number) for number in range(COUNT)]
    now = {level: ask(server, pods, level) for level in LEVELS}
    minors = range(minor(LATEST, server.version))
    older = [ask(server, pods, Level.RESTRICTED, f"v1.{each}") for each in minors]
    yield {"server": server.version}
    for place, pod in enumerate(pods):
        if not any(said[place].invalid for said in now.values()):
            refusals = {level: said[place].refusal for level, said in now.items()}
            reasons = [_reasons(said[place].refusal) for said in older]
            yield {"pod": pod, "refusals": refusals, "older": _changes(reasons)}


def _reasons(refusal: str) -> str:
    """Leave out of a refusal what stands in brackets."""
    return re.sub(r" \([^()]*\)", "", refusal)


def _changes(texts: list[str]) -> dict[int, str]:
    """Return each text that is another one than before it, by its place."""
    return {
        place: text for place, text in enumerate(texts) if not place or texts[place - 1] != text
    }


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
