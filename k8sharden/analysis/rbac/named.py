"""Names in rules: a right on single objects is as dangerous as these objects are.

Who may only bind `view`, or act as one service account that may do little or make its token, gains
little. Who approves certificates of one signer gains what those open, and a change of a namespace
is authorised in that namespace, where no other name means anything.
Constrained impersonation is asked twice, for whom somebody acts as and for what is done in that
name (`impersonate-on:user-info:list`), so that it is as dangerous as the second.

Source: kubernetes.io, User Impersonation; KEP-5284; RBAC, Privilege escalation prevention;
Certificate Signing Requests (Kubernetes signers; Authorization).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from k8sharden.analysis.rbac.authorize import allows
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.patterns import held, nameless
from k8sharden.analysis.rbac.policy import Policy, Rules
from k8sharden.analysis.rbac.subjects import (
    AUTHENTICATED,
    MASTERS,
    Identity,
    account_of,
    identity_of,
)
from k8sharden.analysis.rbac.unlimited import grants_everything
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.ref import Ref

LOGIN = (
    "kubernetes.io/kube-apiserver-client",
    "kubernetes.io/kube-apiserver-client-kubelet",
    "kubernetes.io/*",
)
"""The signers with whose certificates somebody logs in as a user or a node, as rules name them."""

_ON_ROLES = ("roles", "clusterroles", "*")
_EVERY = ("escalate", "bind", "impersonate", "create", "approve", "update")


class Place(NamedTuple):
    """Where rules hold: on a server of a minor version, everywhere or in one namespace.

    The namespace is empty where it is any one.
    """

    policy: Policy
    minor: int | None
    everywhere: bool = True
    namespace: str = ""

    def dangerous(self, role: Ref) -> bool:
        """Whether a role that is bound here gives any power."""
        asked = (role, self.minor, self.everywhere)
        if asked not in self.policy.known:
            self.policy.known[asked] = self._dangerous(self.policy.rules(role) or ())
        return self.policy.known[asked]

    def _dangerous(self, rules: Rules) -> bool:
        return grants_everything(rules) or any(
            held(power, rules, self.minor, everywhere=self.everywhere)
            for power in POWERS.values()
            if self.everywhere or power.namespace is not None
        )


def place_of(policy: Policy, minor: int | None, namespace: str) -> Place:
    """Return where a binding holds: everywhere where its namespace is empty."""
    return Place(policy, minor, not namespace, namespace)


def weighed(rules: Iterable[o.PolicyRule], beside: Rules, place: Place) -> Rules:
    """Return the rules without the names that are dangerous, and without acting that is harmless.

    ``beside`` is everything that the same subjects are allowed.
    """
    return tuple(_named(_constrained(rule, beside), place) for rule in rules)


def _named(rule: o.PolicyRule, place: Place) -> o.PolicyRule:
    if not rule.resource_names:
        return rule
    bad = any(_is_dangerous(verb, rule, place) for verb in rule.verbs or ())
    return nameless(rule) if bad else rule


def _is_dangerous(verb: str, rule: o.PolicyRule, place: Place) -> bool:
    """Whether a verb is dangerous on what the rule names."""
    match verb:
        case "*":
            return any(_is_dangerous(each, rule, place) for each in _EVERY)
        case "escalate":
            # What a role holds today does not matter where it may be made anything.
            return any(each in _ON_ROLES for each in rule.resources or ())
        case "bind":
            return any(map(place.dangerous, _roles(rule, place)))
        case "approve":
            return any(name in LOGIN for name in rule.resource_names or ())
        case "update" | "patch":
            return _is_here(rule, place)
    acts = verb == "create" or verb.startswith("impersonate")
    return acts and any(_is_worth(who, place) for who in _identities(rule, place))


def _is_here(rule: o.PolicyRule, place: Place) -> bool:
    """Whether a rule names the namespace where it holds, or any where it holds everywhere."""
    about = any(each.partition("/")[0] == "namespaces" for each in rule.resources or ())
    return about and place.namespace in ("", *(rule.resource_names or ()))


def _roles(rule: o.PolicyRule, place: Place) -> Iterator[Ref]:
    """Yield the roles that a rule names."""
    plurals = {"roles": kinds.ROLES.kind, "clusterroles": kinds.CLUSTER_ROLES.kind}
    wanted = {plurals[each] for each in rule.resources or () if each in plurals}
    for name in rule.resource_names or ():
        for ref in place.policy.named(name):
            here = not (place.namespace and ref.namespace) or ref.namespace == place.namespace
            if ref.kind in wanted and here:
                yield ref


def _identities(rule: o.PolicyRule, place: Place) -> Iterator[Identity]:
    """Yield who a rule names."""
    for name in rule.resource_names or ():
        for resource in rule.resources or ():
            if resource == "users":
                account = account_of(name)
                yield (
                    identity_of(account) if account else Identity(name, frozenset({AUTHENTICATED}))
                )
            elif resource == "groups":
                yield Identity("", frozenset({name}))
            elif resource in ("serviceaccounts", "serviceaccounts/token"):
                yield from _accounts(name, place)


def _accounts(name: str, place: Place) -> Iterator[Identity]:
    """Yield the service accounts of a name to which a binding gives something."""
    for account in place.policy.accounts(name):
        if place.namespace in ("", account[0]):
            yield identity_of(account)


def _is_worth(who: Identity, place: Place) -> bool:
    """Whether somebody may do anything dangerous, anywhere."""
    policy, asked = place.policy, (who, place.minor)
    if asked not in policy.known:
        policy.known[asked] = MASTERS in who.groups or any(
            place_of(policy, place.minor, grant.namespace).dangerous(grant.role)
            for grant in policy.grants(who)
        )
    return policy.known[asked]


def _constrained(rule: o.PolicyRule, beside: Rules) -> o.PolicyRule:
    """Return a rule without the modes of impersonation in which nothing dangerous may be done."""
    verbs = [verb for verb in rule.verbs or () if _may_act(verb, beside)]
    return msgspec.structs.replace(rule, verbs=verbs)


def acts(rules: Rules) -> bool:
    """Whether rules allow impersonation in a mode that is asked about twice."""
    return any(verb.startswith("impersonate:") for rule in rules for verb in rule.verbs or ())


def _may_act(verb: str, beside: Rules) -> bool:
    head, colon, mode = verb.partition(":")
    if head != "impersonate" or not colon:
        return True
    return any(
        allows(nameless(rule), request._replace(verb=f"impersonate-on:{mode}:{request.verb}"))
        for power in POWERS.values()
        for pattern in power.rights
        for request in pattern.requests()
        for rule in beside
    )
