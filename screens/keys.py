"""Key bindings: each has an id, so that a keymap can change it, and words for the help."""

from textual.binding import Binding

KNOWN: dict[str, Binding] = {}
"""Every binding there is, by its id: what the settings can give other keys."""


def key(name: str, keys: str, action: str, label: str, tooltip: str, *, shown: str = "") -> Binding:
    """Return a binding that the footer shows."""
    return _known(Binding(keys, action, label, id=name, tooltip=tooltip, key_display=shown or None))


def quiet(name: str, keys: str, action: str, label: str, tooltip: str) -> Binding:
    """Return a binding that only the help and the palette show."""
    return _known(Binding(keys, action, label, id=name, tooltip=tooltip, show=False))


def _known(binding: Binding) -> Binding:
    assert binding.id is not None, "a keymap changes bindings by their ids"  # noqa: S101 - for mypy
    KNOWN[binding.id] = binding
    return binding
