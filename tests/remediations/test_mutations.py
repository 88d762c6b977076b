"""No condition of an item can be turned round without a fixture noticing."""

import pytest

from k8sharden.model.finding import Area
from k8sharden.model.item import Item
from remediations import OWN
from tests.remediations import harness
from tests.remediations.judge import problems
from tests.remediations.mutations import Mutant, mutants

# Grammars: most of their branches mean nothing to one item, and tests of their own hold them all.
GRAMMARS = (
    "k8sharden.analysis.container_users",
    "k8sharden.analysis.guards",
    "k8sharden.analysis.images",
    "k8sharden.analysis.rbac.authorize",
    "k8sharden.analysis.rbac.policy",
    "k8sharden.analysis.rbac.rights",
    "k8sharden.analysis.rbac.subjects",
    "k8sharden.analysis.registries",
    "k8sharden.analysis.rule_text",
    "k8sharden.analysis.selectors",
    "k8sharden.analysis.webhooks",
)
# Frames of several items of RBAC: the fixtures of one item hold them for the others.
FRAMES = {
    "k8sharden.analysis.rbac.bindings": "rbac-exec",
    "k8sharden.analysis.rbac.powers": "rbac-exec",
    "k8sharden.analysis.rbac.purpose": "rbac-cluster-admin",
    "k8sharden.analysis.rbac.unlimited": "rbac-cluster-admin",
    "k8sharden.analysis.system": "rbac-cluster-admin",
}


def _is_held_elsewhere(item: Item, mutant: Mutant) -> bool:
    module = mutant.function.__module__
    return module in GRAMMARS or (item.area is Area.RBAC and FRAMES.get(module, item.id) != item.id)


CASES = [
    pytest.param(item, mutant, id=f"{item.id}-{number}-{mutant.place}")
    for item in OWN
    for number, mutant in enumerate(mutants(item))
    if not _is_held_elsewhere(item, mutant)
]


@pytest.mark.parametrize(("item", "mutant"), CASES)
def test_a_fixture_notices_a_condition_that_is_turned_round(item: Item, mutant: Mutant) -> None:
    """Had somebody written the opposite, the fixtures of the item would say so."""
    with mutant.active():
        noticed = _is_noticed(item)
    assert noticed, f"{mutant.place}: `{mutant.condition}` may be its opposite"


@pytest.mark.parametrize("item", OWN, ids=[item.id for item in OWN])
def test_an_item_has_a_condition_to_turn_round(item: Item) -> None:
    """An item without any would find everything or nothing, and have nothing to prove."""
    assert list(mutants(item))


def _is_noticed(item: Item) -> bool:
    for side in harness.SIDES:
        for path in harness.fixtures(item.id, side):
            try:
                wrong = next(problems(item, side, harness.read(path)), "")
            except Exception:  # noqa: BLE001 - a mutant that breaks is noticed, however it breaks
                return True
            if wrong:
                return True
    return False
