"""Properties of whole changes on both clusters: to and fro, twice, in any order, and half-way."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sharden.changes.apply import Result
from k8sharden.changes.compare import holds
from k8sharden.changes.plan import Plan
from k8sharden.cluster.api import Api
from k8sharden.cluster.connect import connect
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.transport import Transport
from k8sharden.model.ref import Ref
from k8sharden.places.cluster import ClusterPlace
from k8sharden.session import Session
from tests.changes.faults.killed import Life, Witness, undo_all
from tests.changes.faults.plans import Object, draw, objects, ref_of, refs
from tests.contract.clusters import unique
from tests.servers.control_plane import ControlPlane

EXAMPLES = {"memory": 40, "real": 5}
State = dict[Ref, Object | None]
# Each example works in a namespace of its own, so that one cluster serves them all.
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(scope="module")
def memory() -> Transport:
    """A cluster in memory."""
    return MemoryCluster().transport()


@pytest.fixture(scope="module")
def real(control_plane_with_garbage_collector: ControlPlane) -> Transport:
    """A real one, which lets go of what is deleted."""
    return connect(kubeconfig=control_plane_with_garbage_collector.kubeconfig()).transport


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.real)])
def where(request: pytest.FixtureRequest) -> str:
    """One cluster, then the other."""
    return str(request.param)


@pytest.fixture
def line(where: str, request: pytest.FixtureRequest) -> Transport:
    """The line to it."""
    found: Transport = request.getfixturevalue(where)
    return found


def namespaced(line: Transport) -> tuple[str, Witness]:
    """Make a namespace with objects, and return its name and what looks at them."""
    namespace = unique("whole")
    for each in objects(namespace):
        Api(line).create(each, ref_of(each))
    return namespace, Witness(line, refs(namespace))


@contextmanager
def living(line: Transport) -> Iterator[Life]:
    """Start the program with a journal of its own."""
    with tempfile.TemporaryDirectory() as folder, Life(line, Path(folder)) as life:
        yield life


def hold(where: str, prove: Callable[[Random], None]) -> None:
    """Hold a property for plans that hypothesis chooses, fewer on a real cluster."""
    tried = given(st.randoms(use_true_random=False))(prove)
    settings(max_examples=EXAMPLES[where], suppress_health_check=SHARED)(tried)()


def test_to_and_fro(line: Transport, where: str) -> None:
    """Apply, then undo: every field of every object is as before; so it is the other way round."""

    def prove(random: Random) -> None:
        namespace, cluster = namespaced(line)
        with living(cluster) as life:
            plan = life.plan_of(draw(random, namespace, doomed=False))
            assert set(life.do(plan)) <= {Result.VERIFIED}
            fixed = cluster.look()
            assert set(life.do(undo_all(life))) <= {Result.UNDONE}
            assert cluster.look() == cluster.states[0]
            source = life.place.source()
            again = [entry.id for entry in life.history.entries(source) if entry.undoes]
            assert set(life.do(life.history.undo(again, source))) <= {Result.UNDONE}
            assert cluster.look() == fixed

    hold(where, prove)


def test_twice(line: Transport, where: str) -> None:
    """The same plan again is refused, and a second one changes nothing: not even a default."""

    def prove(random: Random) -> None:
        namespace, cluster = namespaced(line)
        with living(cluster) as life:
            changes = draw(random, namespace, doomed=False)
            plan = life.plan_of(changes)
            life.do(plan)
            written, fixed = len(cluster.accepted), cluster.look()
            assert set(life.do(plan)) <= {Result.FAILED, Result.SKIPPED}
            assert (len(cluster.accepted), cluster.look()) == (written, fixed)
            life.do(life.plan_of([change for change in changes if change.kind == "patch"]))
            assert cluster.look() == fixed

    hold(where, prove)


def test_every_step_was_shown(line: Transport, where: str) -> None:
    """After each write every object is as its plan shows it: before that write, or after it."""

    def prove(random: Random) -> None:
        namespace, cluster = namespaced(line)
        with living(cluster) as life:
            plan = life.plan_of(draw(random, namespace))
            before = cluster.states[0]
            life.do(plan)
            middle = len(cluster.states) - 1
            check_shown(cluster.states[1:], before, plan)
            undo = undo_all(life)
            before = cluster.look()
            life.do(undo)
            check_shown(cluster.states[middle + 1 :], before, undo)

    hold(where, prove)


def check_shown(states: list[State], start: State, plan: Plan) -> None:
    """Hold what was there after each write against what a plan says of each object."""
    after = {bound.ref: bound.after for planned in plan.changes for bound in planned.bound}
    for state in states:
        for ref, value in state.items():
            assert value == start[ref] or (ref in after and _same(value, after[ref])), ref


def _same(value: Object | None, shown: Object | None) -> bool:
    if value is not None and shown is None:
        # It is deleted, and the garbage collector lets go of it a moment later.
        return bool(value["metadata"].get("finalizers") == ["orphan"])
    if value is None or shown is None:
        return value is shown
    body = {key: inner for key, inner in shown.items() if key not in ("metadata", "status")}
    kept = {key: shown["metadata"].get(key) or {} for key in ("labels", "annotations")}
    theirs = {key: value["metadata"].get(key) or {} for key in kept}
    return holds(value, body) and holds(body, _body(value)) and theirs == kept


def _body(value: Object) -> Object:
    return {key: inner for key, inner in value.items() if key != "metadata"}


def test_any_order(line: Transport, where: str, tmp_path: Path) -> None:
    """The plan does not depend on the order of the findings; applied, it leaves none of them."""
    namespace, cluster = namespaced(line)
    place = ClusterPlace(Api(line), "test", namespaces=[namespace])
    session = Session(place, tmp_path)
    scan = session.scan()
    findings = [
        finding
        for finding in scan.findings
        if finding.counts and namespace in (finding.resource.namespace, finding.resource.name)
    ]
    plan = session.plan(scan, findings)
    assert plan.changes

    def prove(random: Random) -> None:
        random.shuffle(findings)
        shuffled = session.plan(scan, findings)
        assert shuffled.digest == plan.digest
        assert [each.change.title for each in shuffled.changes] == [
            each.change.title for each in plan.changes
        ]

    hold(where, prove)
    session.apply(plan, plan.digest)
    fixed = {name for planned in plan.changes if planned.applies for name in planned.findings}
    assert not fixed & {finding.id for finding in session.scan().findings}
    undo = undo_all(session)
    session.apply(undo, undo.digest)
    assert cluster.look() == cluster.states[0]
    session.close()
