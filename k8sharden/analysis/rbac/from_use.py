"""Roles from use: the rules that allow what was used, out of what one binding grants, and no more.

Nothing that the binding did not grant comes out, and every request that it did grant does. Two
things are more than was seen: a watch brings its list along, since an informer begins with one, and
a name that passes (of a pod, of a run) is no limit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.known import group_of
from k8sharden.analysis.rbac.merged import merged
from k8sharden.analysis.rbac.names import passes
from k8sharden.analysis.rbac.policy import Grant, Rules
from k8sharden.model.usage import Use

NAMES = "names"
NAMESPACES = "namespaces"
WIDER = (NAMES, NAMESPACES)
"""What a role from use can be told not to keep to."""

_NEVER_NAMED = ("list", "watch", "create", "deletecollection")
"""The verbs that names do not limit: there is no name yet, or the request is about many."""

_TOKEN = "serviceaccounts/token"  # noqa: S105 - a sub-resource
"""What is made under a name that is there: the token of one account is not that of all."""

_CERTIFICATES = "certificates.k8s.io"
_IMPLIED = {
    "certificatesigningrequests/approval": "approve",
    "certificatesigningrequests/status": "sign",
}
"""What the API server asks for beside a write, without an event of its own in the log."""

ByNamespace = Mapping[str, Rules]
"""Rules by the namespace in which they are to hold; those of the empty one hold everywhere."""


def rules_for(uses: Iterable[Use], grant: Grant, widen: Iterable[str] = ()) -> ByNamespace:
    """Return the rules that allow these uses, as far as the binding does.

    ``widen`` says which of `WIDER` the rules are not to keep to.
    """
    return by_namespace(needed(uses, grant, widen))


def needed(uses: Iterable[Use], grant: Grant, widen: Iterable[str] = ()) -> frozenset[Request]:
    """Return the requests that the rules from these uses are to allow."""
    wider = frozenset(widen)
    asked = [each for use in uses if use.allowed for each in requests_of(use)]
    held = [each for request in asked for each in _granted(grant, request)]
    passing = {_place(each) for each in held if _is_passing(each) or NAMES in wider}
    wanted = frozenset(
        each for request in held for each in _general(grant, request, passing, wider)
    )
    return frozenset(_uncovered(wanted))


def by_namespace(requests: Iterable[Request]) -> ByNamespace:
    """Return rules that allow exactly these requests, in order of the namespaces."""
    spaces: defaultdict[str, list[Request]] = defaultdict(list)
    for each in requests:
        spaces[each.namespace].append(each)
    return {space: merged(spaces[space]) for space in sorted(spaces)}


def requests_of(use: Use) -> Iterator[Request]:
    """Yield what a use asked the authorizer for, in the groups of today."""
    request = Request(
        use.verb,
        group_of(use.group, use.resource),
        use.resource,
        use.namespace,
        use.name,
        use.path,
    )
    yield request
    if use.verb == "watch" and not use.path:
        yield request._replace(verb="list")
    if use.group == _CERTIFICATES and use.resource in _IMPLIED and use.verb in ("update", "patch"):
        yield Request(_IMPLIED[use.resource], _CERTIFICATES, "signers")


def is_granted(grant: Grant, request: Request) -> bool:
    """Whether a binding by itself allows a request."""
    if grant.namespace and (request.path or request.namespace != grant.namespace):
        return False
    return any(allows(rule, request) for rule in grant.rules)


def _granted(grant: Grant, request: Request) -> Iterator[Request]:
    """Yield a request as it was granted: for single names where no name is known."""
    if is_granted(grant, request):
        yield request
    elif not request.name and not request.path and _is_of_one(request):
        names = {name for rule in grant.rules for name in rule.resource_names or ()}
        every = (request._replace(name=name) for name in sorted(names))
        yield from (each for each in every if is_granted(grant, each))


def _general(
    grant: Grant, request: Request, passing: set[Request], wider: frozenset[str]
) -> Iterator[Request]:
    """Yield a request without what is no limit to it, as far as the binding grants that."""
    keeps = _is_of_one(request) and _place(request) not in passing
    if NAMESPACES in wider and not grant.namespace:
        request = request._replace(namespace="")
    if not request.name or keeps:
        yield request
    else:
        wide = list(_granted(grant, request._replace(name="")))
        yield from wide or [request]


def _is_of_one(request: Request) -> bool:
    return request.verb not in _NEVER_NAMED or (request.verb, request.resource) == (
        "create",
        _TOKEN,
    )


def _place(request: Request) -> Request:
    """Return what a name stands for one of, whatever the verb."""
    return Request("", request.group, request.resource.partition("/")[0], request.namespace)


def _is_passing(request: Request) -> bool:
    return bool(request.name) and passes(request.group, request.resource, request.name)


def _uncovered(requests: frozenset[Request]) -> Iterator[Request]:
    """Yield the requests that none of the others allows: everywhere covers each namespace."""
    for each in requests:
        wider = {
            each._replace(namespace=space, name=name)
            for space in ("", each.namespace)
            for name in ("", each.name)
        }
        if not (wider - {each}) & requests:
            yield each
