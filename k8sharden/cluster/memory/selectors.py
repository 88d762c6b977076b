"""Label and field selectors of lists.

Source: k8s.io/apimachinery, pkg/labels, v1.36.
"""

import re
from collections.abc import Callable, Collection, Mapping

from k8sharden.cluster.memory.failures import bad_request

Labels = Mapping[str, str]
Test = Callable[[Labels], bool]

_KEY = r"([\w./-]+)"
_SET = re.compile(rf"{_KEY}\s+(in|notin)\s+\(([^()]*)\)$")
_EQUAL = re.compile(rf"{_KEY}\s*(==|=|!=)\s*([\w.-]*)$")
_EXISTS = re.compile(rf"(!?)\s*{_KEY}$")
_OUTSIDE = re.compile(r",(?![^()]*\))")


def label_selector(text: str) -> Test:
    """Return the test of a selector. Raises the 400 of one that cannot be read."""
    tests = [_requirement(part.strip()) for part in _OUTSIDE.split(text)] if text.strip() else []
    return lambda labels: all(test(labels) for test in tests)


def _requirement(text: str) -> Test:
    if found := _SET.match(text):
        values = {each.strip() for each in found[3].split(",")}
        return _among(found[1], values, wanted=found[2] == "in")
    if found := _EQUAL.match(text):
        return _among(found[1], {found[3]}, wanted=found[2] != "!=")
    if found := _EXISTS.match(text):
        key, wanted = found[2], not found[1]
        return lambda labels: (key in labels) is wanted
    raise bad_request(
        f"unable to parse requirement: found '{text}', expected: !, identifier, or 'end of string'"
    )


def _among(key: str, values: set[str], *, wanted: bool) -> Test:
    return lambda labels: (key in labels and labels[key] in values) is wanted


def field_selector(text: str, more: Collection[str] = ()) -> Test:
    """Return the test of a selector over ``metadata.name``, ``metadata.namespace`` and ``more``."""
    tests = []
    for part in filter(None, text.split(",")):
        found = re.match(r"([\w.]+)(==|=|!=)(.*)$", part)
        known = ("metadata.name", "metadata.namespace", *more)
        if found is None or found[1] not in known:
            word = found[1] if found else part
            raise bad_request(
                f'"{word}" is not a known field selector: '
                'only "metadata.name", "metadata.namespace"'
            )
        tests.append(
            _among(found[1].removeprefix("metadata."), {found[3]}, wanted=found[2] != "!=")
        )
    return lambda metadata: all(test(metadata) for test in tests)
