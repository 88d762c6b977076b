"""What a subject gets where an audit log shows what it uses: that, and nothing else.

Source: kubernetes.io, Auditing; RBAC, Privilege escalation prevention (`bind` and `escalate` stand
in no log).
"""

from collections.abc import Iterable, Iterator

import msgspec

from k8sharden.analysis.rbac.asked import identity_in, is_shown, shows_reads, uses_of
from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.everybody import BASIC
from k8sharden.analysis.rbac.from_use import (
    NAMES,
    NAMESPACES,
    by_namespace,
    is_granted,
    needed,
    requests_of,
)
from k8sharden.analysis.rbac.known import READS, RESOURCES
from k8sharden.analysis.rbac.narrowed import TooWide, requests_in, without
from k8sharden.analysis.rbac.parts import FROM_LOG
from k8sharden.analysis.rbac.policy import Grant, Policy, policy_of
from k8sharden.analysis.rbac.rights import Right
from k8sharden.analysis.rbac.subjects import AUTHENTICATED, is_account_group, service_account
from k8sharden.analysis.rbac.window import ENOUGH, days, length, seldom, words
from k8sharden.analysis.system import is_bootstrap_rbac, is_broad_group
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.text import one_line
from k8sharden.model.usage import Usage, Use
from remediations.rbac.guesses import dangerous, smaller
from remediations.rbac.moves import (
    MOST_NAMESPACES,
    Move,
    Stay,
    allows_everything,
    stays_for_people,
)

_WRITES = ("create", "update", "patch")
_EVERYBODY = (AUTHENTICATED, "system:unauthenticated")
_BLIND = 2
"""How many of the log's blind spots are said beside a change; those that weigh most come first."""

_GRANTING = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")


def shown(subject: o.Subject, grant: Grant, usage: Usage, inventory: Inventory) -> Move | Stay:
    """Return what a subject gets by what the log shows of it."""
    here = grant.namespace
    uses = tuple(
        use
        for use in uses_of(subject, here, inventory)
        if any(is_granted(grant, each) for each in requests_of(use))
    )
    person = service_account(subject, here) is None
    if not uses and person and allows_everything(grant):
        return stays_for_people(subject)
    if not uses and not is_shown(subject, inventory):
        return Stay(
            subject,
            f"{subject.label} stays: the log names nobody's groups, so it cannot show what the "
            "members use. Bind those who need it by name.",
        )
    unseen = () if shows_reads(inventory) else _reads(grant, inventory)
    own = tuple(use for use in uses if not _is_anyway(use, subject, grant, inventory))
    wanted = needed(own, grant, inventory.facts.widen)
    gone = _gone(wanted, inventory)
    there = (each for each in wanted if each.namespace not in gone)
    rules = by_namespace((*there, *unseen, *smaller(grant, inventory)))
    if len(rules) > MOST_NAMESPACES:
        return Stay(
            subject,
            f"{subject.label} used its rights in {len(rules)} namespaces, more than anybody looks "
            f"through roles for: --widen {NAMESPACES} makes one role for all of them.",
        )
    said = (
        *_source(subject, grant, uses, usage, inventory),
        *_limits(uses, wanted, gone, inventory),
    )
    kept = _in_turn(own if _is_anybody(subject) else uses, grant, gone)
    note = ((FROM_LOG, f"What the audit log of {words(usage)} shows; by k8sharden."),)
    return Move(subject, rules, note, said, (*kept, *unseen))


def _in_turn(uses: Iterable[Use], grant: Grant, gone: frozenset[str]) -> tuple[Request, ...]:
    """Return what was used, most used first."""
    most = sorted(uses, key=lambda use: (-use.allowed, use.verb, use.resource, use.name))
    asked = (each for use in most for each in requests_of(use) if is_granted(grant, each))
    return tuple(dict.fromkeys(each for each in asked if each.namespace not in gone))


def _is_anyway(use: Use, subject: o.Subject, grant: Grant, inventory: Inventory) -> bool:
    """Whether a use stays without a rule: the API server's own bindings allow it.

    Of a group that holds anybody, what its members are given under their own names is theirs.
    """
    policy, usage = policy_of(inventory), inventory.facts.usage or Usage()
    broad = _is_anybody(subject)
    who = identity_in(use.user, usage)
    return any(
        is_granted(other, each)
        for other in policy.grants(who)
        if other.binding != grant.binding
        for each in requests_of(use)
        if _stays_put(other, each, policy, broad=broad)
    )


def _stays_put(grant: Grant, asked: Request, policy: Policy, *, broad: bool) -> bool:
    """Whether nobody will take a binding's answer to a request away.

    Of the server's own bindings that is what it made them for; more may have been added since.
    """
    binding = policy.bindings[grant.binding]
    if is_bootstrap_rbac(binding.metadata):
        everybody = any(each.name in _EVERYBODY for each in binding.subjects or ())
        right = Right(**asked._asdict())
        return everybody and any(each.covers(right) for each in BASIC)
    return broad and not any(map(_is_anybody, binding.subjects or ()))


def _is_anybody(subject: o.Subject) -> bool:
    return is_broad_group(subject.name) or is_account_group(subject.name)


def _reads(grant: Grant, inventory: Inventory) -> tuple[Request, ...]:
    """Return what a binding lets its subjects read, but what is dangerous: the log shows no reads.

    Where it allows all groups, those are Kubernetes' own: nobody knows the others by name.
    """
    spelled = [
        o.PolicyRule(list(READS[:1] if "/" in resource else READS), [group], [resource])
        for group in RESOURCES
        if any(is_granted(grant, Request(verb, group, "*", grant.namespace)) for verb in READS)
        for resource in RESOURCES[group]
    ]
    unwanted = dangerous(grant, inventory)
    asks: set[Request] = set()
    for rule in (*spelled, *map(_reading, grant.rules)):
        try:
            left = without([rule], unwanted)
        except TooWide:
            continue
        asks |= {each for some in left for each in requests_in(some)}
    reads = (each._replace(namespace=grant.namespace) for each in asks if each.group != "*")
    return tuple(sorted(each for each in reads if is_granted(grant, each)))


def _reading(rule: o.PolicyRule) -> o.PolicyRule:
    """Return what a rule allows of reading."""
    mine = rule.verbs or ()
    verbs = [verb for verb in READS if verb in mine or "*" in mine]
    return msgspec.structs.replace(rule, verbs=verbs)


def _gone(wanted: Iterable[Request], inventory: Inventory) -> frozenset[str]:
    """Return the namespaces that are gone, or about to go; files need not hold any of them."""
    files = inventory.source.kind is SourceKind.MANIFESTS
    if files or not inventory.entry(kinds.NAMESPACES).complete or not inventory.namespaces:
        return frozenset()
    there = {each.name for each in inventory.namespaces if not each.metadata.deletion_timestamp}
    return frozenset(each.namespace for each in wanted) - there - {""}


def _source(
    subject: o.Subject, grant: Grant, uses: tuple[Use, ...], usage: Usage, inventory: Inventory
) -> Iterator[str]:
    """Say what the role rests on, and what may not have been seen."""
    short = " That is short." if length(usage) < ENOUGH else ""
    if uses:
        count = sum(use.allowed for use in uses)
        requests = "1 request" if count == 1 else f"{count:,} requests"
        yield (
            f"Needs testing: {subject.label} gets what it used in the audit log of {words(usage)}: "
            f"{requests}.{short} What it does more seldom stops with a 403."
        )
    else:
        yield (
            f"Needs testing: {subject.label} used nothing of this in the audit log of "
            f"{words(usage)}.{short} Make sure that nobody needs it before it goes."
        )
    if not shows_reads(inventory):
        yield (
            "Needs testing: the log shows nobody reading, so its policy leaves reads out. Reads "
            "that are not dangerous stay; of custom resources, those that the role names."
        )
    yield from _blind(usage)
    account = service_account(subject, grant.namespace)
    jobs = [each.label for each in seldom(account, usage, inventory)] if account else []
    if jobs:
        more = f" and {len(jobs) - 3} more" if len(jobs) > 3 else ""  # noqa: PLR2004 - shown
        yield (
            f"Needs testing: {', '.join(jobs[:3])}{more} may not have run under it in that time."
        )


def _blind(usage: Usage) -> Iterator[str]:
    """Say what the log cannot show, but its window, which is said before."""
    reading = usage.reading
    if reading.broken or reading.oversized or reading.truncated:
        yield (
            "Needs testing: not all of the log could be read: "
            f"{len(reading.broken)} files do not end well, and of lines, {reading.truncated:,} are "
            f"cut off and {reading.oversized:,} too long. What they show is missing here."
        )
    first, last = days(usage)
    others = [each for each in usage.blind if not (first in each and last in each)]
    if others:
        yield f"What the log does not show: {one_line(' '.join(others[:_BLIND]), 400)}"


def _limits(
    uses: Iterable[Use], wanted: frozenset[Request], gone: frozenset[str], inventory: Inventory
) -> Iterator[str]:
    """Say what the role keeps to, and how to let it be wider."""
    if gone:
        some = one_line(", ".join(sorted(gone)[:5]), 200)
        yield f"It gets nothing in namespaces that are gone: {some}."
    made = {(use.verb, use.resource) for use in uses if use.verb in _WRITES}
    if ("create", "namespaces") in made and NAMESPACES not in inventory.facts.widen:
        yield (
            "Needs testing: it makes namespaces, and gets nothing in those to come: "
            f"--widen {NAMESPACES} gives it the same rights everywhere."
        )
    if any(resource in _GRANTING for _, resource in made):
        yield (
            "Needs testing: it wrote roles or bindings. The API server lets it give away only what "
            "it holds itself, and whether that is enough no log shows."
        )
    if any(each.name for each in wanted) and NAMES not in inventory.facts.widen:
        yield f"Rights on single objects keep to the names seen: --widen {NAMES} lifts that."
