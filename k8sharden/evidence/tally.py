"""Adds up the events of a log: what was asked for, by whom, and when.

Nodes are only counted: the Node authorizer decides on what they ask for, not roles, and thousands
of them ask for thousands of names.
"""

from datetime import UTC, datetime

from k8sharden.evidence.counts import LONGEST, Counts
from k8sharden.evidence.event import Event, User
from k8sharden.evidence.meaning import allowed, beside, own, started

_USERS, _GROUPS, _UIDS, _OBJECTS, _CLUSTERS, _HOURS = 20_000, 64, 8, 2_000, 20, 50_000
_NAMES = 20_000
"""How much is kept of each; what is beyond says nothing new, or belongs to no cluster of ours."""

_NODE = "system:node:"
_ACCOUNT = "system:serviceaccount:"
_MASTERS = "system:masters"
_HOUR = 3600
_WRITES = ("update", "patch")


class Tally:
    """What was seen so far."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.events = self.nodes = self.undecided = 0
        self.first = self.last = 0.0
        self.groups: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}
        self.uids: dict[str, set[str]] = {}
        self.objects: set[str] = set()
        self.clusters: set[str] = set()
        self.hours: set[int] = set()
        """The hours, since 1970, in which anything was asked for."""

    def add(self, event: Event, cluster: str = "") -> None:
        """Add one event; ``cluster`` is what its wrapping calls the cluster."""
        self.events += 1
        when = seconds(event.when)
        self._time(when)
        if cluster and len(self.clusters) < _CLUSTERS:
            self.clusters.add(cluster[:LONGEST])
        decision = allowed(event)
        if decision is None:
            self.undecided += 1
            return
        asked, begun = own(event), started(event)
        if asked.user.startswith(_NODE) and not event.impersonated_user:
            self.nodes += 1
            return
        self.counts.add(asked, when, allowed=decision, begun=begun)
        if event.impersonated_user or asked.verb in _WRITES:
            for each in beside(event, asked):
                self.counts.add(each, when, allowed=True, begun=begun)
        self._identify(event)

    def _time(self, when: float) -> None:
        if when:
            self.first = min(self.first or when, when)
            self.last = max(self.last, when)
            hour = int(when) // _HOUR
            if hour not in self.hours and len(self.hours) < _HOURS:
                self.hours.add(hour)

    def _identify(self, event: Event) -> None:
        """Note what tells users and clusters from others."""
        if event.user:
            self._user(event.user)
        other = event.impersonated_user
        if other:
            # To be in it for one request is not to be in it: nothing would be denied any more.
            groups = [each for each in other.groups or () if each != _MASTERS]
            self._user(User(other.username, None, groups))
        uid = event.object_ref.uid if event.object_ref else None
        if uid and len(self.objects) < _OBJECTS:
            self.objects.add(uid[:LONGEST])

    def _user(self, user: User) -> None:
        name = user.username or ""
        groups = self.groups.get(name)
        if groups is None:
            if len(self.groups) >= _USERS or len(name) > LONGEST:
                return
            groups = self.groups[name] = set()
        if user.groups and len(groups) < _GROUPS and not groups.issuperset(user.groups):
            groups.update(filter(None, map(self._group, user.groups[:_GROUPS])))
        if user.uid and name.startswith(_ACCOUNT):
            uids = self.uids.setdefault(name, set())
            if len(uids) < _UIDS:
                uids.add(user.uid[:LONGEST])

    def _group(self, name: str) -> str:
        """Return a group's name, kept once for all its members; empty where there is no room."""
        if name not in self._names and (len(self._names) >= _NAMES or len(name) > LONGEST):
            return ""
        return self._names.setdefault(name, name)


def seconds(text: str) -> float:
    """Return a time as RFC 3339 has it, in seconds since 1970; 0 for what is none."""
    try:
        when = datetime.fromisoformat(text)
        # What is written without a zone is UTC in every export that is known.
        aware = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(aware.timestamp(), 0.0)
    except (ValueError, OverflowError):
        return 0.0
