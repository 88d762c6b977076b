"""Reads through all files that were named, and tells how far it is."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO, NamedTuple, Protocol

from k8sharden.cluster.progress import Coalesced, Progress, Stopped, Tell
from k8sharden.errors import Cancelled, InputError
from k8sharden.evidence.sources import About, Opened, find
from k8sharden.model.text import one_line


class Reads(Protocol):
    """Who takes the bytes of one file after another."""

    @property
    def found(self) -> int:
        """How many values were of use so far."""
        ...

    def read(self, chunks: Iterable[bytes]) -> None:
        """Read one file."""
        ...


class Through(NamedTuple):
    """The names of the files that were read, and of those that ended before their time."""

    files: tuple[str, ...]
    broken: tuple[str, ...]


def read_through(
    paths: Sequence[str],
    stdin: BinaryIO,
    about: About,
    reader: Reads,
    *,
    progress: Tell,
    cancelled: Stopped,
) -> Through:
    """Read all files; ``progress`` is told of bytes.

    Raises `InputError` where one cannot be read or holds nothing, `Cancelled` when asked to stop.
    """
    sources = find(paths, about)
    total = sum(source.size for source in sources) or None
    tell, done = Coalesced(progress), 0

    def told(size: int) -> None:
        nonlocal done
        if cancelled():
            raise Cancelled(f"Stopped while reading {about.what}. Nothing was changed.")
        done += size
        tell(Progress(about.name, done, total, finished=False, unit="bytes"))

    broken = []
    for source in sources:
        before = reader.found
        opened = Opened(source, stdin, told)
        reader.read(opened.chunks())
        if opened.broken:
            broken.append(source.name)
        if source.given and reader.found == before:
            raise _nothing(source.name, about)
    if not reader.found:
        raise _nothing(", ".join(paths), about)
    progress(Progress(about.name, done, total, finished=True, unit="bytes"))
    return Through(tuple(source.name for source in sources), tuple(broken))


def _nothing(name: str, about: About) -> InputError:
    return InputError(f"{one_line(name, 300)} {about.nothing}")
