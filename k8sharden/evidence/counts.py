"""Counts requests by what they asked for, in bounded memory, whatever a log holds.

What is kept does not depend on the order of the requests, as long as `KINDS` and `COUNTS` are not
met. Denied requests get half of either: anybody can send those, without a name even, and they are
not to crowd out what was used. Of one kind of request with more than `NAMES` names none is kept: it
is then one of many.
"""

from collections.abc import Iterator

from k8sharden.evidence.meaning import Asked
from k8sharden.model.usage import Use

NAMES = 250
"""Names that are kept of one user, verb, resource and namespace. Nobody reads a role with more."""
PATHS = 100
"""URLs that are kept of one user and verb: what looks for holes tries thousands."""
KINDS = 50_000
"""Kinds of requests that are kept. A cluster of hundreds of controllers has a few thousand."""
COUNTS = 150_000
"""Names of all kinds that are kept; beyond them each kind has one count. With `KINDS` that is some
80 MB at the very worst."""
LONGEST = 1_000
"""Characters of all the names in one request."""

_Kind = tuple[str, str, str, str, str, bool]


class Count:
    """How often something was asked for; an answer that began and ended is one request."""

    __slots__ = ("denied", "ended", "first", "last", "started")

    def __init__(self) -> None:
        self.ended = self.started = self.denied = 0
        self.first = self.last = 0.0

    def see(self, first: float, last: float) -> None:
        """Note when it was asked for, in seconds since 1970; 0 is not known."""
        if last:
            self.first = min(self.first or first, first)
            self.last = max(self.last, last)

    def add(self, other: "Count") -> None:
        """Add what was counted under another name."""
        self.ended += other.ended
        self.started += other.started
        self.denied += other.denied
        self.see(other.first, other.last)


class _Names:
    """The counts of one kind by name, or all in one where there are too many."""

    __slots__ = ("by_name", "many")

    def __init__(self) -> None:
        self.by_name: dict[str, Count] = {}
        self.many: Count | None = None

    def fold(self) -> int:
        """Put all counts into one; return how many that was."""
        self.many = Count()
        for count in self.by_name.values():
            self.many.add(count)
        gone = len(self.by_name)
        self.by_name.clear()
        return gone


class Counts:
    """All that was asked for; ``dropped`` counts what found no place."""

    def __init__(self) -> None:
        self.dropped = self.folded = 0
        self._kinds: dict[_Kind, _Names] = {}
        self._words: dict[str, str] = {}
        self._kept = 0

    def add(self, asked: Asked, when: float, *, allowed: bool, begun: bool) -> None:
        """Count one request; ``begun`` where its answer has not ended yet."""
        count = self._place(asked, share=1 if allowed else 2)
        if count is None:
            self.dropped += 1
            return
        count.see(when, when)
        if not allowed:
            count.denied += 1
        elif begun:
            count.started += 1
        else:
            count.ended += 1

    def uses(self) -> Iterator[Use]:
        """Yield what was asked for, in a stable order."""
        for kind in sorted(self._kinds):
            names = self._kinds[kind]
            found = {"": names.many} if names.many else names.by_name
            for name, count in sorted(found.items()):
                yield _use(kind, name, count)

    def _place(self, asked: Asked, share: int) -> Count | None:
        """Return where to count; None where there is no room in one of so many shares."""
        user, verb, group, resource, namespace, name, path = asked
        kind = (user, verb, group, resource, namespace, bool(path))
        names = self._kinds.get(kind)
        if names is None:
            if len(self._kinds) >= KINDS // share or sum(map(len, asked)) > LONGEST:
                return None
            names = self._kinds[self._shared(kind)] = _Names()
        found = names.many or names.by_name.get(path or name)
        return found or self._new(names, path or name, share, is_path=bool(path))

    def _new(self, names: _Names, name: str, share: int, *, is_path: bool) -> Count | None:
        if len(name) > LONGEST or (is_path and len(names.by_name) >= PATHS):
            return None
        if len(names.by_name) >= NAMES or (self._kept >= COUNTS // share and not is_path):
            self._kept -= names.fold()
            self.folded += 1
            return names.many
        self._kept += 1
        count = names.by_name[name] = Count()
        return count

    def _shared(self, kind: _Kind) -> _Kind:
        """Return a kind whose words are kept once, however many kinds have them."""
        user, verb, group, resource, namespace = (
            self._words.setdefault(word, word) for word in kind[:5]
        )
        return user, verb, group, resource, namespace, kind[5]


def _use(kind: _Kind, name: str, count: Count) -> Use:
    *words, is_path = kind
    user, verb, group, resource, namespace = words
    return Use(
        user,
        verb,
        group,
        resource,
        namespace,
        name="" if is_path else name,
        path=name if is_path else "",
        allowed=max(count.ended, count.started),
        denied=count.denied,
        first=count.first,
        last=count.last,
    )
