"""What a subject gets where no audit log shows what it uses: a guess, and marked as one.

Rights that are dangerous are taken out of a role that says in words what it allows. A role that
allows everything has no such words: what stands in its place is a starting point by what the
service account seems to be for.
"""

from k8sharden.analysis.rbac.apart import apart
from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.instead import instead
from k8sharden.analysis.rbac.merged import merged
from k8sharden.analysis.rbac.named import place_of
from k8sharden.analysis.rbac.narrowed import TooWide, asked_in, requests_in, without
from k8sharden.analysis.rbac.needs import needed
from k8sharden.analysis.rbac.patterns import Power
from k8sharden.analysis.rbac.policy import Grant, Rules, policy_of
from k8sharden.analysis.rbac.powers import given, given_by, minor_of
from k8sharden.analysis.rbac.purpose import Purpose, fine_purpose
from k8sharden.analysis.rbac.subjects import service_account
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from remediations.rbac.moves import (
    Move,
    Stay,
    allows_everything,
)
from remediations.rbac.namespace_admins import shared_admins
from remediations.rbac.starts import account_start, people_start


def guessed(subject: o.Subject, grant: Grant, inventory: Inventory) -> Move | Stay:
    """Return what a subject gets without evidence."""
    account = service_account(subject, grant.namespace)
    binding = policy_of(inventory).bindings[grant.binding]
    if allows_everything(grant) or subject in shared_admins(grant.binding, binding):
        if account is None:
            return people_start(subject, grant)
        return account_start(subject, account, grant, inventory)
    try:
        left = safer(grant, inventory)
    except TooWide as error:
        if account and fine_purpose(account, grant.binding.name, inventory) is not Purpose.OTHER:
            return account_start(subject, account, grant, inventory)
        return Stay(
            subject,
            f"Its role allows {error} as a whole, so nobody can tell what to leave: give an audit "
            "log with --audit-log, which shows what is used.",
        )
    return Move(
        subject,
        {grant.namespace: left} if left else {},
        said=("Needs testing: nobody can tell without an audit log what is really used.",),
        kept=asked_in(left, grant.namespace),
    )


def safer(grant: Grant, inventory: Inventory) -> Rules:
    """Return what a binding gives without what is dangerous, and with what does instead of it.

    Raises `TooWide`.
    """
    rules = grant.rules
    if grant.namespace:
        # A Role holds no URLs, and its binding would give none.
        rules = tuple(rule for rule in rules if not rule.non_resource_urls)
    place = place_of(policy_of(inventory), minor_of(inventory), grant.namespace)
    harmless, others = apart(rules, place)
    left = (*harmless, *without(others, dangerous(grant, inventory)))
    kept = (each for rule in left for each in requests_in(rule))
    return merged([*kept, *smaller(grant, inventory)])


def dangerous(grant: Grant, inventory: Inventory) -> tuple[Request, ...]:
    """Return the dangerous requests that a binding allows where it holds, and seems not to need."""
    worded = not allows_everything(grant)
    return tuple(
        each
        for check, power in POWERS.items()
        if not (worded and needed(check, grant.binding, inventory))
        for each in in_power(power, grant, inventory)
    )


def in_power(power: Power, grant: Grant, inventory: Inventory) -> tuple[Request, ...]:
    """Return the requests of a power that a binding allows where it holds."""
    policy, minor = policy_of(inventory), minor_of(inventory)
    if policy.rules(grant.role) is None:  # In manifests, cluster-admin is not there.
        return given(power, grant.rules, place_of(policy, minor, grant.namespace))
    return given_by(grant.binding, power, policy, minor)


def smaller(grant: Grant, inventory: Inventory) -> tuple[Request, ...]:
    """Return the smaller rights that do what a dangerous one is wanted for.

    Where everything is allowed, nothing says that it was wanted.
    """
    if allows_everything(grant):
        return ()
    minor = minor_of(inventory)
    return tuple(
        each._replace(namespace=grant.namespace)
        for power in POWERS.values()
        if in_power(power, grant, inventory)
        for each in instead(power, grant.rules, minor)
    )
