"""The frame of the items about dangerous rights: one finding per binding that gives one.

A power is a set of rights, any of which is enough. `judge` finds the bindings that give it;
`remediations/rbac/swap.py` is what answers all of them, since one binding gets one new role.
"""

from collections.abc import Iterator
from typing import Any

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.bindings import found, in_use, subjects_of, who
from k8sharden.analysis.rbac.named import Place, acts, place_of, weighed
from k8sharden.analysis.rbac.needs import usual
from k8sharden.analysis.rbac.patterns import Power, about, held, names_of, words
from k8sharden.analysis.rbac.policy import Policy, Rules, policy_of, role_of
from k8sharden.analysis.rbac.subjects import identity, is_account_group, service_account
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.analysis.rbac.used import used
from k8sharden.analysis.system import is_bootstrap_rbac, is_broad_group
from k8sharden.model import objects as o
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref

FOR_PEOPLE = ("admin", "edit", "view")
"""The ClusterRoles that Kubernetes brings for giving people a namespace of their own."""


def judge(item: Item, power: Power, inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding of ``item`` for each binding that gives its power.

    Roles that allow everything are another item's, and Kubernetes' own roles for people are what
    they are meant for while a RoleBinding keeps people to their namespace.
    """
    policy, minor = policy_of(inventory), minor_of(inventory)
    for ref, binding in in_use(policy):
        role = role_of(ref, binding)
        if is_unlimited(role, policy) or is_for_people(ref, binding, inventory):
            continue
        requests = given_by(ref, power, policy, minor)
        if requests:
            yield _finding(item, power, ref, requests, inventory)


def given(power: Power, rules: Rules, place: Place, beside: Rules = ()) -> tuple[Request, ...]:
    """Return the requests of a power that a role's rules allow in a place; none where it is safe.

    ``beside`` is everything else that the same subjects are allowed, which some powers need.
    """
    if not place.everywhere and power.namespace is None:
        return ()
    if power.whose:
        rules = weighed(rules, (*rules, *beside), place)
    if not power.together:
        return held(power, rules, place.minor, everywhere=place.everywhere)
    both = (*rules, *weighed(about(power, beside), beside, place))
    requests = held(power, both, place.minor, everywhere=place.everywhere)
    return tuple(each for each in requests if any(allows(rule, each) for rule in rules))


def given_by(ref: Ref, power: Power, policy: Policy, minor: int | None) -> tuple[Request, ...]:
    """Return the requests of a power that a binding gives its subjects.

    Where several rights make a power only together, another binding of theirs may give the rest.
    """
    binding = policy.bindings[ref]
    rules = policy.rules(role_of(ref, binding)) or ()
    near = about(power, rules)
    if not near:
        return ()
    others = power.together or (power.whose and acts(near))
    beside = tuple(_allowed(binding, ref, policy, power)) if others else ()
    return given(power, near, place_of(policy, minor, ref.namespace), beside)


def _allowed(binding: o.Binding, ref: Ref, policy: Policy, power: Power) -> Iterator[o.PolicyRule]:
    """Yield everything that the subjects of a binding are allowed, as far as a power asks."""
    for subject in subjects_of(binding):
        where = ref.namespace if power.together else None
        for grant in policy.grants(identity(subject, ref.namespace), where):
            yield from grant.rules


def _finding(
    item: Item, power: Power, ref: Ref, requests: tuple[Request, ...], inventory: Inventory
) -> Finding:
    binding = policy_of(inventory).bindings[ref]
    subjects = subjects_of(binding)
    role = role_of(ref, binding)
    evidence: dict[str, Any] = {"rights": [f"{each.verb} {each.resource}" for each in requests]}
    what = words(requests)
    names = names_of(policy_of(inventory).rules(role) or (), requests)
    if names:
        what += f" named {', '.join(names)}"
        evidence["names"] = names
    # Named objects are few, and what stands in no namespace is nowhere in particular.
    nowhere = not ref.namespace and (names or power.cluster_scoped)
    place = "" if nowhere else f" {where(ref)}"
    said = [f"{who(subjects)} {power.said}{place}, by {role.label}: {what}."]
    need = usual(item.id, ref, subjects, inventory)
    if need:
        said.append(f"It looks like {need}, which often needs this.")
        evidence["looks_like"] = need
    if power.unseen:
        said += [power.unseen] if inventory.facts.usage else []
    elif seen := used(ref, subjects, requests, inventory):
        said.append(seen.words)
        evidence |= seen.evidence
    severity = power.namespace if ref.namespace else power.cluster
    return found(
        item, ref, binding, " ".join(said), inventory, severity=severity, evidence=evidence
    )


def is_for_people(ref: Ref, binding: o.Binding, inventory: Inventory) -> bool:
    """Whether a binding gives people one of Kubernetes' own roles for them, in one namespace."""
    named = role_of(ref, binding)
    role = policy_of(inventory).roles.get(named)
    if not ref.namespace or role is None or named.name not in FOR_PEOPLE:
        return False
    people = not any(_is_machine(each, ref) for each in binding.subjects or ())
    return people and is_bootstrap_rbac(role.metadata)


def _is_machine(subject: o.Subject, ref: Ref) -> bool:
    """Whether a subject is a service account, many of them, or everybody."""
    many = is_account_group(subject.name) or is_broad_group(subject.name)
    return many or service_account(subject, ref.namespace) is not None


def where(ref: Ref) -> str:
    """Say where a binding holds."""
    return f"in namespace {ref.namespace}" if ref.namespace else "in every namespace"


def minor_of(inventory: Inventory) -> int | None:
    """Return the server's minor version; None where it is not known, as in manifests."""
    version = inventory.source.server_version.removeprefix("v").split(".")
    return int(version[1]) if len(version) > 1 and version[1].isdecimal() else None
