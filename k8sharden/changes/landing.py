"""Watch what a change sets going until it lands: rollouts, up to a deadline."""

import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import msgspec

from k8sharden.analysis.rollout import Rollout, Stage, judge
from k8sharden.changes.bind import Bound
from k8sharden.changes.quoted import discreet
from k8sharden.errors import ClusterUnavailable, K8shardenError
from k8sharden.model.change import Patch
from k8sharden.model.kinds import ROLLING
from k8sharden.model.ref import Ref
from k8sharden.model.rolling import Seen

PATIENCE = 300.0
"""Seconds that one rollout may take before nobody waits for it any more."""

BLIND = 60.0
"""Seconds that a rollout may be out of sight; longer than one request that times out."""

POLL = 0.5
"""Seconds between two looks at a rollout."""

Observe = Callable[[Ref], Seen]
"""Looks at a workload and its pods. Raises `K8shardenError` where they cannot be read."""

Tell = Callable[[Ref, Rollout], None]


class Landed(StrEnum):
    """How the watch over a change ended."""

    WELL = "well"
    BADLY = "badly"
    UNKNOWN = "unknown"
    UNWATCHED = "unwatched"


class Landing(msgspec.Struct, frozen=True):
    """How the watch over a change ended, and a sentence where there is something to say.

    ``stay`` names the workloads of which pods of before still run, as where somebody paused them.
    """

    landed: Landed
    said: str = ""
    stay: str = ""


class Watch:
    """Waits for rollouts.

    ``observe`` looks at a workload; ``patience`` is in seconds; ``tell`` is told each stage.
    ``stop`` ends the watch with what is known then; ``hurry`` is for whoever does not want it.
    """

    def __init__(
        self,
        observe: Observe,
        *,
        patience: float = PATIENCE,
        tell: Tell = lambda _ref, _rollout: None,
        stop: Callable[[], bool] = lambda: False,
        hurry: Callable[[], bool] = lambda: False,
    ) -> None:
        self._observe = observe
        self._patience = patience
        self._tell = tell
        self._stop = stop
        self._hurry = hurry

    def look(self, ref: Ref) -> Seen | None:
        """Look at a workload whose template is about to change; None where it is not seen."""
        try:
            return self._observe(ref)
        except K8shardenError:
            return None

    def landing(self, before: Mapping[Ref, Seen | None], about: Sequence[Bound]) -> Landing:
        """Wait until all of them have landed; the first that fails ends it.

        ``about`` are the writes, whose secret values are not told.
        """
        notes = []
        for ref, seen in before.items():
            ended = self._wait(ref, seen, about)
            if ended.landed in (Landed.BADLY, Landed.UNKNOWN):
                return ended
            notes.append(ended)
        said = " ".join(note.said for note in notes)
        unwatched = any(note.landed is Landed.UNWATCHED for note in notes)
        stay = ", ".join(note.stay for note in notes if note.stay)
        return Landing(Landed.UNWATCHED if unwatched else Landed.WELL, said, stay)

    def _wait(self, ref: Ref, before: Seen | None, about: Sequence[Bound]) -> Landing:
        last = time.monotonic()
        deadline = last + self._patience
        while True:
            try:
                rollout = _judged(self._observe(ref), before, about)
                last = time.monotonic()
            except K8shardenError as error:
                passes = isinstance(error, ClusterUnavailable) and time.monotonic() < last + BLIND
                if not passes:
                    said = f"{ref.label} could not be watched to its end: {error}"
                    return Landing(Landed.UNKNOWN, said)
                said = f"it cannot be seen now: {str(error).rstrip('.')}"
                rollout = Rollout(Stage.UNDER_WAY, said)
            self._tell(ref, rollout)
            if rollout.stage is not Stage.UNDER_WAY:
                stay = ref.label if rollout.stay else ""
                return msgspec.structs.replace(_ended(ref, rollout, before), stay=stay)
            if self._hurry():
                said = f"{ref.label}: its rollout was not watched to its end."
                return Landing(Landed.UNWATCHED, said)
            if self._stop() or time.monotonic() > deadline:
                said = f"{ref.label} was still rolling out when the watch ended: {rollout.said}."
                return Landing(Landed.UNKNOWN, said)
            time.sleep(POLL)


def _judged(now: Seen, before: Seen | None, about: Sequence[Bound]) -> Rollout:
    """Judge a rollout in words that hold no secret value: a program's last ones may."""
    rollout = judge(now, before)
    return msgspec.structs.replace(rollout, said=discreet(rollout.said, about))


def rolls(bound: Bound) -> bool:
    """Whether a write changes a template that a controller rolls out."""
    kinds = {(kind.api_version, kind.kind) for kind in ROLLING}
    if not isinstance(bound.write, Patch) or (bound.ref.api_version, bound.ref.kind) not in kinds:
        return False
    return any(field.path[:2] == ("spec", "template") for field in bound.fields)


def _ended(ref: Ref, rollout: Rollout, before: Seen | None) -> Landing:
    if rollout.stage is Stage.FAILED and before is None:
        # Old pods cannot be told from new ones then, and may have been ill for long.
        said = f"{ref.label} could not be looked at before the change, and now: {rollout.said}."
        return Landing(Landed.UNKNOWN, said)
    if rollout.stage is Stage.FAILED:
        return Landing(Landed.BADLY, f"{ref.label} did not roll out: {rollout.said}.")
    if rollout.stage is Stage.LATER:
        return Landing(Landed.WELL, f"{ref.label}: {rollout.said}.")
    said = f"; {rollout.said}" if rollout.said else ""
    return Landing(Landed.WELL, f"{ref.label} rolled out{said}.")
