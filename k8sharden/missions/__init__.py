"""Missions: guided ways through the seven areas on the training cluster.

See the attack work, fix it, see it fail, read why. The prose beside the steps is that of the
catalogue's lessons; whether a step is done is asked of the cluster, never of a flag.
"""

from k8sharden.missions.engine import MISSIONS, Missions, Ran, Standing, mission_of
from k8sharden.missions.model import (
    AttackReport,
    Line,
    LineKind,
    Mission,
    Outcome,
    Step,
    StepKind,
)

__all__ = [
    "MISSIONS",
    "AttackReport",
    "Line",
    "LineKind",
    "Mission",
    "Missions",
    "Outcome",
    "Ran",
    "Standing",
    "Step",
    "StepKind",
    "mission_of",
]
