"""Somebody who goes through missions on a fresh training cluster."""

import time
from pathlib import Path

from k8sharden.changes.apply import Result
from k8sharden.changes.plan import Plan
from k8sharden.missions import Mission, Missions, Outcome, StepKind
from k8sharden.missions.training import training_of
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session

GOOD = {Result.VERIFIED, Result.UNDONE}


class Learner:
    """A learner with a state folder, in which the next start finds what was kept."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.session = Session(TrainingPlace(state), state)
        self.missions = Missions(self.session, state)

    def again(self) -> "Learner":
        """Leave, and start anew."""
        self.session.close()
        return Learner(self.state)

    def reaches(self, mission: Mission, kind: StepKind) -> None:
        """Go through a mission up to a step, as it asks for."""
        while (step := self.missions.standing(mission.id).step) and step.kind is not kind:
            assert self.does(mission).done, step.kind

    def does(self, mission: Mission) -> Outcome:
        """Do the step that a mission is at."""
        step = self.missions.standing(mission.id).step
        assert step is not None
        if step.runs:
            return self.missions.run(mission.id).outcome
        if step.kind is StepKind.FIX:
            self.fixes(mission)
        return self.missions.finish(mission.id)

    def fixes(self, mission: Mission) -> None:
        """Answer the mission's finding, and let a rollout end."""
        self.applies(mission)
        self._waits(mission, works=False)

    def applies(self, mission: Mission) -> None:
        """Answer the mission's finding, by a plan or by its runbook."""
        if mission.steps[mission.place_of(StepKind.FIX)].runbook:
            self.missions.carry_out(mission.id)
            return
        scan = self.session.scan()
        found = [
            finding
            for finding in scan.findings
            if finding.check == mission.check and finding.resource == mission.target
        ]
        self._apply(self.session.plan(scan, found))

    def takes_back(self, mission: Mission) -> None:
        """Undo the mission's fix."""
        if mission.steps[mission.place_of(StepKind.FIX)].runbook:
            self.missions.roll_back(mission.id)
            return
        source = self.session.place.source()
        newest = self.session.history.entries(source)[0]
        self._apply(self.session.history.undo([newest.id], source))
        self._waits(mission, works=True)

    def _waits(self, mission: Mission, *, works: bool) -> None:
        """Let a rollout end, which is what decides on an attack that runs in pods."""
        limit = time.monotonic() + 60
        while mission.attack(training_of(self.session)).succeeded is not works:
            assert time.monotonic() < limit
            time.sleep(0.1)

    def _apply(self, plan: Plan) -> None:
        outcomes = self.session.apply(self.session.review(plan), plan.digest)
        assert {outcome.result for outcome in outcomes} <= GOOD
