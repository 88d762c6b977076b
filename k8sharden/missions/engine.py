"""Runs missions: what a screen or a command calls. Each outcome is decided by the cluster."""

from pathlib import Path

import msgspec

from k8sharden.errors import InputError
from k8sharden.missions import audit, images, network, pod_security, rbac, runtime, secrets
from k8sharden.missions.model import AttackReport, Line, Mission, Outcome, Step, StepKind
from k8sharden.missions.progress import Progress
from k8sharden.missions.runbook import carry_out_runbook, roll_back_runbook
from k8sharden.missions.training import training_of
from k8sharden.session import Session

MISSIONS: tuple[Mission, ...] = (
    rbac.MISSION,
    network.MISSION,
    pod_security.MISSION,
    images.MISSION,
    secrets.MISSION,
    runtime.MISSION,
    audit.MISSION,
)
"""One mission per area, in the order of the checklist."""

_OPEN = "The attack still works, so the fix is not in yet."
_AGAIN = "The attack works again: the fix was taken back since."


class Standing(msgspec.Struct, frozen=True):
    """How far a mission has come; ``reopened`` where its attack works again after the fix."""

    mission: Mission
    done: int = 0
    reopened: bool = False

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        return self.done == len(self.mission.steps)

    @property
    def step(self) -> Step | None:
        """The step that comes next; None where all are done."""
        return None if self.finished else self.mission.steps[self.done]

    @property
    def words(self) -> str:
        """The state in a few words."""
        words = f"step {self.done + 1} of {len(self.mission.steps)}" if self.done else "not begun"
        if self.finished:
            words = "done"
        return f"{words}; the attack works again" if self.reopened else words


class Ran(msgspec.Struct, frozen=True):
    """An attack's report, and what it means for the step that the mission is at."""

    report: AttackReport
    outcome: Outcome


class Missions:
    """The missions on the training cluster, with the learner's progress.

    Raises `InputError` for a session on any other place.
    """

    def __init__(self, session: Session, state: Path) -> None:
        training_of(session)
        self._session = session
        self._progress = Progress(state)

    def all(self) -> tuple[Standing, ...]:
        """Return every mission with its state, as the cluster is now."""
        return tuple(self.standing(mission.id) for mission in MISSIONS)

    @property
    def next(self) -> Standing | None:
        """The mission to go on with; None where all are done."""
        return next((one for one in self.all() if not one.finished), None)

    def standing(self, name: str) -> Standing:
        """Return one mission with its state. Raises `InputError` for a name that is none."""
        mission = mission_of(name)
        done = min(self._progress.done(name), len(mission.steps))
        fixed = done > mission.place_of(StepKind.FIX)
        return Standing(mission, done, reopened=fixed and self._attack(mission).succeeded)

    def run(self, name: str) -> Ran:
        """Run the attack; where that is what the mission waits for, its step is done by it."""
        standing = self.standing(name)
        report = self._attack(standing.mission)
        return Ran(report, self._judge(standing, report))

    def finish(self, name: str, seen: Step | None = None) -> Outcome:
        """Finish the step that the mission is at, if the cluster agrees.

        ``seen`` is the step before whoever asks: what was finished meanwhile stays finished.
        """
        standing = self.standing(name)
        step = standing.step
        if standing.reopened:
            return self._back(standing)
        if seen and seen in standing.mission.steps[: standing.done] and not seen.runs:
            return Outcome(done=True, words=_FINISHED[seen.kind])
        if step is None:
            return Outcome(done=True, words="This mission is done, and the attack still fails.")
        if step.runs:
            return Outcome(done=False, words="Run the attack first, and see what comes of it.")
        if step.kind is StepKind.FIX:
            report = self._attack(standing.mission)
            if report.succeeded:
                return Outcome(done=False, words=report.waiting or _OPEN)
        return self._on(standing, _FINISHED[step.kind])

    def carry_out(self, name: str) -> tuple[Line, ...]:
        """Carry out the mission's runbook on the training cluster. Raises as that does."""
        return carry_out_runbook(self._session, mission_of(name).check)

    def roll_back(self, name: str) -> tuple[Line, ...]:
        """Take the mission's runbook back. Raises as that does."""
        return roll_back_runbook(self._session, mission_of(name).check)

    def reset(self, name: str) -> None:
        """Forget the progress in one mission; the cluster stays as it is."""
        self._progress.keep(mission_of(name).id, 0)

    def _attack(self, mission: Mission) -> AttackReport:
        return mission.attack(training_of(self._session))

    def _judge(self, standing: Standing, report: AttackReport) -> Outcome:
        step = standing.step
        if standing.reopened:
            return self._back(standing)
        if step is None or not step.runs:
            works = "works" if report.succeeded else "fails"
            return Outcome(done=False, words=f"The attack {works}.")
        if step.kind is StepKind.AGAIN:
            return self._on(standing, "It fails now, and you know what stopped it.")
        if report.succeeded:
            return self._on(standing, "It worked. Nothing in the cluster stood in the way.")
        return self._on(
            standing, "It fails already: the fix is in. Undo it (J, then u) to see it work."
        )

    def _on(self, standing: Standing, words: str) -> Outcome:
        self._progress.keep(standing.mission.id, standing.done + 1)
        return Outcome(done=True, words=words)

    def _back(self, standing: Standing) -> Outcome:
        """Go back to the fix, unless the mission was finished: that stays in the learner's book."""
        mission = standing.mission
        if standing.finished:
            return Outcome(done=False, words=f"{_AGAIN} Begin the mission anew to close it.")
        self._progress.keep(mission.id, mission.place_of(StepKind.FIX))
        return Outcome(done=False, words=f"{_AGAIN} Fix it once more.")


_FINISHED = {
    StepKind.LOOK: "Seen. Now see what it is good for.",
    StepKind.FIX: "The fix is in: the cluster is as it should be. Try the attack again.",
    StepKind.READ: "Mission done.",
}


def mission_of(name: str) -> Mission:
    """Return the mission of an area. Raises `InputError`, naming all, where there is none."""
    found = next((mission for mission in MISSIONS if mission.id == name), None)
    if found is None:
        known = ", ".join(mission.id for mission in MISSIONS)
        raise InputError(f"There is no mission {name[:80]!r}. There are: {known}.")
    return found
