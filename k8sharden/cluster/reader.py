"""Reads lists side by side, one page ahead of whoever decodes them."""

import queue
import random
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import msgspec

from k8sharden.cluster.api import Api
from k8sharden.cluster.interrupt import POLL, stop_if, stoppable
from k8sharden.cluster.transport import JSON, METADATA_LIST
from k8sharden.errors import Expired
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

READERS = 6
AHEAD = 4
"""Pages that wait to be decoded; with those being read, they bound the memory."""

TRIES = 3
"""How often a list is begun whose continue token expires."""


class Job(msgspec.Struct, frozen=True):
    """A list to read: of one namespace, or of the whole cluster."""

    kind: ResourceType
    namespace: str = ""


class Part(msgspec.Struct, frozen=True):
    """A page of a list, undecoded."""

    job: Job
    body: bytes


class Anew(msgspec.Struct, frozen=True):
    """The list is begun again: what came of it so far is to be forgotten."""

    job: Job


class End(msgspec.Struct, frozen=True):
    """The list has been read, or ended in an error."""

    job: Job
    error: Exception | None = None


Event = Part | Anew | End


def read(api: Api, jobs: Iterable[Job], cancelled: Callable[[], bool]) -> Iterator[Event]:
    """Yield the pages of all lists as they come, and each list's end.

    Raises `Cancelled` within a tenth of a second, even while the server is silent.
    """
    waiting = deque(jobs)
    left = len(waiting)
    events: queue.Queue[Event] = queue.Queue(AHEAD)
    stop = threading.Event()
    for number in range(min(READERS, left)):
        # A daemon thread that waits for a silent server does not keep the program from ending.
        reader = _Reader(api, waiting, events, stop)
        threading.Thread(target=reader.run, daemon=True, name=f"list-{number}").start()
    try:
        while left:
            event = _next(events, cancelled)
            left -= isinstance(event, End)
            yield event
    finally:
        stop.set()


def _next(events: "queue.Queue[Event]", cancelled: Callable[[], bool]) -> Event:
    while True:
        stop_if(cancelled)
        try:
            return events.get(timeout=POLL)
        except queue.Empty:
            continue


class _Stopped(Exception):
    """Nobody wants the pages any more."""


class _Reader:
    """Takes one list after the other until none is left."""

    def __init__(
        self, api: Api, waiting: deque[Job], events: "queue.Queue[Event]", stop: threading.Event
    ) -> None:
        self._api = api
        self._waiting = waiting
        self._events = events
        self._stop = stop

    def run(self) -> None:
        """Read lists; every error becomes the end of its list."""
        try:
            with stoppable(self._stop.is_set):
                while True:
                    self._put(self._read(self._waiting.popleft()))
        except (IndexError, _Stopped):
            return

    def _read(self, job: Job) -> End:
        for number in range(TRIES):
            try:
                return self._pages(job)
            except _Stopped:
                raise
            except Expired as error:
                if number == TRIES - 1:
                    return End(job, error)
                self._put(Anew(job))
                # A server that compacts often gets a moment before the list is begun again.
                self._stop.wait(random.uniform(0.05, 0.3))  # noqa: S311 - no secret
            except Exception as error:  # noqa: BLE001 - whoever takes the events sorts them
                return End(job, error)
        raise AssertionError("unreachable")

    def _pages(self, job: Job) -> End:
        # Secret values never leave the cluster, so they are never asked for.
        accept = METADATA_LIST if job.kind is kinds.SECRETS else JSON
        for body in self._api.pages(job.kind, job.namespace, accept=accept):
            self._put(Part(job, body))
        return End(job)

    def _put(self, event: Event) -> None:
        while not self._stop.is_set():
            try:
                self._events.put(event, timeout=POLL)
            except queue.Full:
                continue
            return
        raise _Stopped
