"""What a scalar of a manifest means: the same as to kubectl.

kubectl reads manifests through sigs.k8s.io/yaml, which resolves as go-yaml v2 does: YAML 1.1's
booleans (``on``, ``y``), octal ``0644`` and ``0o644``, timestamps left as text, and then passes
the value through JSON, so that ``1.0`` is the integer 1. Source: ``resolve.go`` of go-yaml v2.4;
a test compares this module with kubectl itself.
"""

import math
import re
from typing import Any

_WORDS: dict[str, Any] = {
    **dict.fromkeys(
        ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True
    ),
    **dict.fromkeys(
        ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False
    ),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_BASES = (
    (re.compile(r"[-+]?0[xX]([0-9a-fA-F]+)"), 16),
    (re.compile(r"[-+]?0[bB]([01]+)"), 2),
    (re.compile(r"[-+]?0[oO]?([0-7]+)"), 8),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), 10),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_POINT = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
_ODD_BINARY = re.compile(r"0b([-+])([01]+)")
_INT64 = 2**63


class NotJson(ValueError):
    """A number that JSON, and so the API, cannot hold."""


def resolve(text: str) -> Any:
    """Return the value of a plain scalar. Raises `NotJson` for infinities and not-a-number."""
    if text in _WORDS:
        value = _WORDS[text]
    elif text[0] in "+-.0123456789":
        value = _number(text)
    else:
        return text
    return _through_json(value) if isinstance(value, float) else value


def resolve_key(text: str) -> str:
    """Return the name that a plain scalar gives as a mapping's key.

    Raises `NotJson` for a null, and for a fraction, whose digits go-yaml writes anew.
    """
    value = resolve(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, float):
        raise NotJson(f"{text or 'an empty key'!r} is no field name: put it in quotes")
    return str(value)


def is_plain_text(text: str) -> bool:
    """Whether the text, written without quotes, resolves to itself."""
    try:
        return bool(text) and resolve(text) is text and text != "<<"
    except NotJson:
        return False


def _number(text: str) -> Any:
    if text[0] == ".":
        return _float(text.replace("_", ""), text) if _POINT.fullmatch(text) else text
    plain = text.replace("_", "")
    for pattern, base in _BASES:
        found = pattern.fullmatch(plain)
        if found:
            number = int(found[1], base) * (-1 if plain[0] == "-" else 1)
            # Beyond 64 bits go-yaml goes on to read the digits as a decimal float.
            if -_INT64 <= number < 2 * _INT64:
                return number if number < _INT64 else float(number)
    odd = _ODD_BINARY.fullmatch(plain)
    if odd:
        return int(odd[1] + odd[2], 2)
    return _float(plain, text) if _FLOAT.fullmatch(plain) else text


def _float(digits: str, text: str) -> Any:
    """Return the float, or the text where it is too large for one."""
    value = float(digits)
    return text if math.isinf(value) else value


def _through_json(value: float) -> int | float:
    """Return what is left of a float once Go has written it as JSON and read it again."""
    if math.isnan(value) or math.isinf(value):
        raise NotJson("infinite numbers and NaN have no place in a manifest: put it in quotes")
    whole = value.is_integer() and -_INT64 <= value < _INT64 and abs(value) < 1e21  # noqa: PLR2004
    return int(value) if whole else value
