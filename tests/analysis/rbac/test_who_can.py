"""Who may do something: the same as asking the authorizer about everybody in turn."""

import pytest

from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.analysis.rbac.subjects import MASTERS, Identity, account_of, key, user_of
from k8sharden.analysis.rbac.who_can import who_can
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from tests.analysis.rbac.generated.files import manifests
from tests.analysis.rbac.generated.questions import questions
from tests.analysis.rbac.generated.sets import generated

NOWHERE = ("nodes", "users")
"""Resources without a namespace, in which the generator asks about them all the same."""


@pytest.mark.parametrize("number", range(40))
def test_whoever_is_told_is_who_is_allowed(number: int) -> None:
    """Of each subject, taken alone, the authorizer says the same, in sets made by chance."""
    objects = generated(number)
    inventory = manifests(objects)
    everybody = subjects(inventory)
    for asked in (each.request for each in questions(number, objects, 40)):
        if is_about_one_place(asked):
            told = {each.label for each in who_can(asked, inventory)}
            allowed = {
                label
                for label, who in everybody.items()
                if decide(policy_of(inventory), who, asked).allowed
            }
            assert told == allowed


def is_about_one_place(asked: Request) -> bool:
    """Whether a question is about one object, or one URL: others may be answered in part."""
    one = bool(asked.namespace and asked.name) and asked.resource.partition("/")[0] not in NOWHERE
    return one or bool(asked.path)


def subjects(inventory: Inventory) -> dict[str, Identity]:
    """Return everybody whom a binding names, each in no group but itself."""
    bindings = policy_of(inventory).bindings.items()
    named = {key(each, ref.namespace): each for ref, b in bindings for each in b.subjects or ()}
    return {label: alone(label, each) for label, each in named.items() if each.name != MASTERS}


def alone(label: str, subject: o.Subject) -> Identity:
    """Return a subject as somebody of whom nothing else is known."""
    if subject.kind == "Group":
        return Identity("", frozenset({subject.name}))
    if label.startswith("ServiceAccount "):
        namespace, _, name = label.removeprefix("ServiceAccount ").partition("/")
        return Identity(user_of((namespace, name)))
    assert account_of(subject.name) is None
    return Identity(subject.name)
