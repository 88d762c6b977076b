"""The audit log of Kestrel Books: a week of it, as JSON lines.

The API server keeps none, which is a finding. Sam switched one on for a week, to see what the
pipeline does, and gave the file to whoever hardens the cluster. It is the week before the day on
which it is asked for, and the same all day; accounts have the uids that they have in the cluster.
"""

import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml

from k8sharden.analysis.rbac.subjects import AUTHENTICATED, identity_of, user_of
from k8sharden.cluster.training.running import uid_of
from k8sharden.model.decoding import convert

NAME = "the audit log of the training cluster"

DAYS = 7

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FRIDAY = 4
_OPENS, _OPEN = 8 * 60, 10 * 60
"""When people come to work, and for how long, in minutes."""
_WATCH = timedelta(minutes=9)


class _Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests: each verb on each object; on the list, or a URL, where none is named."""

    verbs: tuple[str, ...]
    resource: str = ""
    path: str = ""
    places: Mapping[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"": ()}, name="in"
    )
    denied: bool = False
    code: int = 200


class _Habit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody asks for so many times a day; a service account is ``NAMESPACE/NAME``."""

    user: str
    days: str | tuple[str, ...]
    daily: int
    asks: tuple[_Ask, ...]
    groups: tuple[str, ...] = ()

    def on(self, day: datetime) -> bool:
        """Whether it is their day."""
        if isinstance(self.days, str):
            return self.days == "all" or day.weekday() <= _FRIDAY
        return _NAMES[day.weekday()] in self.days

    @property
    def person(self) -> dict[str, Any]:
        """Who asks, as the API server's authenticators have it."""
        namespace, slash, name = self.user.partition("/")
        if slash:
            who = identity_of((namespace, name))
            uid = uid_of("ServiceAccount", namespace, name)
            return {
                "username": user_of((namespace, name)),
                "uid": uid,
                "groups": sorted(who.groups),
            }
        everybody = [] if "system:unauthenticated" in self.groups else [AUTHENTICATED]
        return {"username": self.user, "groups": [*self.groups, *everybody]}


def lines(now: float) -> Iterator[bytes]:
    """Yield the log as it is at ``now``, in seconds since 1970, oldest line first."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        found = [
            event
            for n, habit in enumerate(_habits())
            if habit.on(day)
            for event in _day(habit, n, day)
        ]
        for event in sorted(found, key=lambda each: str(each["stageTimestamp"])):
            yield msgspec.json.encode(event) + b"\n"


@cache
def _habits() -> tuple[_Habit, ...]:
    text = (files(__package__) / "audit_log.yaml").read_text("utf-8")
    return convert(yaml.load(text, Loader=yaml.CSafeLoader), tuple[_Habit, ...])


def _day(habit: _Habit, number: int, day: datetime) -> Iterator[dict[str, Any]]:
    """Yield what one habit makes of a day."""
    person = habit.person
    for time in range(habit.daily):
        when = day + _moment(habit, f"{number}/{day:%j}/{time}", time)
        for ask in habit.asks:
            for verb in ask.verbs:
                for namespace, names in ask.places.items():
                    for name in names if names and verb not in ("list", "watch") else ("",):
                        when += timedelta(microseconds=140_000 + _chance(f"{number}{name}", 60_000))
                        yield from _events(person, ask, (verb, namespace, name), when)


def _moment(habit: _Habit, key: str, time: int) -> timedelta:
    """Return the time of day: work is done in working hours, the rest around the clock."""
    begin, long = (_OPENS, _OPEN) if habit.days != "all" else (0, 24 * 60)
    share = long // habit.daily
    return timedelta(minutes=begin + time * share + _chance(key, max(share - 10, 1)))


def _events(
    person: dict[str, Any], ask: _Ask, what: tuple[str, str, str], when: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the events of one request: a watch has one when it begins, and one when it ends."""
    verb, namespace, name = what
    code = 403 if ask.denied else ask.code
    about, uri = _about(ask, namespace, name, verb)
    stamp = _stamp(when)
    event = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"{_chance(uri, 2**32):08x}-7a1c-4e0b-8f00-{_chance(stamp, 2**32):012x}",
        "stage": "ResponseComplete",
        "requestURI": uri,
        "verb": verb,
        "user": person,
        "sourceIPs": ["192.0.2.20"],
        **({"objectRef": about} if about else {}),
        "responseStatus": {"metadata": {}, "code": code},
        "requestReceivedTimestamp": stamp,
        "stageTimestamp": _stamp(when + timedelta(milliseconds=6)),
        "annotations": {
            "authorization.k8s.io/decision": "forbid" if ask.denied else "allow",
            "authorization.k8s.io/reason": "",
        },
    }
    if verb == "watch":
        yield event | {"stage": "ResponseStarted"}
        event = event | {"stageTimestamp": _stamp(when + _WATCH)}
    yield event


def _about(ask: _Ask, namespace: str, name: str, verb: str) -> tuple[dict[str, str], str]:
    """Return what the request is about, and its URL."""
    if ask.path:
        return {}, ask.path
    resource, _, subresource = ask.resource.partition("/")
    plural, _, group = resource.partition(".")
    known = {
        "resource": plural,
        "namespace": namespace,
        "name": name,
        "apiGroup": group,
        "apiVersion": "v1",
        "subresource": subresource,
    }
    inside = f"/namespaces/{namespace}" if namespace else ""
    named = f"/{name}" if name and (verb != "create" or subresource) else ""
    root = f"/apis/{group}/v1" if group else "/api/v1"
    uri = f"{root}{inside}/{plural}{named}{'/' + subresource if subresource else ''}"
    return {key: value for key, value in known.items() if value}, uri


def _stamp(when: datetime) -> str:
    return f"{when.isoformat(timespec='microseconds')[:-6]}Z"


def _chance(key: str, below: int) -> int:
    """Return a number below this one that looks like chance, and is the same each time."""
    return zlib.crc32(key.encode()) % below
