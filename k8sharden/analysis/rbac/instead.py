"""Smaller rights in place of a dangerous one: nodes/metrics in place of nodes/proxy.

An audit log does not show that they are needed: a kubelet is asked past the API server. A rule on
every resource is no sign of it either, so only one that names the dangerous right gets them.

Source: KEP-2862 (fine-grained authorization of the kubelet's API).
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.patterns import Pattern, Power, nameless
from k8sharden.analysis.rbac.policy import Rules


def instead(power: Power, rules: Rules, minor: int | None) -> Iterator[Request]:
    """Yield what stands in for a power's rights, for the objects that they were given for.

    ``minor`` is the server's version; where it is not known, only what every version has is given.
    """
    offered = [request for each in power.instead if _is_there(each, minor) for request in _of(each)]
    taken = {request for pattern in power.rights for request in pattern.requests()}
    for rule in rules:
        if "*" in (rule.resources or ()):
            continue
        verbs = {each.verb for each in taken if allows(nameless(rule), each)}
        for name in rule.resource_names or ("",):
            yield from (each._replace(name=name) for each in offered if each.verb in verbs)


def _is_there(pattern: Pattern, minor: int | None) -> bool:
    return not pattern.since or (minor is not None and minor >= pattern.since)


def _of(pattern: Pattern) -> list[Request]:
    return list(pattern.requests())
