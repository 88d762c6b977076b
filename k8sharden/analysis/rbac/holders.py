"""Everybody to whom a binding gives something, worst first: what they may do at the very worst."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from k8sharden.analysis.rbac.bindings import is_own
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.everybody import BASIC, PUBLIC, beyond, shown
from k8sharden.analysis.rbac.named import Place
from k8sharden.analysis.rbac.policy import Policy, policy_of, role_of
from k8sharden.analysis.rbac.powers import given, minor_of
from k8sharden.analysis.rbac.subjects import (
    ANONYMOUS,
    MASTERS,
    UNAUTHENTICATED,
    Identity,
    identity,
    key,
    service_account,
)
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.analysis.system import is_broad_group
from k8sharden.model import objects as o
from k8sharden.model.finding import Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref


class Holder(msgspec.Struct, frozen=True):
    """One subject of bindings. ``severity`` is None where nothing that it holds is dangerous.

    ``worst`` goes on from the subject: ``may read Secrets in namespace shop``. ``system`` is set
    for the cluster's own parts.
    """

    label: str
    who: Identity
    severity: Severity | None
    worst: str
    bindings: tuple[Ref, ...]
    workloads: tuple[Ref, ...]
    system: bool


def holders(inventory: Inventory) -> tuple[Holder, ...]:
    """Return the subjects of all bindings: those of people first, then the cluster's own parts."""
    policy = policy_of(inventory)
    bound: dict[str, tuple[o.Subject, list[Ref]]] = {}
    for ref in sorted(policy.bindings):
        for subject in policy.bindings[ref].subjects or ():
            home = subject.namespace or ref.namespace or None
            whole = msgspec.structs.replace(subject, namespace=home)
            if subject.name != MASTERS:
                bound.setdefault(key(subject, ref.namespace), (whole, []))[1].append(ref)
    worst = _worst_of_each(policy, minor_of(inventory))
    found = [_holder(*each, worst, inventory) for each in bound.values()]
    return tuple(sorted(found, key=_order))


def _order(holder: Holder) -> tuple[bool, int, str]:
    rank = len(Severity) if holder.severity is None else holder.severity.rank
    return holder.system, rank, holder.label


_Worst = tuple[Severity | None, str]


def _holder(
    subject: o.Subject, refs: list[Ref], worst: Mapping[Ref, _Worst], inventory: Inventory
) -> Holder:
    account = service_account(subject)
    under = workloads_under(account, inventory) if account else ()
    graded = (*(worst[ref] for ref in refs), *_for_everybody(subject, refs, inventory))
    severity, said = min(graded, key=_rank)
    once = tuple(dict.fromkeys(refs))
    runs = tuple(work.ref for work in under)
    who = identity(subject)
    return Holder(key(subject), who, severity, said, once, runs, is_own(subject))


def _for_everybody(
    subject: o.Subject, refs: Iterable[Ref], inventory: Inventory
) -> Iterator[_Worst]:
    """Yield what a group of everybody is given beyond what a new cluster gives it: never harmless.

    The graver word is for those who do not even say who they are.
    """
    if not is_broad_group(subject.name):
        return
    nameless = subject.name in (ANONYMOUS, UNAUTHENTICATED)
    allowed = PUBLIC if nameless else BASIC
    bindings = policy_of(inventory).bindings
    for ref in refs:
        words = beyond(ref, bindings[ref], allowed, inventory)
        if words is not None:
            yield Severity.CRITICAL if nameless else Severity.HIGH, f"may {shown(words)}"


def _rank(worst: _Worst) -> int:
    return len(Severity) if worst[0] is None else worst[0].rank


def _worst_of_each(policy: Policy, minor: int | None) -> dict[Ref, _Worst]:
    """Return the worst that each binding gives; what many bindings share is judged once."""
    known: dict[tuple[Ref, bool], _Worst] = {}
    found = {}
    for ref, binding in policy.bindings.items():
        role, wide = role_of(ref, binding), not ref.namespace
        if (role, wide) not in known:
            known[role, wide] = _worst(role, policy, minor, wide=wide)
        severity, said = known[role, wide]
        where = f" in {ref.namespace}" if ref.namespace else ""
        found[ref] = (severity, said + where)
    return found


def _worst(role: Ref, policy: Policy, minor: int | None, *, wide: bool) -> _Worst:
    if is_unlimited(role, policy):
        return (Severity.CRITICAL if wide else Severity.HIGH), "may do everything"
    rules = policy.rules(role)
    if not rules:
        return None, "may do nothing (the role is missing or empty)"
    place = Place(policy, minor, wide, role.namespace)
    graded = [
        (power.cluster if wide else power.namespace or Severity.LOW, power.said)
        for power in POWERS.values()
        if given(power, rules, place)
    ]
    return min(graded, key=_rank, default=(None, "holds nothing dangerous"))
