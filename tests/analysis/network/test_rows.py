"""Rows by classes: what is found for all at a time is what `decide` says of each pair."""

from collections.abc import Callable

import pytest

from k8sharden.analysis.network.classes import Classes, classes_of
from k8sharden.analysis.network.decide import Answer, decide
from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.network.policies import policies_of
from k8sharden.analysis.network.rows import Rows, port_classes
from k8sharden.model.inventory import Inventory
from tests.analysis.network.worlds import odd_world, parties, world

SOME_PORTS = (1, 53, 79, 80, 81, 8080, 9000, 9001, 65_535)


def answer(rows: Rows, source: int, target: int, port: int) -> Answer:
    """Return what the rows say of two classes and a class of ports."""
    row = rows.of(source)
    if row.sure[port] >> target & 1:
        return Answer.ALLOWED
    return Answer.UNKNOWN if row.possible[port] >> target & 1 else Answer.DENIED


def ends(inventory: Inventory, classes: Classes) -> list[tuple[int, Party]]:
    """Return every pod with its class, and each class of addresses outside."""
    found = [(classes.of_party(party), party) for party in parties(inventory).values()]
    return found + [(n, classes.groups[n].party) for n in classes.order[""]]


@pytest.mark.parametrize("make", [world, odd_world])
@pytest.mark.parametrize("seed", range(40))
def test_rows_say_what_decide_says_of_each_pair_of_pods(
    make: Callable[[int], Inventory], seed: int
) -> None:
    """Between every two pods of random clusters, and outside, on every kind of port."""
    inventory = make(seed)
    policies = policies_of(inventory)
    classes = classes_of(inventory, policies)
    ports = port_classes(classes)
    rows = Rows(classes, policies, ports)
    for one, source in ends(inventory, classes):
        for other, target in ends(inventory, classes):
            for protocol in ("TCP", "UDP", "SCTP"):
                for port in SOME_PORTS:
                    said = decide(policies, source, target, port, protocol).answer
                    assert answer(rows, one, other, ports.holding(protocol, port)) is said


def test_random_clusters_hold_every_answer() -> None:
    """What is compared is not always the same: all three answers come up often."""
    seen = dict.fromkeys(Answer, 0)
    for make in (world, odd_world):
        for seed in range(10):
            inventory = make(seed)
            policies = policies_of(inventory)
            some = list(parties(inventory).values())
            for source in some:
                for target in some:
                    seen[decide(policies, source, target, 80).answer] += 1
    assert min(seen.values()) > 100
