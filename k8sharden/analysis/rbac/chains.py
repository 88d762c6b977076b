"""How somebody comes to their rights: subject → binding → role → reach, one chain per binding."""

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from k8sharden.analysis.rbac.policy import Grant, Policy
from k8sharden.analysis.rbac.subjects import MASTERS, Identity, identity_of, key, principal
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.analysis.system import is_broad_group
from k8sharden.model import objects as o
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload

_SHOWN = 12


class Chain(NamedTuple):
    """What one binding gives to somebody, and by which of its subjects.

    ``subjects`` are those that stand for who asked: ``ServiceAccount ci/pipeline``, or groups that
    it is in. ``grant`` is None where the group system:masters is what allows: it needs no binding.
    ``missing`` says that the role is not there. ``reach`` holds a rule in words per element.
    """

    subjects: tuple[str, ...]
    grant: Grant | None
    missing: bool
    reach: tuple[str, ...]

    @property
    def where(self) -> str:
        """``everywhere`` or ``in namespace shop``."""
        if self.grant is None or not self.grant.namespace:
            return "everywhere"
        return f"in namespace {self.grant.namespace}"

    @property
    def broad(self) -> bool:
        """Whether everybody has it: it comes by a group such as system:authenticated alone."""
        return all(is_broad_group(name.removeprefix("Group ")) for name in self.subjects)


def chains_of(who: Identity, policy: Policy) -> tuple[Chain, ...]:
    """Return the chains of somebody: what holds everywhere first, then by namespace and binding."""
    own = frozenset(who.principals())
    found = (_chain(grant, own, policy) for grant in policy.grants(who))
    if MASTERS not in who.groups:
        return tuple(found)
    everything = ("everything, before RBAC is asked",)
    return (Chain((f"Group {MASTERS}",), None, missing=False, reach=everything), *found)


def chains_of_workload(workload: Workload, policy: Policy) -> tuple[Chain, ...]:
    """Return the chains of the service account that a workload's pods run under."""
    return chains_of(identity_of(account_under(workload)), policy)


def _chain(grant: Grant, own: frozenset[str], policy: Policy) -> Chain:
    home = grant.namespace
    named = policy.bindings[grant.binding].subjects or ()
    mine = (key(each, home) for each in named if principal(each, home) in own)
    subjects = tuple(dict.fromkeys(mine))
    words = (rule_words(rule, bound_in=grant.namespace) for rule in grant.rules)
    missing = policy.rules(grant.role) is None
    return Chain(subjects, grant, missing, tuple(text for text in words if text))


def rule_words(rule: o.PolicyRule, bound_in: str = "") -> str:
    """Write a rule for people: ``get, list secrets, deployments.apps named a, b``.

    Empty where the rule gives nothing, as one about URLs does that is bound in a namespace.
    """
    verbs = "every verb on" if "*" in (rule.verbs or ()) else _some(rule.verbs)
    if rule.non_resource_urls and not bound_in:
        every = "*" in rule.non_resource_urls
        return f"{verbs} {'every URL' if every else _some(rule.non_resource_urls)}"
    what = _some(_resources(rule))
    if not verbs or not what:
        return ""
    names = f" named {_some(rule.resource_names)}" if rule.resource_names else ""
    return f"{verbs} {what}{names}"


def _resources(rule: o.PolicyRule) -> Iterable[str]:
    """Return resources with their groups, as kubectl writes them: ``deployments.apps``."""
    groups, resources = rule.api_groups or (), rule.resources or ()
    if "*" in groups:
        return ["every resource"] if "*" in resources else resources
    return dict.fromkeys(
        _resource(group, resource) for group, resource in product(groups, resources)
    )


def _resource(group: str, resource: str) -> str:
    if resource == "*":
        return f"every resource of {group or 'the core group'}"
    name, slash, subresource = resource.partition("/")
    return f"{name}.{group}{slash}{subresource}" if group else resource


def _some(words: Iterable[str] | None) -> str:
    """Join words, made safe to show, and only so many as anybody reads."""
    known = list(words or ())
    rest = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(one_line(word, 100) for word in known[:_SHOWN]) + rest
