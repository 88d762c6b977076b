"""Opens logs: files, rotated and compressed ones, whole folders, and the standard input."""

import os
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec

from k8sharden.errors import InputError
from k8sharden.evidence.files import STDIN

CHUNK = 2**20
"""Bytes that are read, and unpacked, at a time."""

_GZIP = b"\x1f\x8b"


class About(msgspec.Struct, frozen=True):
    """What is read: in one word, with an article, and the option that names it.

    ``endings`` are those of its files in a folder. ``nothing`` follows the name of a file without
    any.
    """

    name: str
    what: str
    option: str
    endings: tuple[str, ...]
    nothing: str


class Source(msgspec.Struct, frozen=True):
    """A file to read; ``given`` where it was named itself, and is not one of a folder."""

    name: str
    path: Path | None = None
    size: int = 0
    given: bool = True


def find(paths: Sequence[str], about: About) -> tuple[Source, ...]:
    """Return the files that are meant, in the order of their names, each once.

    Raises `InputError` for one that is not there, and for a folder without any.
    """
    found: dict[str, Source] = {}
    for given in paths:
        if given == STDIN:
            found.setdefault(STDIN, Source("the standard input"))
            continue
        try:
            status = Path(given).stat()
        except OSError as error:
            what = f"{given} cannot be read as {about.what}: {error.strerror}."
            raise InputError(what) from error
        if not stat.S_ISDIR(status.st_mode):
            sources = [Source(given, Path(given), status.st_size)]
        else:
            sources = _inside(given, about)
        for source in sources:
            found.setdefault(str(source.path.resolve()) if source.path else "", source)
    return tuple(found.values())


def _inside(folder: str, about: About) -> list[Source]:
    within = [each for each in _walk(Path(folder)) if _is_log(each, about.endings)]
    if not within:
        raise InputError(
            f"No file in {folder} is called like a log: name the files themselves with "
            f"{about.option}."
        )
    return [Source(str(each), each, _size(each), given=False) for each in within]


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder, by name; links to other folders are not followed.

    Raises `InputError` for a folder that cannot be listed: what lies in it would look unused.
    """

    def refuse(error: OSError) -> NoReturn:
        raise InputError(f"{error.filename} cannot be listed: {error.strerror}.") from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        yield from (
            path
            for path in (Path(parent, name) for name in sorted(names))
            if not path.name.startswith(".") and path.is_file()
        )


def _size(path: Path) -> int:
    """Return a file's size, 0 where it was rotated away meanwhile: it is only for the progress."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_log(path: Path, endings: Sequence[str]) -> bool:
    """Whether a file is called like a log; rotated ones may end in a number: ``audit.log.1``."""
    return path.suffix.lower() in endings or ".log." in path.name.lower()


class Opened:
    """The bytes of one source, unpacked where they are packed.

    ``read`` counts the bytes of the file; ``broken`` says at the end that the rest was not to be
    had: a file that is cut off, damaged, or gone.
    """

    def __init__(self, source: Source, stdin: BinaryIO, told: Callable[[int], None]) -> None:
        self._source = source
        self._stdin = stdin
        self._told = told
        self.broken = False

    def chunks(self) -> Iterator[bytes]:
        """Yield bytes. Raises `InputError` where a file that was named cannot be opened.

        One of a folder may have been rotated away since, and the others are read.
        """
        if self._source.path is None:
            yield from self._unpacked(self._stdin)
            return
        try:
            file = self._source.path.open("rb")
        except OSError as error:
            self.broken = True
            if self._source.given:
                what = f"{self._source.name} cannot be read: {error.strerror}."
                raise InputError(what) from error
            return
        with file:
            yield from self._unpacked(file)

    def _unpacked(self, file: BinaryIO) -> Iterator[bytes]:
        first = self._read(file)
        if not first.startswith(_GZIP):
            while first:
                yield first
                first = self._read(file)
            return
        yield from self._gunzip(file, first)

    def _gunzip(self, file: BinaryIO, packed: bytes) -> Iterator[bytes]:
        """Unpack, one member after another: a bomb takes time and no memory."""
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        while packed:
            try:
                text = member.decompress(packed, CHUNK)
            except zlib.error:
                self.broken = True
                return
            if text:
                yield text
            packed = member.unconsumed_tail
            if member.eof:
                packed = member.unused_data or self._read(file)
                if not packed.startswith(_GZIP):
                    return  # Zeros may follow the last member, to fill a block.
                member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            elif not packed:
                packed = self._read(file)
        self.broken = True

    def _read(self, file: BinaryIO) -> bytes:
        try:
            chunk = file.read(CHUNK)
        except OSError:
            self.broken = True
            return b""
        self._told(len(chunk))
        return chunk
