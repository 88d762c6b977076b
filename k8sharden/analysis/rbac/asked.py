"""Who asked in an audit log, and for what, by the subjects that bindings name."""

from collections.abc import Mapping
from typing import cast

from k8sharden.analysis.rbac.subjects import Identity, identity, is_account_group, key
from k8sharden.analysis.system import is_broad_group
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.usage import Usage, Use, has_reads

_Users = Mapping[str, tuple[Use, ...]]


def identity_in(user: str, usage: Usage) -> Identity:
    """Return somebody as the log shows them: with the groups that they are in by what they are."""
    known = identity(o.Subject("User", user))
    return Identity(user, known.groups | frozenset(usage.groups.get(user, ())))


def uses_by_user(inventory: Inventory) -> _Users:
    """Return what each user in the log asked for; nothing without a log."""
    if "uses-by-user" not in inventory.cache:
        found: dict[str, list[Use]] = {}
        for use in inventory.facts.usage.uses if inventory.facts.usage else ():
            found.setdefault(use.user, []).append(use)
        inventory.cache["uses-by-user"] = {user: tuple(uses) for user, uses in found.items()}
    return cast("_Users", inventory.cache["uses-by-user"])


def users_of(subject: o.Subject, home: str, inventory: Inventory) -> tuple[str, ...]:
    """Return the users in the log who are this subject, or in this group."""
    return _by_subject(inventory).get(key(subject, home), ())


def _by_subject(inventory: Inventory) -> Mapping[str, tuple[str, ...]]:
    if "users-by-subject" not in inventory.cache:
        found: dict[str, list[str]] = {}
        usage = inventory.facts.usage
        for user in sorted(uses_by_user(inventory)) if usage else ():
            for subject in identity_in(user, cast("Usage", usage)).subjects():
                found.setdefault(subject, []).append(user)
        inventory.cache["users-by-subject"] = {key: tuple(some) for key, some in found.items()}
    return cast("Mapping[str, tuple[str, ...]]", inventory.cache["users-by-subject"])


def is_shown(subject: o.Subject, inventory: Inventory) -> bool:
    """Whether the log can show what a subject did; False without a log.

    Where it names nobody's groups, it shows of a group only what is in it by what it is: service
    accounts, and everybody.
    """
    usage = inventory.facts.usage
    by_itself = is_account_group(subject.name) or is_broad_group(subject.name)
    return usage is not None and (subject.kind != "Group" or by_itself or usage.names_groups)


def uses_of(subject: o.Subject, home: str, inventory: Inventory) -> tuple[Use, ...]:
    """Return what a subject asked for and was allowed, in the order of the log."""
    known = uses_by_user(inventory)
    users = users_of(subject, home, inventory)
    return tuple(use for user in users for use in known[user] if use.allowed)


def asked_by(label: str, inventory: Inventory) -> tuple[Use, ...]:
    """Return what the subject with this key asked for, allowed or denied."""
    known = uses_by_user(inventory)
    return tuple(use for user in _by_subject(inventory).get(label, ()) for use in known[user])


def shows_reads(inventory: Inventory) -> bool:
    """Whether the log shows anybody reading objects, see `has_reads`; False without a log."""
    if "log-reads" not in inventory.cache:
        usage = inventory.facts.usage
        inventory.cache["log-reads"] = has_reads(usage.uses if usage else ())
    return cast("bool", inventory.cache["log-reads"])
