"""What often needs a dangerous right keeps it until an audit log shows how much of it."""

from collections.abc import Callable
from typing import Any

import pytest

from k8sharden.model.change import Change, Create, NoChange
from k8sharden.model.item import Item
from remediations.rbac import secrets_read, wildcard
from tests.remediations import harness

Document = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
def docs() -> Callable[[str], list[Document]]:
    """Return how to make a role with every verb on Secrets and Services, for one account."""

    def make(account: str) -> list[Document]:
        head = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": account}}
        rule = {"apiGroups": [""], "resources": ["secrets", "services"], "verbs": ["*"]}
        named = {"apiGroup": RBAC, "kind": "ClusterRole", "name": account}
        subject = {"kind": "ServiceAccount", "namespace": "edge", "name": account}
        return [
            {**head, "kind": "ClusterRole", "rules": [rule]},
            {**head, "kind": "ClusterRoleBinding", "roleRef": named, "subjects": [subject]},
        ]

    return make


def reads_secrets(item: Item, docs: list[Document]) -> bool:
    """Whether the role that an item makes still reads Secrets."""
    answer = harness.remedy(item, docs)
    assert isinstance(answer, Change)
    role = next(each for each in answer.writes if isinstance(each, Create))
    rules = role.manifest["rules"]
    return any("secrets" in each["resources"] and "list" in each["verbs"] for each in rules)


def test_an_ingress_controller_keeps_its_secrets_and_is_told_how_to_do_better(
    docs: Callable[[str], list[Document]],
) -> None:
    """Without them it would serve no certificate; a log, namespaces or names narrow them."""
    answer = harness.remedy(secrets_read.ITEM, docs("traefik"))
    assert isinstance(answer, NoChange)
    assert "an ingress controller" in answer.reason
    assert "--audit-log" in answer.reason


def test_another_items_change_of_the_same_binding_leaves_what_is_needed(
    docs: Callable[[str], list[Document]],
) -> None:
    """Spelling out the verbs of an ingress controller does not take its Secrets away."""
    assert reads_secrets(wildcard.ITEM, docs("traefik"))
    assert not reads_secrets(wildcard.ITEM, docs("web"))
    assert not reads_secrets(secrets_read.ITEM, docs("web"))
