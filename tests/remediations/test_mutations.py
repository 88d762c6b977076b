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
    "k8sharden.analysis.pod_policies",
    "k8sharden.analysis.network.allows",
    "k8sharden.analysis.network.beyond",
    "k8sharden.analysis.network.calls",
    "k8sharden.analysis.network.dead",
    "k8sharden.analysis.network.decide",
    "k8sharden.analysis.network.doubts",
    "k8sharden.analysis.network.judged",
    "k8sharden.analysis.network.naming",
    "k8sharden.analysis.network.native",
    "k8sharden.analysis.network.needs",
    "k8sharden.analysis.network.parties",
    "k8sharden.analysis.network.policies",
    "k8sharden.analysis.network.rules",
    "k8sharden.analysis.network.units",
    "k8sharden.analysis.rbac.aggregation",
    "k8sharden.analysis.rbac.authorize",
    "k8sharden.analysis.rbac.built_in",
    "k8sharden.analysis.rbac.policy",
    "k8sharden.analysis.rbac.rights",
    "k8sharden.analysis.rbac.subjects",
    "k8sharden.analysis.registries",
    "k8sharden.analysis.rule_text",
    "k8sharden.analysis.selectors",
    "k8sharden.analysis.webhooks",
)
# Frames of several items: the fixtures of these items hold them for the others.
FRAMES = {
    "k8sharden.analysis.host_access": ("pss-host-namespaces",),
    "k8sharden.analysis.node_folders": ("pss-host-path",),
    "k8sharden.analysis.network.cilium": ("net-cilium-mode", "net-l7"),
    "k8sharden.analysis.network.http": ("net-l7",),
    "k8sharden.analysis.network.cni": ("net-cni-unenforced",),
    "k8sharden.analysis.network.defaults": (
        "net-no-default-deny-ingress",
        "net-no-default-deny-egress",
    ),
    "k8sharden.analysis.network.embedded": ("net-cni-unenforced",),
    "k8sharden.analysis.network.isolation": ("net-no-default-deny-ingress",),
    "k8sharden.analysis.network.plugins": ("net-cni-unenforced",),
    "k8sharden.analysis.network.proven": ("net-no-default-deny-ingress",),
    "remediations.network.by_default": (
        "net-no-default-deny-ingress",
        "net-no-default-deny-egress",
    ),
    "k8sharden.analysis.rbac.asked": ("rbac-exec",),
    "k8sharden.analysis.rbac.bindings": ("rbac-exec",),
    "k8sharden.analysis.rbac.everybody": ("rbac-authenticated", "rbac-anonymous"),
    "k8sharden.analysis.rbac.named": (
        "rbac-escalate",
        "rbac-token-create",
        "rbac-csr",
        "rbac-ns-patch",
    ),
    "k8sharden.analysis.rbac.needs": ("rbac-secrets-read",),
    "k8sharden.analysis.rbac.patterns": ("rbac-exec", "rbac-escalate", "rbac-csr", "rbac-ns-patch"),
    "k8sharden.analysis.rbac.powers": (
        "rbac-escalate",
        "rbac-exec",
        "rbac-nodes-proxy",
        "rbac-csr",
        "rbac-ns-patch",
    ),
    "k8sharden.analysis.rbac.purpose": ("rbac-cluster-admin",),
    "k8sharden.analysis.rbac.standing": ("rbac-dangling",),
    "k8sharden.analysis.rbac.tokens": ("rbac-automount", "rbac-dangling"),
    "k8sharden.analysis.rbac.unlimited": ("rbac-cluster-admin",),
    "k8sharden.analysis.rbac.used": ("rbac-exec",),
    "k8sharden.analysis.rbac.workloads": ("rbac-cluster-admin",),
    "k8sharden.analysis.system": ("rbac-cluster-admin",),
}


_FRAMED = (Area.RBAC, Area.NETWORK)


def _holders(item: Item, mutant: Mutant) -> tuple[str, ...]:
    """Return the items whose fixtures have to notice, the first of which brings it to the test."""
    shared = FRAMES.get(mutant.function.__module__) if item.area in _FRAMED else None
    return shared or (item.id,)


def _is_held_elsewhere(item: Item, mutant: Mutant) -> bool:
    known = mutant.function.__module__.startswith(GRAMMARS)
    return known or _holders(item, mutant)[0] != item.id


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
        held = [each for each in OWN if each.id in _holders(item, mutant)]
        noticed = any(map(_is_noticed, held))
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
