"""What one event says of the rights that were asked for, and whether they were there.

Sources: kubernetes.io, Auditing (stages; the annotation ``authorization.k8s.io/decision``) and User
Impersonation; k8s.io/apiserver v1.36, pkg/endpoints/handlers (a PUT or an apply that makes the
object needs ``create`` as well) and pkg/audit (the server fills in the name of a new object).
"""

from collections.abc import Iterator
from typing import NamedTuple

from k8sharden.evidence.event import Event, Impersonated, User

_ENDED = ("ResponseComplete", "Panic")
_STARTED = "ResponseStarted"
_CREATED = 201
_FORBIDDEN = 403
_UNDECIDED = (401, 429)
"""Answers of what comes before the authorizer: no identity, or too many requests."""

_EVERYBODY = ("system:authenticated", "system:unauthenticated")
_ACCOUNT = "system:serviceaccount:"
_ACCOUNTS = "system:serviceaccounts"
_AUTHENTICATION = "authentication.k8s.io"
_NODE = "system:node:"


class Asked(NamedTuple):
    """One right that was asked for, in the words of `k8sharden.model.usage.Use`."""

    user: str
    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def allowed(event: Event) -> bool | None:
    """Whether the request was allowed; None where the authorizer never said, or not yet.

    A 403 that was allowed is admission's: the right was used. So it was by what failed otherwise.
    """
    if event.stage not in _ENDED and event.stage != _STARTED:
        return None
    if event.annotations and event.annotations.decision:
        return event.annotations.decision == "allow"
    code = (event.response_status.code if event.response_status else 0) or 0
    return None if code in _UNDECIDED else code != _FORBIDDEN


def started(event: Event) -> bool:
    """Whether the answer has only begun: a watch, which comes a second time when it ends."""
    return event.stage == _STARTED


def own(event: Event) -> Asked:
    """Return what was asked for by the request itself, by whom somebody asked as."""
    verb, about = event.verb or "", event.object_ref
    user = _name(event.impersonated_user) or _name(event.user)
    if about is None or not about.resource:
        return Asked(user, verb, path=(event.request_uri or "").partition("?")[0])
    resource = about.resource
    if about.subresource:
        resource = f"{resource}/{about.subresource}"
    # The authorizer is not told what a new object will be called.
    name = "" if verb == "create" and not about.subresource else about.name or ""
    return Asked(user, verb, about.group or "", resource, about.namespace or "", name)


def beside(event: Event, asked: Asked) -> Iterator[Asked]:
    """Yield the rights that the request took beside its own; they were there, also if that failed.

    An event names somebody as impersonated only where that was allowed.
    """
    made = event.response_status is not None and event.response_status.code == _CREATED
    if made and asked.verb in ("update", "patch") and "/" not in asked.resource:
        yield asked._replace(verb="create", name="")
    if event.impersonated_user and event.impersonated_user.username:
        yield from _impersonating(event, event.impersonated_user, asked)


def _name(user: User | Impersonated | None) -> str:
    return (user.username if user else "") or ""


def _impersonating(event: Event, other: Impersonated, asked: Asked) -> Iterator[Asked]:
    """Yield what it takes to ask as somebody else; groups that come by themselves take nothing."""
    real, mode = _name(event.user), event.authentication_metadata
    constraint = (mode.constraint if mode else "") or ""
    verb, home = constraint or "impersonate", _AUTHENTICATION if constraint else ""
    if constraint:
        on = f"impersonate-on:{constraint.partition(':')[2]}:{asked.verb}"
        yield asked._replace(user=real, verb=on)
    name = other.username or ""
    namespace, _, account = name.removeprefix(_ACCOUNT).partition(":")
    if name.startswith(_ACCOUNT) and account:
        yield Asked(real, verb, home, "serviceaccounts", namespace, account)
    elif constraint and name.startswith(_NODE):
        yield Asked(real, verb, home, "nodes", "", name.removeprefix(_NODE))
    else:
        yield Asked(real, verb, home, "users", "", name)
    for group in other.groups or ():
        if group not in _EVERYBODY and not _comes_with(group, name):
            yield Asked(real, verb, home, "groups", "", group)
    if other.uid:
        yield Asked(real, verb, _AUTHENTICATION, "uids", "", other.uid)
    for key in other.extra or ():
        yield Asked(real, verb, _AUTHENTICATION, f"userextras/{key}")


def _comes_with(group: str, user: str) -> bool:
    """Whether a service account, or a node that is impersonated with constraints, is in it."""
    if user.startswith(_ACCOUNT):
        namespace = user.removeprefix(_ACCOUNT).partition(":")[0]
        return group in (_ACCOUNTS, f"{_ACCOUNTS}:{namespace}")
    return user.startswith(_NODE) and group == "system:nodes"
