"""Who may do what: the API server's authorizer, the cluster in memory and the evaluator agree.

The sets are made by chance. The evaluator judges them twice: as they were written, where it fills
aggregated roles itself, and as they were read back once the server's controller had filled them.
`make rbac` asks ten thousand questions and prints the figures.
"""

import logging
import time
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from k8sharden.analysis.rbac.authorize import decide
from k8sharden.analysis.rbac.policy import Policy, Rules, policy_of
from k8sharden.analysis.rbac.powers import FOR_PEOPLE
from k8sharden.cluster.connect import connect
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.transport import Request, Transport
from k8sharden.model import kinds
from tests.analysis.rbac.generated.ask import ask, load, settle, until
from tests.analysis.rbac.generated.files import manifests
from tests.analysis.rbac.generated.questions import Question, questions
from tests.analysis.rbac.generated.sets import generated
from tests.cluster.fakes import scan
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real
FIGURES = logging.getLogger("figures")
WHOLE, SHARE, EACH = range(100), range(100, 106), 100
"""The numbers of the sets of roles and bindings, and how many questions there are about each."""

CHANGED = (106, 108)
"""The numbers of sets that lose roles: the second has a ring of aggregated ones."""

TOGETHER = 10
"""Sets that the cluster in memory holds at a time; the real one holds all."""

CONTROLLERS = ("clusterrole-aggregation-controller",)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transport]:
    """A server of its own, whose only controller fills aggregated roles."""
    folder = tmp_path_factory.mktemp("rbac")
    with started(lambda: ControlPlane(folder, controllers=CONTROLLERS)) as server:
        yield connect(kubeconfig=server.kubeconfig()).transport


def compare(real: Transport, numbers: Sequence[int]) -> int:
    """Ask all questions about these sets of everybody, and return how many were compared."""
    begun = time.monotonic()
    sets = {number: generated(number) for number in numbers}
    written = [value for objects in sets.values() for value in objects]
    asked = [each for number in numbers for each in questions(number, sets[number], EACH)]
    memory = MemoryCluster().transport()
    load(memory, written)
    load(real, written)
    settle(real, f"sentinel-{numbers[0]}")
    told = ask(real, asked)
    others = {
        "the cluster in memory": ask(memory, asked),
        "the evaluator, of what was read": _judged(policy_of(scan(real)), asked),
        "the evaluator, of manifests": _judged(policy_of(manifests(written)), asked),
    }
    wrong = [
        f"{who} says {mine}: {question.who}, {question.request}"
        for who, answers in others.items()
        for question, theirs, mine in zip(asked, told, answers, strict=True)
        if theirs is not mine
    ]
    FIGURES.info(
        "%d questions about %d sets, %d of them allowed: %d answers differ, %.1f s",
        len(asked),
        len(numbers),
        sum(told),
        len(wrong),
        time.monotonic() - begun,
    )
    assert not wrong, "\n".join(wrong[:20])
    assert 0.2 < sum(told) / len(told) < 0.8, "questions that all have one answer tell little"
    return len(asked)


def _judged(policy: Policy, asked: Sequence[Question]) -> list[bool]:
    return [decide(policy, each.who, each.request).allowed for each in asked]


def test_a_share_of_the_answers_is_the_servers(real: Transport) -> None:
    """Some hundred questions that `make rbac` does not ask."""
    assert compare(real, SHARE) == len(SHARE) * EACH


@pytest.mark.slow
def test_every_answer_is_the_servers(real: Transport) -> None:
    """Ten thousand questions, about a hundred sets that come into one cluster, ten at a time."""
    parts = (WHOLE[first : first + TOGETHER] for first in range(0, len(WHOLE), TOGETHER))
    assert sum(compare(real, part) for part in parts) == 10_000


@pytest.mark.parametrize("number", CHANGED)
def test_what_a_change_leaves_is_foreseen(real: Transport, number: int) -> None:
    """When roles go that others are filled from, the controller leaves what was said before.

    What goes round in a ring of aggregated roles stays there; other ones lose it.
    """
    objects = generated(number)
    load(real, objects)
    settle(real, f"sentinel-{number}")
    plain = [each["metadata"]["name"] for each in objects if each["kind"] == "ClusterRole"][:3]
    gone = [kinds.CLUSTER_ROLES.ref("", name) for name in plain]
    foreseen = policy_of(scan(real)).changed(dict.fromkeys(gone))
    for ref in gone:
        path = kinds.CLUSTER_ROLES.path(name=ref.name)
        assert real.send(Request("DELETE", path)).status == 200
    until(lambda: _held(policy_of(scan(real))) == _held(foreseen), "roles hold what was foreseen")
    settle(real, f"sentinel-{number}-gone")
    asked = questions(number, objects, EACH)
    assert ask(real, asked) == _judged(foreseen, asked)


def _held(policy: Policy) -> dict[str, list[list[list[str]]]]:
    """Return what the aggregated roles of the sets hold."""
    return {
        ref.name: _words(policy.rules(ref))
        for ref, role in policy.roles.items()
        if role.aggregation_rule and ref.name.startswith("g")
    }


def test_the_built_in_roles_are_the_servers(real: Transport) -> None:
    """What manifests are judged by is what a server holds of its own, once it is filled in."""
    theirs, ours = policy_of(scan(real)), policy_of(manifests([]))
    for name in ("cluster-admin", *FOR_PEOPLE):
        role = kinds.CLUSTER_ROLES.ref("", name)
        assert _words(ours.rules(role)) == _words(theirs.rules(role))


def _words(rules: Rules | None) -> list[list[list[str]]]:
    """Return rules without the order of their words, which means nothing."""
    return sorted(
        [sorted(words or ()) for words in msgspec.structs.astuple(rule)] for rule in rules or ()
    )
