"""Subjects as people type them: a service account, a user, a group, or a workload."""

import re

from k8sharden.analysis.rbac.paths import starts
from k8sharden.analysis.rbac.policy import RBAC, policy_of
from k8sharden.analysis.rbac.subjects import MASTERS, Identity, account_of, by_key
from k8sharden.errors import InputError
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import workloads


def subject_of(words: str, inventory: Inventory) -> Identity | Ref:
    """Return the subject or workload that is meant. Raises `InputError` where there is none.

    ``User ada``, ``User/ada``, ``Group/staff``, ``ServiceAccount/ci/pipeline`` and ``ci/pipeline``,
    the name by which an account asks, a workload as ``KIND/NAMESPACE/NAME``, or a name alone.
    """
    spelled = re.match(r"(User|Group|ServiceAccount)[ /]", words)
    if spelled:
        return _known(by_key(f"{spelled[1]} {words[spelled.end() :]}"), inventory)
    account = account_of(words)
    if account:
        return _known(by_key(f"ServiceAccount {account[0]}/{account[1]}"), inventory)
    match words.split("/"):
        case [kind, _, _] if kind in {each.kind for each in kinds.WORKLOADS}:
            return workload_of(words, inventory)
        case [_, _]:
            return _known(by_key(f"ServiceAccount {words}"), inventory)
    policy = policy_of(inventory)
    named = [key for key in (f"User {words}", f"Group {words}") if policy.names(key)]
    if len(named) > 1:
        raise InputError(f"{words!r} is a user and a group: write 'User NAME' or 'Group NAME'.")
    return _known(by_key(named[0] if named else f"User {words}"), inventory)


def _known(who: Identity, inventory: Inventory) -> Identity:
    """Refuse somebody whom nothing names, since no path from nobody would look like good news."""
    account = account_of(who.user)
    there = {(each.namespace, each.name) for each in inventory.objects.get(_ACCOUNTS, ())}
    everybody = set(starts(inventory, system=True))
    sure = all(inventory.entry(kind).complete for kind in (*RBAC, kinds.SERVICE_ACCOUNTS))
    named = who in everybody or account in there or MASTERS in who.groups
    if sure and not named:
        raise InputError(
            f"No binding names {one_line(who.label, 200)}, and nothing runs under that name: check "
            "how it is spelled."
        )
    return who


_ACCOUNTS = kinds.SERVICE_ACCOUNTS.key


def workload_of(words: str, inventory: Inventory) -> Ref:
    """Return the workload ``KIND/NAMESPACE/NAME``. Raises `InputError` where there is none."""
    for each in workloads(inventory):
        if f"{each.ref.kind}/{each.ref.namespace}/{each.ref.name}" == words:
            return each.ref
    raise InputError(
        f"There is no workload {words!r} in {inventory.source.name}: name the top owner of the "
        "pods as KIND/NAMESPACE/NAME."
    )
