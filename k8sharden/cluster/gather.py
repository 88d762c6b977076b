"""Gathers the events of one resource type into its objects and its line of the ledger."""

from collections.abc import Callable, Collection, Iterable

from k8sharden.cluster.decode import PageDecoder
from k8sharden.cluster.progress import Progress, Tell
from k8sharden.cluster.reader import Anew, End, Event, Part
from k8sharden.errors import ApiError, ClusterUnavailable, Forbidden, NotFound, Unauthorized
from k8sharden.model import objects as o
from k8sharden.model.inventory import Coverage, Entry, OddObject
from k8sharden.model.kinds import ResourceType
from k8sharden.model.text import one_line


class Gathered:
    """What came of one resource type, of the whole cluster or of some namespaces."""

    def __init__(self, kind: ResourceType, tell: Tell) -> None:
        self._kind = kind
        self._tell = tell
        self._decoder = PageDecoder(kind)
        self._objects: dict[str, list[o.Object]] = {}
        self._odd: dict[str, list[OddObject]] = {}
        self._errors: dict[str, Exception] = {}
        self._read: set[str] = set()
        self._done = 0

    @property
    def objects(self) -> Iterable[o.Object]:
        """The objects of the lists that were read to their end."""
        return (item for place in sorted(self._read) for item in self._objects.get(place, ()))

    @property
    def odd(self) -> Iterable[OddObject]:
        """The objects of those lists that did not decode."""
        return (item for place in sorted(self._read) for item in self._odd.get(place, ()))

    @property
    def refused(self) -> bool:
        """Whether the list of the whole cluster was forbidden."""
        return isinstance(self._errors.get(""), Forbidden)

    @property
    def error(self) -> Exception | None:
        """Why the list of the whole cluster was not read; None where it was, or not yet."""
        return self._errors.get("")

    def join(self, parts: Collection["Gathered"]) -> Exception | None:
        """Take over what came of the parts of this type; nothing, but why, where one is missing."""
        for part in parts:
            # A template whose type is not served yet, or any more, has no constraints.
            if part.error is not None and not isinstance(part.error, NotFound):
                return part.error
        for number, part in enumerate(parts):
            place = f"part {number}"
            self._objects[place], self._odd[place] = [*part.objects], [*part.odd]
            self._read.add(place)
        return None

    def take(self, event: Event) -> None:
        """Take a page, a new start or the end of a list."""
        place = event.job.namespace
        if isinstance(event, Part):
            self._page(place, event.body)
        elif isinstance(event, Anew):
            self._forget(place)
        else:
            self._end(place, event)

    def take_single(self, fetch: Callable[[str], bytes], names: Iterable[str]) -> None:
        """Take objects one by one, each under its own name, where the list is forbidden."""
        for name in names:
            try:
                self._page(name, fetch(name))
            except (ApiError, ClusterUnavailable) as error:
                if _ends_the_scan(error):
                    raise
                self._errors[name] = error
            else:
                self._read.add(name)

    def finish(self) -> None:
        """Tell that nothing more comes of a type whose list was forbidden."""
        self._report(None, finished=True)

    def _page(self, place: str, body: bytes) -> None:
        try:
            page = self._decoder.decode(body)
        except ClusterUnavailable as error:
            self._errors[place] = error
            return
        self._objects.setdefault(place, []).extend(page.objects)
        self._odd.setdefault(place, []).extend(page.odd)
        self._done += len(page.objects) + len(page.odd)
        self._report(page.remaining, finished=False)

    def _forget(self, place: str) -> None:
        self._errors.pop(place, None)
        dropped = self._objects.pop(place, [])
        self._done -= len(dropped) + len(self._odd.pop(place, []))

    def _end(self, place: str, end: End) -> None:
        error = end.error or self._errors.get(place)
        if error is None:
            self._read.add(place)
        elif _ends_the_scan(error):
            raise error
        else:
            self._forget(place)
            self._errors[place] = error
        # What may not be listed for the cluster goes on, namespace by namespace, to `finish`.
        self._report(None, finished=not place and not self.refused)

    def _report(self, remaining: int | None, *, finished: bool) -> None:
        total = None if remaining is None else self._done + remaining
        self._tell(Progress(self._kind.key, self._done, total, finished))

    def entry(self) -> Entry:
        """Return the type's line of the ledger."""
        error = self._errors.get("")
        if error is None:
            return Entry(self._kind.key, Coverage.READ)
        if isinstance(error, NotFound):
            return Entry(self._kind.key, Coverage.ABSENT, "the server does not have this type")
        if not isinstance(error, Forbidden):
            return Entry(self._kind.key, Coverage.ERROR, one_line(str(error), 300))
        return self._by_namespace()

    def _by_namespace(self) -> Entry:
        if not self._read:
            detail = "may not be listed"
            return Entry(self._kind.key, Coverage.FORBIDDEN, detail, permission=self._permission)
        names = frozenset(self._read)
        detail = f"may be read in {len(names)} namespace{'s' * (len(names) != 1)} only"
        return Entry(self._kind.key, Coverage.READ, detail, names, self._permission)

    @property
    def _permission(self) -> str:
        return f"list {self._kind.key}" + " in all namespaces" * self._kind.namespaced


def _ends_the_scan(error: Exception) -> bool:
    """Whether an error is not of one list: refused credentials, or a defect of our own."""
    ours = isinstance(error, ApiError | ClusterUnavailable)
    return isinstance(error, Unauthorized) or not ours
