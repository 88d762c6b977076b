"""The API server's way of putting things, so that our messages can be compared with its own.

Names come from the cluster: pass the text through `visible` before it reaches a screen.
"""

from collections.abc import Iterable, Sized

_SHORT = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
_SHORT |= {'"': '"', "\\": "\\"}
_ASCII_END, _BMP_END = 0x80, 0x10000


def plural(items: Sized, one: str, many: str = "") -> str:
    """Return ``one`` for a single item, otherwise ``many``, which is ``one`` with an s if empty."""
    return one if len(items) == 1 else many or one + "s"


def quoted(items: Iterable[str]) -> str:
    """Write ``"a", "b"``."""
    return ", ".join(f'"{item}"' for item in items)


def named(containers: tuple[str, ...]) -> str:
    """Write ``container "a"`` or ``containers "a", "b"``."""
    return f"{plural(containers, 'container')} {quoted(containers)}"


def setters(containers: tuple[str, ...], *, pod: bool) -> str:
    """Say who sets a field: ``pod``, the containers, or ``pod and`` the containers."""
    return " and ".join([*(["pod"] if pod else []), *([named(containers)] if containers else [])])


def go_quoted(text: str) -> str:
    """Quote text as Go's ``%q`` does, which is how annotations are printed."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    """Return a character, escaped where Go escapes it."""
    if char in _SHORT:
        return "\\" + _SHORT[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < _ASCII_END:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _BMP_END else f"\\U{code:08x}"
