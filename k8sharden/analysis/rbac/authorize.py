"""Whether a request is allowed, and by which binding: as the API server's RBAC authorizer decides.

Other authorizers (Node, webhooks, a cloud's IAM) are asked beside it and are not seen here.
"""

from collections.abc import Iterable
from typing import NamedTuple

from k8sharden.analysis.rbac.policy import Grant, Policy
from k8sharden.analysis.rbac.subjects import MASTERS, Identity
from k8sharden.model import objects as o


class Request(NamedTuple):
    """What is asked for: a verb on a resource, or on a URL where ``path`` is set.

    ``resource`` has its subresource with it: ``pods/log``. An empty ``namespace`` means all of
    them, or that the resource has none; an empty ``name`` means all objects, or a new one.
    """

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


class Decision(NamedTuple):
    """The answer, and the binding that allows; None where the group system:masters does."""

    allowed: bool
    grant: Grant | None = None


def decide(policy: Policy, who: Identity, request: Request) -> Decision:
    """Decide on one request."""
    if MASTERS in who.groups:
        return Decision(allowed=True)
    # A URL is in no namespace, whatever else a request says.
    for grant in policy.grants(who, "" if request.path else request.namespace):
        if any(allows(rule, request) for rule in grant.rules):
            return Decision(allowed=True, grant=grant)
    return Decision(allowed=False)


def allows(rule: o.PolicyRule, request: Request) -> bool:
    """Whether one rule allows a request."""
    if not _any(rule.verbs, request.verb):
        return False
    if request.path:
        return any(_url(mine, request.path) for mine in rule.non_resource_urls or ())
    return (
        _any(rule.api_groups, request.group)
        and any(_resource(mine, request.resource) for mine in rule.resources or ())
        and (not rule.resource_names or request.name in rule.resource_names)
    )


def _any(mine: Iterable[str] | None, word: str) -> bool:
    return any(each in ("*", word) for each in mine or ())


def _resource(mine: str, asked: str) -> bool:
    if mine in ("*", asked):
        return True
    _, slash, subresource = asked.partition("/")
    return bool(slash) and mine == f"*/{subresource}"


def _url(mine: str, path: str) -> bool:
    return mine in ("*", path) or (mine.endswith("*") and path.startswith(mine.rstrip("*")))
