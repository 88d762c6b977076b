"""Key bindings: each has an id, so that a keymap can change it, and words for the help."""

from collections.abc import Mapping

from textual.binding import Binding

_KNOWN: dict[str, Binding] = {}
"""The bindings of the screens that are loaded, by their ids."""


def known() -> Mapping[str, Binding]:
    """Return every binding there is, by its id: what the settings can give other keys."""
    import screens.rooms  # noqa: F401, PLC0415 - a screen's bindings are known once it is loaded

    return _KNOWN


def is_ours(binding: Binding) -> bool:
    """Tell our bindings from those that Textual's widgets bring."""
    return binding.id in _KNOWN


def key(name: str, keys: str, action: str, label: str, tooltip: str, *, shown: str = "") -> Binding:
    """Return a binding that the footer shows."""
    return _known(Binding(keys, action, label, id=name, tooltip=tooltip, key_display=shown or None))


def quiet(name: str, keys: str, action: str, label: str, tooltip: str) -> Binding:
    """Return a binding that only the help and the palette show."""
    return _known(Binding(keys, action, label, id=name, tooltip=tooltip, show=False))


def _known(binding: Binding) -> Binding:
    assert binding.id is not None, "a keymap changes bindings by their ids"  # noqa: S101 - for mypy
    _KNOWN[binding.id] = binding
    return binding
