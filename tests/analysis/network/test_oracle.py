"""The evaluator and an oracle that knows nothing of it agree on random cases.

`make network` asks about all of them and prints the figures.
"""

import logging
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from k8sharden.analysis.network.decide import decide
from k8sharden.analysis.network.parties import Entity, Party, one_pod
from k8sharden.analysis.network.policies import Policies
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from tests.analysis.network import oracle
from tests.analysis.network.cases import case
from tests.analysis.network.oracle import World, answer

FIGURES = logging.getLogger("figures")
CASES, SHARE = range(20_000), range(20_000, 20_600)


def compare(seeds: range) -> None:
    """Ask both about the cases of these seeds, and print how often each answer was given."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        world, asked = case(seed)
        policies = read(world)
        for each in asked:
            source, target = party(each.source), party(each.target)
            found = decide(policies, source, target, each.port, each.protocol)
            said = answer(world, "Egress", each), answer(world, "Ingress", each)
            assert (found.egress.answer, found.ingress.answer) == said, (seed, each, world.policies)
            counts.update(said)
    FIGURES.info("%d cases agree: %s", len(seeds), dict(counts))
    total = sum(counts.values())
    assert min(counts[each] for each in ("allowed", "denied", "unknown")) > total / 50, counts


def read(world: World) -> Policies:
    """Return the policies of a world as a scan would."""
    decoded = [convert(each, n.NetworkPolicy) for each in world.policies]
    found = {kinds.NETWORK_POLICIES.ref(each.namespace, each.name): each for each in decoded}
    return Policies(found, world.namespaces)


def party(end: dict[str, Any]) -> Party:
    """Return an end as the evaluator sees it."""
    if "spec" in end:
        return one_pod(convert(end, o.Pod))
    node = (Entity.NODE,) if "node" in end else ()
    return Party(addresses=tuple(end["addresses"]), node=end.get("node", ""), entities=node)


def test_the_oracle_agrees_on_a_share_of_the_cases() -> None:
    """Some hundred cases that `make network` does not take."""
    compare(SHARE)


@pytest.mark.slow
def test_the_oracle_agrees_on_every_case() -> None:
    """Twenty thousand clusters, and four connections in each."""
    compare(CASES)


def test_the_oracle_knows_nothing_of_the_evaluator() -> None:
    """It imports nothing of what it is to judge."""
    text = Path(oracle.__file__).read_text(encoding="utf-8")
    assert not re.search(r"^\s*(?:from|import) k8sharden", text, re.MULTILINE)
