"""Which files a source names, and their bytes: bounded, and never anything but UTF-8 text."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from k8sharden.errors import InputError
from k8sharden.model.text import one_line

FILE_LIMIT = 20 * 2**20
"""The largest file that is read, in bytes."""
TOTAL_LIMIT = 200 * 2**20
"""The most that is read from all files together, in bytes."""
STDIN = "-"
_SUFFIXES = (".yaml", ".yml", ".json")


class SourceFile(msgspec.Struct, frozen=True):
    """A file's name as it was given or found, and its text; ``walked`` if a folder led to it."""

    name: str
    text: str
    walked: bool = False


def shown(name: str) -> str:
    """Return a file's name, safe to show."""
    return "standard input" if name == STDIN else one_line(name, 300)


def read_files(paths: Sequence[str], stdin: BinaryIO) -> Iterator[SourceFile]:
    """Yield the files of the paths in their order, those of a folder sorted, each once.

    Raises `InputError` for what is not there, cannot be read, is too large or is no text.
    """
    total = 0
    seen: set[str] = set()
    for path, walked in _named(paths):
        identity = path if path == STDIN else os.path.realpath(path)
        if identity in seen:
            continue
        seen.add(identity)
        text = _text(path, _content(path, stdin))
        total += len(text)
        if total > TOTAL_LIMIT:
            raise InputError(
                f"{shown(path)}: more than {TOTAL_LIMIT >> 20} MB of manifests: name fewer folders."
            )
        yield SourceFile(path, text, walked)


def _named(paths: Sequence[str]) -> Iterator[tuple[str, bool]]:
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            yield from ((each, True) for each in _walk(path))
        else:
            yield path, False


def _walk(folder: str) -> Iterator[str]:
    """Yield the manifests below a folder, sorted; hidden names and loops of links are left out."""
    visited: set[str] = set()
    for root, folders, files in os.walk(folder, followlinks=True, onerror=_unreadable):
        here = os.path.realpath(root)
        if here in visited:
            folders.clear()
            continue
        visited.add(here)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = os.path.join(root, name)  # noqa: PTH118 - keeps ./ as the user gave it
            wanted = name.endswith(_SUFFIXES) and not name.startswith(".")
            if wanted and _is_regular(path):
                yield path


def _unreadable(error: OSError) -> None:
    raise InputError(f"{shown(str(error.filename))}: cannot be read: {error.strerror}.") from None


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - follows links on purpose
    except OSError:
        return False  # a dangling link


def _content(path: str, stdin: BinaryIO) -> bytes:
    try:
        if path == STDIN:
            return stdin.read(FILE_LIMIT + 1)
        with Path(path).open("rb") as file:
            return file.read(FILE_LIMIT + 1)
    except FileNotFoundError:
        raise InputError(f"{shown(path)}: no such file or folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{shown(path)}: cannot be read: {one_line(reason, 200)}.") from None


def _text(path: str, content: bytes) -> str:
    if len(content) > FILE_LIMIT:
        raise InputError(f"{shown(path)}: larger than {FILE_LIMIT >> 20} MB: split the file.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        if b"\0" in content[:8000]:
            raise InputError(f"{shown(path)}: is binary, not a manifest.") from None
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{shown(path)}:{line}: is not UTF-8 text: save the file as UTF-8."
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{shown(path)}:{line}: holds a NUL byte: is it binary?")
    return text
