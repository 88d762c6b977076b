"""No condition of an item can be turned round without a fixture noticing."""

import pytest

from k8sharden.model.item import Item
from remediations import OWN
from tests.remediations import harness
from tests.remediations.judge import problems
from tests.remediations.mutations import Mutant, mutants

CASES = [
    pytest.param(item, mutant, id=f"{item.id}-{number}-line-{mutant.line}")
    for item in OWN
    for number, mutant in enumerate(mutants(item))
]


@pytest.mark.parametrize(("item", "mutant"), CASES)
def test_a_fixture_notices_a_condition_that_is_turned_round(item: Item, mutant: Mutant) -> None:
    """Had somebody written the opposite, the fixtures of the item would say so."""
    assert _is_noticed(mutant, item), (
        f"line {mutant.line}: `{mutant.condition}` may be its opposite"
    )


@pytest.mark.parametrize("item", OWN, ids=[item.id for item in OWN])
def test_an_item_has_a_condition_to_turn_round(item: Item) -> None:
    """An item without any would find everything or nothing, and have nothing to prove."""
    assert list(mutants(item))


def _is_noticed(mutant: Mutant, original: Item) -> bool:
    changed = mutant.item(original)
    for side in harness.SIDES:
        for path in harness.fixtures(original.id, side):
            try:
                wrong = next(problems(changed, side, harness.read(path)), "")
            except Exception:  # noqa: BLE001 - a mutant that breaks is noticed, however it breaks
                return True
            if wrong:
                return True
    return False
