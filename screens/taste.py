"""Puts the settings in force: colours, animations and keys."""

import os
from typing import Any

from textual.app import App
from textual.keys import Keys
from textual.theme import BUILTIN_THEMES

from k8sharden.config import Config, config_file, meant
from k8sharden.errors import InputError
from k8sharden.model.text import one_line
from screens.keys import known

_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}


def check(settings: Config) -> None:
    """Raise `InputError` for a theme, a binding or a key that there is not."""
    file = one_line(str(config_file()), 300)
    if settings.theme and settings.theme not in BUILTIN_THEMES:
        name = one_line(settings.theme, 80)
        raise InputError(
            f"{file}: there is no theme {name}.{meant(settings.theme, BUILTIN_THEMES)}"
        )
    for name, keys in settings.keys.items():
        if name not in known():
            said = meant(name, known()) or " S in the app lists them."
            raise InputError(f"{file}: keys.{one_line(name, 80)} is no action.{said}")
        for key in keys.split(","):
            if not _is_key(key.strip()):
                raise InputError(
                    f"{file}: {one_line(key, 40) or 'nothing'} (keys.{name}) is no key: write a "
                    "letter, or a name such as f5, space, ctrl+r, question_mark."
                )


def _is_key(key: str) -> bool:
    """Tell whether a terminal can send this; names of signs are words of Unicode."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    named = {each.value for each in Keys}
    known = len(last) == 1 or last in named or last.replace("_", "").isalpha()
    return bool(last) and known and set(modifiers) <= _MODIFIERS


def put_in_force(app: App[Any], settings: Config) -> str:
    """Apply the settings to a running app; return what is wrong with them, if anything is."""
    if os.environ.get("NO_COLOR"):
        # Other themes still send shades of grey (788 colour codes, measured).
        app.theme = "ansi-dark"
    try:
        check(settings)
    except InputError as error:
        return str(error)
    if settings.theme and not os.environ.get("NO_COLOR"):
        app.theme = settings.theme
    if not settings.animations:
        app.animation_level = "none"
    app.set_keymap(dict(settings.keys))
    return ""
