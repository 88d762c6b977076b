"""Random patch programs end in the same object on both clusters."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.contract.cases.steps import Case, Step
from tests.contract.clusters import Cluster, at
from tests.contract.programs import BASE, PROGRAMS, TARGET
from tests.contract.test_same_answers import told

pytestmark = pytest.mark.real
SHARE = settings(
    max_examples=60,
    deadline=None,  # a server's pauses are no failure
    derandomize=os.environ.get("CI") == "true",
    print_blob=True,  # what reproduces a failure that a random run found
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CREATE = Step("POST", at("deployments.apps", "{ns}"), BASE)


def check(both: tuple[Cluster, Cluster], program: list[Step]) -> None:
    """Run a program on both clusters; every answer and the object at the end must be the same."""
    for step in program:
        note(f"{step.content_type} {step.query}: {step.body}")
    steps = (CREATE, *program, Step("GET", TARGET))
    memory, real = (told(cluster, Case("program", steps, sentences=False)) for cluster in both)
    assert memory == real


@SHARE
@given(program=PROGRAMS)
def test_programs_end_alike(both: tuple[Cluster, Cluster], program: list[Step]) -> None:
    """A seeded share of programs answers and ends alike on both clusters."""
    check(both, program)


@pytest.mark.slow
@settings(SHARE, max_examples=2_000)
@given(program=PROGRAMS)
def test_many_programs_end_alike(both: tuple[Cluster, Cluster], program: list[Step]) -> None:
    """Many more programs do."""
    check(both, program)
