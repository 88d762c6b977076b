"""The audit log: an event for each request, as far as a policy asks for one.

The first rule of the policy that fits decides on the level, as in k8s.io/apiserver,
pkg/audit/policy, v1.36. Left out: the bodies that the levels Request and RequestResponse add.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from k8sharden.cluster.memory.requests import Attributes, Call, User
from k8sharden.cluster.memory.store import new_uid, now

_FORBIDDEN = 403
_REMEMBERED = 1000
_NONE = "None"
_Rule = Mapping[str, Any]


class Event(msgspec.Struct, frozen=True):
    """One line of the log: who did what to which object, when, and how it was answered."""

    id: str
    time: str
    level: str
    user: User
    about: Attributes
    code: int

    @property
    def decision(self) -> str:
        """``allow`` or ``forbid``."""
        return "forbid" if self.code == _FORBIDDEN else "allow"

    def line(self) -> dict[str, Any]:
        """Return the event as the log file has it (audit.k8s.io/v1)."""
        about = self.about
        known = {
            "resource": about.resource,
            "subresource": about.subresource,
            "namespace": about.namespace,
            "name": about.name,
            "apiGroup": about.group,
            "apiVersion": about.version,
        }
        line: dict[str, Any] = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": self.level,
            "auditID": self.id,
            "stage": "ResponseComplete",
            "verb": about.verb,
            "user": {"username": self.user.name, "groups": list(self.user.groups)},
            "responseStatus": {"code": self.code},
            "stageTimestamp": self.time,
            "annotations": {"authorization.k8s.io/decision": self.decision},
        }
        if about.path:
            return line | {"requestURI": about.path}
        return line | {"objectRef": {key: value for key, value in known.items() if value}}


class AuditLog:
    """The last thousand events that a policy (audit.k8s.io/v1) asked for."""

    def __init__(self) -> None:
        self.count = 0
        self._events: deque[Event] = deque(maxlen=_REMEMBERED)

    def record(self, policy: Mapping[str, Any], call: Call, code: int) -> None:
        """Write down one request that was answered, unless the policy leaves it out."""
        level = level_of(policy, call.user, call.attributes)
        if level != _NONE:
            self.count += 1
            self._events.append(Event(new_uid(), now(), level, call.user, call.attributes, code))

    def events(self) -> tuple[Event, ...]:
        """Return the events, oldest first."""
        return tuple(self._events)


def level_of(policy: Mapping[str, Any], user: User, about: Attributes) -> str:
    """Return the level of the first rule that fits, or None where no rule does."""
    for rule in policy.get("rules") or ():
        if _fits(rule, user, about):
            return str(rule["level"])
    return _NONE


def _fits(rule: _Rule, user: User, about: Attributes) -> bool:
    users, groups, verbs = (rule.get(key) or () for key in ("users", "userGroups", "verbs"))
    return (
        (not users or user.name in users)
        and (not groups or bool(set(groups) & set(user.groups)))
        and (not verbs or about.verb in verbs)
        and _is_about(rule, about)
    )


def _is_about(rule: _Rule, about: Attributes) -> bool:
    namespaces, resources = rule.get("namespaces") or (), rule.get("resources") or ()
    paths = rule.get("nonResourceURLs") or ()
    if about.path:
        if namespaces or resources:
            return False
        return not paths or any(_path(known, about.path) for known in paths)
    if paths or (namespaces and about.namespace not in namespaces):
        return False
    return not resources or any(_resource(known, about) for known in resources)


def _path(known: str, path: str) -> bool:
    return known in ("*", path) or (known.endswith("*") and path.startswith(known[:-1]))


def _resource(known: _Rule, about: Attributes) -> bool:
    if (known.get("group") or "") != about.group:
        return False
    names, chosen = known.get("resources") or (), known.get("resourceNames") or ()
    fits = not names or bool(_words(about) & set(names))
    return fits and (not chosen or about.name in chosen)


def _words(about: Attributes) -> set[str]:
    """Return every spelling by which a rule can mean this resource."""
    part: Iterable[str] = ()
    if about.subresource:
        part = (f"{about.resource}/*", f"*/{about.subresource}")
    return {"*", about.words, *part}
