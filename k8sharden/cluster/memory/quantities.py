"""Quantities in the one form in which the API server writes them: ``0.5`` is ``500m``.

Source: k8s.io/apimachinery, pkg/api/resource: the suffix's family stays, the number becomes the
smallest without a fraction.
"""

import re
from decimal import ROUND_CEILING, ROUND_UP, Decimal

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_KIBI = 1024
_MILLI = 1000


def canonical(text: str) -> str:
    """Return a quantity in its canonical form. Raises ValueError for what is none."""
    number, suffix = _split(text)
    if suffix in _BINARY[1:]:
        return _binary(_amount(number, suffix))
    if suffix in _DECIMAL:
        return _decimal(_amount(number, suffix))
    return _exponent(_amount(number, suffix), suffix[0])


def amount(text: str) -> Decimal:
    """Return what a quantity amounts to. Raises ValueError for what is none."""
    return _amount(*_split(text))


def to_milli(text: str) -> str:
    """Return a quantity rounded up to thousandths, as the resources of containers are."""
    exact = amount(text) * _MILLI
    if exact == exact.to_integral_value():
        return text
    return canonical(f"{exact.to_integral_value(ROUND_CEILING)}m")


def _split(text: str) -> tuple[Decimal, str]:
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(
            "quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    return Decimal(found[1]), found[2] or ""


def _amount(number: Decimal, suffix: str) -> Decimal:
    if suffix in _BINARY[1:]:
        return Decimal(number * _KIBI ** _BINARY.index(suffix))
    if suffix in _DECIMAL:
        return number * Decimal(1000) ** (_DECIMAL.index(suffix) - _DECIMAL.index(""))
    return number.scaleb(int(suffix[1:]))


def _binary(value: Decimal) -> str:
    if abs(value) < _KIBI or value != value.to_integral_value():
        return _decimal(value)
    whole, power = int(value), 0
    while whole and whole % _KIBI == 0 and power < len(_BINARY) - 1:
        whole, power = whole // _KIBI, power + 1
    return f"{whole}{_BINARY[power]}"


def _decimal(value: Decimal) -> str:
    nano = int((value * 10**9).to_integral_value(ROUND_UP))
    power = 0
    while nano and nano % 1000 == 0 and power < len(_DECIMAL) - 1:
        nano, power = nano // 1000, power + 1
    return f"{nano}{_DECIMAL[power]}" if nano else "0"


def _exponent(value: Decimal, letter: str) -> str:
    nano = int((value * 10**9).to_integral_value(ROUND_UP))
    exponent = -9
    while nano and nano % 1000 == 0:
        nano, exponent = nano // 1000, exponent + 3
    return f"{nano}{letter}{exponent}" if nano and exponent else str(nano)
