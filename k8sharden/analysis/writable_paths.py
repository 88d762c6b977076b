"""Where a container writes: by what its image is known for or declares, and by its command line.

An estimate, and said to be one. The API shows neither what is inside an image nor what a process
does. What is known for sure is small: the folders that the images' own documentation names
(`known_images`), those that an image declares as volumes, and paths that stand in ``command`` and
``args`` as redirections or options.

A declared volume (``VOLUME`` in a Dockerfile) is left to the runtime by Kubernetes: containerd
mounts a folder of the node there, filled from the image and gone with the container, whereas CRI-O
by default only makes the folder inside the root filesystem, so that it is read-only with it. An
empty volume of the pod's own is there with both, and counts as the pod's storage.
"""

import posixpath
import re
from collections.abc import Iterator

import msgspec

from k8sharden.analysis.capabilities import command_line
from k8sharden.analysis.known_images import known_image
from k8sharden.model.facts import Facts
from k8sharden.model.pods import Container

_PATH = r"/[A-Za-z0-9._@+/-]*"
_WHOLE = re.compile(_PATH)
_REDIRECTION = re.compile(rf"(?<![<=-])>{{1,2}}\|?\s*[\"']?({_PATH})")
_COMMAND = re.compile(rf"\b(?:tee(?:\s+-a)?|touch)\s+[\"']?({_PATH})")
_FOLDER_COMMAND = re.compile(rf"\bmkdir\s+-p\s+[\"']?({_PATH})")
_OPTION = re.compile(rf"(?:^|[\s\"'])--?([A-Za-z][\w.-]*)(?:=|\s+)[\"']?(?:unix:(?://)?)?({_PATH})")
_WORD = re.compile("[._-]|(?<=[a-z])(?=[A-Z])")

_FILES = frozenset({"file", "lock", "lockfile", "logfile", "pid", "pidfile", "sock", "socket"})
_FOLDERS = frozenset(
    {
        "cachedir",
        "datadir",
        "dir",
        "directory",
        "folder",
        "logdir",
        "rundir",
        "statedir",
        "tempdir",
        "tmpdir",
        "workdir",
    }
)
_WRITTEN = (_FILES | _FOLDERS) - {"dir", "directory", "file", "folder"} | {
    "cache", "data", "db", "dbpath", "log", "logs", "out", "output", "persistence", "run",
    "scratch", "spool", "state", "storage", "temp", "tmp", "tsdb", "wal",
}  # fmt: skip
_READ = frozenset(
    {"ca", "cert", "certs", "conf", "config", "input", "key", "kubeconfig", "source", "template"}
)

_ELSEWHERE = ("/dev", "/proc", "/sys")
_SHIPPED = ("/bin", "/boot", "/etc", "/lib", "/lib64", "/sbin", "/usr")
_SCRATCH = ("/cache", "/data", "/logs", "/run", "/tmp", "/var")  # noqa: S108 - looked for, not used
_TOO_WIDE = frozenset(
    {
        "/",
        "/app",
        "/home",
        "/mnt",
        "/opt",
        "/root",
        "/srv",
        "/var",
        "/var/lib",
        "/var/opt",
        "/var/www",
    }
)
# Volumes of an image that are looked at, and their longest name: a registry may say anything.
_MOST_VOLUMES = 20
_LONGEST = 200


_NO_FACTS = Facts()


class Writable(msgspec.Struct, frozen=True):
    """The folders that a container writes to, ``/tmp`` among them unless it is known to need none.

    ``beyond`` are paths that it writes to and that no empty folder can stand in for, since the
    image's own files lie beside them. ``known`` says whether the image is one whose needs its own
    documentation states.
    """

    folders: tuple[str, ...]
    beyond: tuple[str, ...]
    known: bool


def writable_paths(container: Container, facts: Facts = _NO_FACTS) -> Writable:
    """Return where a container writes outside its volumes, as far as can be told."""
    image = known_image(container)
    # With a command of its own it may be a script that happens to run in this image.
    known = image is not None and image.folders is not None and not container.command
    folders = set(image.folders or ()) if image else set()
    if not (known and image and not image.scratch):
        folders.add("/tmp")  # noqa: S108 - the container's folder, not ours
    beyond: set[str] = set()
    for path, is_folder in _written(container):
        folder = path if is_folder else posixpath.dirname(path)
        if _inside(path, *_ELSEWHERE) or _is_mounted(path, container):
            continue
        if _can_be_empty(folder, container, named=is_folder):
            folders.add(folder)
        else:
            beyond.add(path)
    for volume in _volumes(container, facts):
        (folders if _can_be_empty(volume, container, named=True) else beyond).add(volume)
    wanted = [folder for folder in sorted(folders) if not _is_mounted(folder, container)]
    return Writable(_outermost(wanted), tuple(sorted(beyond)), known)


def _volumes(container: Container, facts: Facts) -> Iterator[str]:
    """Yield the image's folders for data, where nothing of the pod's own is mounted yet."""
    fact, image = facts.image(container.image), known_image(container)
    declared = fact.volumes if fact else None
    if declared is None:
        declared = image.volumes if image else ()
    for volume in declared[:_MOST_VOLUMES]:
        if len(volume) <= _LONGEST and _WHOLE.fullmatch(volume):
            path = _clean(volume)
            if not _is_mounted(path, container) and not _has_mounts(path, container):
                yield path


def _written(container: Container) -> Iterator[tuple[str, bool]]:
    """Yield each path that the command line writes to, and whether it is a folder."""
    text = command_line(container)
    for pattern in (_REDIRECTION, _COMMAND):
        for found in pattern.finditer(text):
            yield _clean(found[1]), found[1].endswith("/")
    for found in _FOLDER_COMMAND.finditer(text):
        yield _clean(found[1]), True
    for found in _OPTION.finditer(text):
        words = {word.lower() for word in _WORD.split(found[1])}
        if words & _WRITTEN and not words & _READ:
            path = _clean(found[2])
            is_file = bool(words & _FILES) or "." in posixpath.basename(path)
            yield path, bool(words & _FOLDERS) or not is_file


def _clean(path: str) -> str:
    return "/" + posixpath.normpath(path).strip("/")


def _can_be_empty(folder: str, container: Container, *, named: bool) -> bool:
    """Whether an empty volume may cover a folder.

    One that is ``named`` as such may lie anywhere but among the system's own; one that is only
    known from a file in it may hold the program as well, unless it is a usual place for data.
    """
    if folder in _TOO_WIDE or _inside(folder, *_SHIPPED) or _holds_program(folder, container):
        return False
    return named or _inside(folder, *_SCRATCH)


def _holds_program(folder: str, container: Container) -> bool:
    """Whether the program itself, or the folder it starts in, would be hidden."""
    program = (container.command or [""])[0]
    places = [container.working_dir or "", program]
    return any(_inside(_clean(place), folder) for place in places if place.startswith("/"))


def _is_mounted(path: str, container: Container) -> bool:
    mounts = (mount.mount_path for mount in container.volume_mounts or ())
    return _inside(path, *(_clean(mount) for mount in mounts if mount))


def _has_mounts(folder: str, container: Container) -> bool:
    """Whether somebody has chosen where in a folder the data goes."""
    mounts = (mount.mount_path for mount in container.volume_mounts or ())
    return any(_inside(_clean(mount), folder) for mount in mounts if mount)


def _inside(path: str, *folders: str) -> bool:
    return any((_real(path) + "/").startswith(_real(folder) + "/") for folder in folders)


def _real(path: str) -> str:
    """Follow the one link that nearly every image has: /var/run is /run."""
    return path.removeprefix("/var") if (path + "/").startswith("/var/run/") else path


def _outermost(folders: list[str]) -> tuple[str, ...]:
    """Leave out what lies in another folder of the list."""
    kept: list[str] = []
    for folder in sorted(folders, key=_real):
        if not _inside(folder, *kept):
            kept.append(folder)
    return tuple(kept)
