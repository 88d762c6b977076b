"""The settings file: colours, mouse, keys, and what holds for single clusters.

It is TOML, written by people, so every mistake is named with its line and nothing is guessed. What
the app changes in it is changed in place: comments and order stay.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from k8sharden.errors import InputError
from k8sharden.model.text import one_line

LARGEST = 256 * 1024
"""Bytes; a thousand contexts with both settings have about 60,000."""


class ContextSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for one context.

    ``read_only`` refuses every write in the engine; ``production`` warns in red and in words.
    """

    read_only: bool = False
    production: bool = False


class ImageSettings(msgspec.Struct, frozen=True):
    """What holds for images.

    An entry of ``allowed_registries`` is a registry or a folder in one; ``mirrors`` maps such a
    place to what stands in for it. ``plain_http`` names registries that may be asked without TLS.
    """

    allowed_registries: tuple[str, ...] = ()
    mirrors: Mapping[str, str] = {}
    plain_http: tuple[str, ...] = ()


class Config(msgspec.Struct, frozen=True):
    """All settings. ``theme`` is empty for the default; ``keys`` maps a binding's id to keys."""

    theme: str = ""
    mouse: bool = True
    animations: bool = True
    keys: Mapping[str, str] = {}
    contexts: Mapping[str, ContextSettings] = {}
    images: ImageSettings = ImageSettings()

    def context(self, name: str) -> ContextSettings:
        """Return what holds for a context, or for a server by its address."""
        return self.contexts.get(name, ContextSettings())

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers that are named by their address instead of a context."""
        return tuple(name for name in self.contexts if name.startswith(("https://", "http://")))


_FIELDS = {
    "theme": str,
    "mouse": bool,
    "animations": bool,
    "keys": dict,
    "contexts": dict,
    "images": dict,
}
_OF_CONTEXT = {"read_only": bool, "production": bool}
_OF_IMAGES = {"allowed_registries": list, "mirrors": dict, "plain_http": list}
_WORDS: Mapping[Any, str] = {
    str: "a text in quotes",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}
# A registry has a dot, a port or the name localhost: that tells it from a folder of Docker Hub.
_NAMES = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?|(?:[A-Za-z0-9-]+:\d{1,5})"
_REGISTRY = rf"(?:localhost|{_NAMES}|\[[0-9A-Fa-f:]+\](?::\d{{1,5}})?)"
_FOLDERS = r"(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*/?"


def config_file() -> Path:
    """Return where the settings are; the file need not exist."""
    named = os.environ.get("K8SHARDEN_CONFIG")
    return Path(named) if named else platformdirs.user_config_path("k8sharden") / "config.toml"


def state_folder() -> Path:
    """Return where the journal, the training cluster and progress are; it need not exist."""
    named = os.environ.get("K8SHARDEN_STATE")
    return Path(named) if named else platformdirs.user_state_path("k8sharden")


def load(path: Path | None = None) -> Config:
    """Read the settings; the defaults where there is no file.

    Raises `InputError`, with the file and where possible the line, for what cannot be used.
    """
    path = path or config_file()
    text = _read(path)
    if text is None:
        return Config()
    return _checked(_parsed(text, path), Where(path, text))


class Where:
    """Finds the line of a key, so that an error can name it."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def error(self, keys: Sequence[str], problem: str) -> InputError:
        """Return the error for the value under these keys."""
        line = self._line(keys)
        where = one_line(str(self._path), 300) + (f":{line}" if line else "")
        return InputError(f"{where}: {'.'.join(one_line(key, 80) for key in keys)} {problem}")

    def _line(self, keys: Sequence[str]) -> int:
        """Return the first line that names the last key, as a value or as a table; 0 for none."""
        name = rf"[\"']?{re.escape(keys[-1])}[\"']?"
        named = re.compile(
            rf"^\s*(?:[^#=]*\.)?{name}\s*=|^\s*\[[^\]]*{name}\s*\]|[{{,]\s*{name}\s*="
        )
        found = (number for number, line in enumerate(self._lines, 1) if named.search(line[:2_000]))
        return next(found, 0)


def _read(path: Path) -> str | None:
    where = one_line(str(path), 300)
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = one_line(error.strerror or str(error), 100)
        raise InputError(f"The settings {where} cannot be read: {why}.") from error
    if len(data) > LARGEST:
        raise InputError(f"The settings {where} are larger than {LARGEST >> 10} kB: wrong file?")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"The settings {where} are no UTF-8 text: wrong file?") from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        said = re.fullmatch(r"(.*) \(at line (\d+), .*\)", str(error), re.DOTALL)
        line, why = (f":{said[2]}", said[1]) if said else ("", "it ends too early, or nests")
        where = one_line(str(path), 300)
        raise InputError(
            f"{where}{line}: the settings are broken: {one_line(why, 160)}."
        ) from error


def _checked(document: dict[str, Any], where: Where) -> Config:
    _check((), document, _FIELDS, where)
    for name, keys in document.get("keys", {}).items():
        if not isinstance(keys, str) or not keys:
            raise where.error(("keys", name), 'must be keys in quotes, such as "a" or "f5,r".')
    contexts = {}
    for name, settings in document.get("contexts", {}).items():
        if not isinstance(settings, dict):
            raise where.error(("contexts", name), "must be a table with read_only or production.")
        _check(("contexts", name), settings, _OF_CONTEXT, where)
        contexts[name] = ContextSettings(**settings)
    images = _images(document.get("images", {}), where)
    return Config(**{**document, "contexts": contexts, "images": images})


def _images(table: dict[str, Any], where: Where) -> ImageSettings:
    _check(("images",), table, _OF_IMAGES, where)
    for name, entries in table.items():
        places = [*entries, *entries.values()] if isinstance(entries, dict) else entries
        form = _REGISTRY if name == "plain_http" else _REGISTRY + _FOLDERS
        for place in places:
            if not isinstance(place, str) or not re.fullmatch(form, place):
                shown = one_line(str(place), 80)
                raise where.error(
                    ("images", name),
                    f'has {shown!r}, which is no registry: write "registry.example"'
                    + ("." if name == "plain_http" else ' or "registry.example/team".'),
                )
    return ImageSettings(
        tuple(table.get("allowed_registries", ())),
        table.get("mirrors", {}),
        tuple(table.get("plain_http", ())),
    )


def _check(
    above: tuple[str, ...], table: Mapping[str, Any], known: Mapping[str, Any], where: Where
) -> None:
    """Raise `InputError` for a setting that there is not, or one of another type."""
    for name, value in table.items():
        if name not in known:
            raise where.error((*above, name), f"is no setting.{meant(name, known)}")
        if type(value) is not known[name]:
            raise where.error((*above, name), f"must be {_WORDS[known[name]]}.")


def meant(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names what was probably meant, or all that there is."""
    every = list(known)
    close = difflib.get_close_matches(name, every, n=1)
    if close:
        return f" Did you mean {close[0]}?"
    return f" There are: {', '.join(every[:12])}." if len(every) < 13 else ""  # noqa: PLR2004 - more would not be read


def change(keys: Sequence[str], value: str | bool, path: Path | None = None) -> Config:  # noqa: FBT001 - the value of a setting
    """Set one value in the file, whole or not at all, and return all settings.

    ``keys`` is the way to it: ``("contexts", "prod", "read_only")``. Raises `InputError` for a file
    that is broken, for a value that is not allowed, and where it cannot be written.
    """
    import tomlkit  # noqa: PLC0415 - only writing needs it

    path = path or config_file()
    load(path)
    document = tomlkit.parse(_read(path) or "")
    table: Any = document
    for key in keys[:-1]:
        if key not in table:
            table[key] = tomlkit.table()
        table = table[key]
    table[keys[-1]] = value
    text = tomlkit.dumps(document)
    fresh = _checked(_parsed(text, path), Where(path, text))
    _write(path, text)
    return fresh


def _write(path: Path, text: str) -> None:
    """Replace the file; where it is a link, as in a folder of dotfiles, what it points to."""
    target = path.resolve()
    fresh = target.with_name(f"{target.name}.new")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            fresh.chmod(target.stat().st_mode & 0o777)
        fresh.replace(target)
    except OSError as error:
        why = one_line(error.strerror or str(error), 100)
        raise InputError(
            f"The settings {one_line(str(path), 300)} cannot be kept: {why}."
        ) from error
