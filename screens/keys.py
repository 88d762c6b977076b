"""Key bindings: each has an id, so that a keymap can change it, and words for the help."""

from textual.binding import Binding


def key(name: str, keys: str, action: str, label: str, tooltip: str, *, shown: str = "") -> Binding:
    """Return a binding that the footer shows."""
    return Binding(keys, action, label, id=name, tooltip=tooltip, key_display=shown or None)


def quiet(name: str, keys: str, action: str, label: str, tooltip: str) -> Binding:
    """Return a binding that only the help and the palette show."""
    return Binding(keys, action, label, id=name, tooltip=tooltip, show=False)
