"""Reads kubeconfig files: which contexts there are, and what is wrong with a file.

The `kubernetes` package reads them again to log in. It trusts them, though, and puts whole entries
with their tokens into its messages, so what can be wrong is found and said here first.
"""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from k8sharden.errors import InputError
from k8sharden.model.text import one_line

DEFAULT = "~/.kube/config"
LARGEST = 10 * 2**20
"""Bytes; a kubeconfig of a thousand clusters with their certificates has about five million."""

_MOST_VALUES = 500_000
_SECTIONS = ("clusters", "users", "contexts")


class ContextInfo(msgspec.Struct, frozen=True):
    """One context. The texts are exact; show them through `one_line`.

    ``namespace`` is ``default`` where the context sets none, as for kubectl.
    """

    name: str
    cluster: str
    server: str
    user: str
    namespace: str
    current: bool


class Kubeconfig(msgspec.Struct, frozen=True):
    """The files that were found, merged as kubectl does: what a file sets first, stays."""

    paths: tuple[Path, ...]
    current: str
    sections: Mapping[str, Mapping[str, Mapping[str, Any]]]

    def contexts(self) -> tuple[ContextInfo, ...]:
        """Return the contexts, in the order of the files."""
        return tuple(self._context(name) for name in self.sections["contexts"])

    def _context(self, name: str) -> ContextInfo:
        context = self._inner("contexts", name)
        cluster = _text(context, "cluster")
        return ContextInfo(
            name,
            cluster,
            without_login(_text(self._inner("clusters", cluster), "server")),
            _text(context, "user"),
            _text(context, "namespace") or "default",
            name == self.current,
        )

    def _inner(self, section: str, name: str) -> Mapping[str, Any]:
        """Return what stands under ``cluster``, ``user`` or ``context`` of an entry."""
        inner = self.sections[section].get(name, {}).get(section.removesuffix("s"))
        return inner if isinstance(inner, dict) else {}

    def choose(self, name: str | None) -> ContextInfo:
        """Return the named context, or the current one. Raises `InputError` where there is none."""
        wanted = name or self.current
        if not wanted:
            raise InputError(
                f"No current context is set: choose one with --context ({self._known})."
            )
        if wanted not in self.sections["contexts"]:
            close = difflib.get_close_matches(wanted, self.sections["contexts"], n=1)
            meant = f" Did you mean {one_line(close[0], 80)}?" if close else ""
            raise InputError(f"Unknown context {one_line(wanted, 80)}: {self._known}.{meant}")
        info = self._context(wanted)
        if not info.server:
            raise InputError(
                f"Context {one_line(wanted, 80)} names no cluster with a server: add cluster "
                f"{one_line(info.cluster or '?', 80)} to the kubeconfig."
            )
        return info

    def plugin(self, user: str) -> str:
        """Return the command of the user's exec plugin, empty where there is none."""
        plugin = self._inner("users", user).get("exec")
        return _text(plugin, "command") if isinstance(plugin, dict) else ""

    @property
    def _known(self) -> str:
        names = ", ".join(one_line(name, 60) for name in list(self.sections["contexts"])[:8])
        return f"known are {names}" if names else "the kubeconfig has no contexts"


def without_login(server: str) -> str:
    """Return an address without the user and password that it may hold before an @."""
    return re.sub(r"//[^/@]*@", "//", server)


def load(explicit: Path | None) -> Kubeconfig | None:
    """Read the kubeconfig, or return None where there is no file at the usual places.

    Raises `InputError` for a file that was named and is not there, and for one that is broken.
    """
    paths = places(explicit)
    found = (explicit,) if explicit else tuple(path for path in paths if path.exists())
    if not found:
        return None
    sections: dict[str, dict[str, Mapping[str, Any]]] = {section: {} for section in _SECTIONS}
    current = ""
    for path in found:
        content = _read(path)
        current = current or _text(content, "current-context")
        for section in _SECTIONS:
            for entry in _entries(content, section, path):
                sections[section].setdefault(entry["name"], entry)
    return Kubeconfig(found, current, sections)


def places(explicit: Path | None) -> tuple[Path, ...]:
    """Return where a kubeconfig is looked for."""
    if explicit:
        return (explicit,)
    listed = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return tuple(Path(part).expanduser() for part in listed or (DEFAULT,))


def _read(path: Path) -> dict[str, Any]:
    where = one_line(str(path), 300)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        why = one_line(error.strerror or str(error), 100)
        raise InputError(f"The kubeconfig {where} cannot be read: {why}.") from error
    if len(data) > LARGEST:
        raise InputError(f"The kubeconfig {where} is larger than {LARGEST >> 20} MB: wrong file?")
    content = _parse(data, where)
    if content is None:
        raise InputError(f"The kubeconfig {where} is empty: log in to a cluster to fill it.")
    if not isinstance(content, dict) or not any(section in content for section in _SECTIONS):
        raise InputError(f"{where} is no kubeconfig: it has no clusters, users and contexts.")
    if _weight(content, {}) > _MOST_VALUES:
        raise InputError(f"The kubeconfig {where} unfolds to too many values: take out aliases.")
    return content


def _parse(data: bytes, where: str) -> Any:
    try:
        return yaml.load(data.decode("utf-8-sig"), Loader=_LOADER)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise InputError(f"The kubeconfig {where} is no text file: wrong file?") from error
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        why = one_line(error.problem or "not YAML", 160)
        raise InputError(f"The kubeconfig {where}{line} is broken YAML: {why}.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"The kubeconfig {where} is not YAML: wrong file?") from error


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _entries(content: Mapping[str, Any], section: str, path: Path) -> list[dict[str, Any]]:
    entries = content.get(section) or []
    usable = isinstance(entries, list) and all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in entries
    )
    if not usable:
        where = one_line(str(path), 300)
        raise InputError(f"The kubeconfig {where} has an entry without a name under {section}.")
    return list(entries)


def _weight(value: Any, known: dict[int, int]) -> int:
    """Count the values that a tree unfolds to, each aliased part once per use."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_VALUES  # what holds itself never ends
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_weight(item, known) for item in inner)
    return known[id(value)]


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""
