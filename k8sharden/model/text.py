"""Make text that came from outside safe to show.

Names, annotations and messages of a cluster can hold escape sequences that drive a terminal
(CVE-2021-25743). What is shown goes through `visible`; patches keep the exact value.
"""

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)

LIMIT = 2_000

_LONGEST_TYPED = 200
"""Characters of a name that are typed in full: the ARN of a cluster has up to 150."""

_STANDS_FOR_ALL = 40
"""Characters that are typed of a name that is longer, or cannot be typed."""


def visible(text: str) -> str:
    """Return ``text`` with control, bidi and zero-width characters as ``<U+001B>``.

    Newline and tab stay, since diffs need them.
    """
    return _UNSAFE.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def json_escaped(text: str) -> str:
    r"""Return JSON safe to show: unsafe characters, which only its strings hold, as ``\u202e``.

    A reader gets the exact value back.
    """
    return _UNSAFE.sub(lambda found: _json_escape(ord(found[0])), text)


def _json_escape(code: int) -> str:
    if code <= 0xFFFF:  # noqa: PLR2004 - the end of the first plane; beyond it JSON takes a pair
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def one_line(text: str, limit: int = LIMIT) -> str:
    """Return ``text`` safe to show on a single line of at most ``limit`` characters."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text  # as nearly all is, a hundred thousand times in a scan
    # Cutting first bounds the work that a hostile megabyte can cause.
    shortened = text[: limit + 1]
    line = visible(shortened).replace("\n", "<U+000A>").replace("\t", " ")
    return line if len(shortened) <= limit and len(line) <= limit else line[: limit - 1] + "…"


def sentence(text: str) -> str:
    """Return ``text`` with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def typeable(name: str) -> str:
    """Return what somebody types to say that this name is meant: the name, where keys can type it.

    Of one that holds what cannot be seen, or that is very long, it is the beginning as shown.
    A blank name would be typed by accident, so that the word is ``yes`` then.
    """
    shown = one_line(name, _LONGEST_TYPED)
    return (name if shown == name else shown[:_STANDS_FOR_ALL]).strip() or "yes"
