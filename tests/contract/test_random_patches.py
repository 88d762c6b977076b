"""Random patch programs end in the same object on both clusters."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.contract.cases.steps import Case, Step
from tests.contract.clusters import Cluster, Object, at
from tests.contract.programs import DEPLOYMENT, OTHERS, programs
from tests.contract.test_same_answers import told

pytestmark = pytest.mark.real
SHARE = settings(
    max_examples=60,
    deadline=None,  # a server's pauses are no failure
    derandomize=os.environ.get("CI") == "true",
    print_blob=True,  # what reproduces a failure that a random run found
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
POLICIES = "networkpolicies.networking.k8s.io"
KINDS = (("deployments.apps", DEPLOYMENT), *OTHERS)


def check(both: tuple[Cluster, Cluster], kind: str, base: Object, program: list[Step]) -> None:
    """Run a program on both clusters; every answer and the object at the end must be the same."""
    for step in program:
        note(f"{step.content_type} {step.query}: {step.body}")
    create = Step("POST", at(kind, "{ns}"), base)
    read = Step("GET", at(kind, "{ns}", base["metadata"]["name"]))
    case = Case("program", (create, *program, read), sentences=False)
    memory, real = (comparable(kind, told(cluster, case)) for cluster in both)
    assert memory == real


def comparable(kind: str, answers: list[Any]) -> list[Any]:
    """Leave out what only Go's own types tell apart, and no object that is written or read.

    These are the order of warnings within a value that a patch made and then changed, and the
    generation of policies, which rises when an empty map comes where there was none.
    """
    for _, body, *warnings in answers:
        if kind == POLICIES and isinstance(body, dict):
            body.get("metadata", {}).pop("generation", None)
        for said in warnings:
            said.sort()
    return answers


@SHARE
@given(program=programs("deployments.apps", DEPLOYMENT))
def test_deployments_end_alike(both: tuple[Cluster, Cluster], program: list[Step]) -> None:
    """A seeded share of programs on a Deployment answers and ends alike on both clusters."""
    check(both, "deployments.apps", DEPLOYMENT, program)


@settings(SHARE, max_examples=15)
@given(data=st.data())
@pytest.mark.parametrize(("kind", "base"), OTHERS, ids=[kind for kind, _ in OTHERS])
def test_others_end_alike(
    both: tuple[Cluster, Cluster], kind: str, base: Object, data: st.DataObject
) -> None:
    """So does a share of programs on each other kind that changes touch."""
    check(both, kind, base, data.draw(programs(kind, base)))


@pytest.mark.slow
@settings(SHARE, max_examples=500)
@given(data=st.data())
@pytest.mark.parametrize(("kind", "base"), KINDS, ids=[kind for kind, _ in KINDS])
def test_many_programs_end_alike(
    both: tuple[Cluster, Cluster], kind: str, base: Object, data: st.DataObject
) -> None:
    """So do many more programs."""
    check(both, kind, base, data.draw(programs(kind, base)))
