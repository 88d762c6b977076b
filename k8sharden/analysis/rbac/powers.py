"""The frame of the items about dangerous rights: one finding per binding that gives one.

A power is a set of rights, any of which is enough. `judge` finds the bindings that give it;
`remediations/rbac/swap.py` is what answers all of them, since one binding gets one new role.
"""

from collections.abc import Iterable, Iterator

import msgspec

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.bindings import found, in_use, subjects_of, who
from k8sharden.analysis.rbac.policy import policy_of, role_of
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.analysis.system import is_bootstrap_rbac
from k8sharden.model import objects as o
from k8sharden.model.finding import Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref

FOR_PEOPLE = ("admin", "edit", "view")
"""The ClusterRoles that Kubernetes brings for giving people a namespace of their own."""


class Pattern(msgspec.Struct, frozen=True):
    """Verbs on resources of one group, each in words with blanks between them.

    ``before`` is the minor version of Kubernetes from which on the verbs do no harm; 0 for never.
    """

    verbs: str
    resources: str
    group: str = ""
    before: int = 0

    def requests(self) -> Iterator[Request]:
        """Yield each verb on each resource, everywhere."""
        for resource in self.resources.split():
            yield from (Request(verb, self.group, resource) for verb in self.verbs.split())


class Power(msgspec.Struct, frozen=True):
    """What a dangerous right is, and how bad it is.

    ``said`` goes on from a subject: ``may run commands in any container``. ``namespace`` is None
    where it does no harm that an item reports, bound in one namespace. Every one of ``rights`` is
    needed where ``together``. With ``by_name`` it counts for single objects, too.
    """

    said: str
    rights: tuple[Pattern, ...]
    cluster: Severity
    namespace: Severity | None = None
    together: bool = False
    by_name: bool = False


def held(power: Power, rules: Iterable[o.PolicyRule], minor: int | None) -> tuple[Request, ...]:
    """Return the requests of a power that the rules allow; none where they do not give it.

    ``minor`` is the server's version, 36; where it is not known, the oldest is assumed.
    """
    known = [_nameless(rule) if power.by_name else rule for rule in rules]
    parts = [
        [each for each in pattern.requests() if any(allows(rule, each) for rule in known)]
        for pattern in power.rights
        if not pattern.before or minor is None or minor < pattern.before
    ]
    if power.together and not all(parts):
        return ()
    return tuple(request for part in parts for request in part)


def _nameless(rule: o.PolicyRule) -> o.PolicyRule:
    return msgspec.structs.replace(rule, resource_names=None)


def words(requests: Iterable[Request]) -> str:
    """Write requests for people: ``get, list secrets; create pods/exec``."""
    verbs: dict[str, list[str]] = {}
    for each in requests:
        what = f"{each.resource}.{each.group}" if each.group else each.resource
        verbs.setdefault(what, []).append(each.verb)
    return "; ".join(f"{', '.join(some)} {what}" for what, some in verbs.items())


def judge(item: Item, power: Power, inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding of ``item`` for each binding that gives its power.

    Roles that allow everything are another item's, and Kubernetes' own roles for people are what
    they are meant for while a RoleBinding keeps people to their namespace.
    """
    policy, minor = policy_of(inventory), minor_of(inventory)
    for ref, binding in in_use(policy):
        severity = power.namespace if ref.namespace else power.cluster
        role = role_of(ref, binding)
        if severity is None or is_unlimited(role, policy) or is_for_people(ref, binding, inventory):
            continue
        requests = held(power, policy.rules(role) or (), minor)
        if requests:
            yield found(
                item,
                ref,
                binding,
                f"{who(subjects_of(binding))} {power.said} {_where(ref)}, by {role.label}: "
                f"{words(requests)}.",
                inventory,
                severity=severity,
                evidence={"rights": [f"{each.verb} {each.resource}" for each in requests]},
            )


def is_for_people(ref: Ref, binding: o.Binding, inventory: Inventory) -> bool:
    """Whether a binding gives people one of Kubernetes' own roles for them, in one namespace."""
    named = role_of(ref, binding)
    role = policy_of(inventory).roles.get(named)
    if not ref.namespace or role is None or named.name not in FOR_PEOPLE:
        return False
    people = all(each.kind != "ServiceAccount" for each in binding.subjects or ())
    return people and is_bootstrap_rbac(role.metadata)


def _where(ref: Ref) -> str:
    return f"in namespace {ref.namespace}" if ref.namespace else "in every namespace"


def minor_of(inventory: Inventory) -> int | None:
    """Return the server's minor version; None where it is not known, as in manifests."""
    version = inventory.source.server_version.removeprefix("v").split(".")
    return int(version[1]) if len(version) > 1 and version[1].isdecimal() else None
