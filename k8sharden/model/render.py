"""Write an object as YAML that kubectl reads back as exactly the same object."""

from typing import Any

from k8sharden.model.style import Style, block

# Lists indented under their key: nested ones read better so.
_STYLE = Style(dash=2)


def render(manifest: dict[str, Any]) -> str:
    """Return the object as one YAML document, keys in their order, ending with a newline."""
    head, lines = block(manifest, _STYLE)
    return "\n".join(lines or [head]) + "\n"
