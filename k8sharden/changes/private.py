"""Files and folders that are their owner's alone: what is wider is mended, and that is said."""

import os
import stat
import sys
from pathlib import Path

from k8sharden.errors import InputError
from k8sharden.model.text import one_line

_OTHERS = 0o077


def own_folder(folder: Path) -> list[str]:
    """Make a folder for its owner alone; return what there is to say.

    Raises `InputError` for one that others may enter and that is not ours to narrow: a home, one
    that many share, one of somebody else. Raises `OSError` where it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return narrowed(folder)


def own_file(path: Path) -> list[str]:
    """Narrow a file to its owner, where it exists; as for `own_folder`."""
    return narrowed(path) if path.exists() else []


def narrowed(path: Path) -> list[str]:
    """Take from others whatever they may do with this; return what there is to say."""
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if sys.platform == "win32" or not mode & _OTHERS:
        return []
    shown = one_line(str(path), 300)
    shared = mode & stat.S_ISVTX or path.resolve() == _home()
    if shared or status.st_uid != os.geteuid():
        raise InputError(
            f"The journal is not kept in {shown}: others may use it too ({mode:04o}), and it is "
            "not for k8sharden to narrow. Name a folder of its own with K8SHARDEN_STATE; nothing "
            "was changed."
        )
    path.chmod(mode & ~_OTHERS)
    return [f"{shown} was open to others ({mode:04o}); now it is yours alone."]


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except (RuntimeError, OSError):
        return None


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, its owner's from the first byte, and on disk at return.

    Raises `OSError`, `FileExistsError` among them.
    """
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put a folder's list of names on disk, where the system can."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
