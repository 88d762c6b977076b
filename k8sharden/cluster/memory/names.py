"""What names, label keys and label values may look like, in the API server's words.

Source: k8s.io/apimachinery, pkg/util/validation and pkg/api/validation, v1.36.
"""

import re

_MOST_OF_NAME = 63
_MOST_OF_SUBDOMAIN = 253
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_WORD = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_KEY = "[-._a-zA-Z0-9]+"
_ALPHANUMERIC = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character"
)


def label(text: str) -> list[str]:
    """Say what keeps a text from being a DNS label."""
    if re.fullmatch(_LABEL, text):
        return _too_long(text, _MOST_OF_NAME)
    why = (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        "and must start and end with an alphanumeric character "
        f"(e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
    )
    return [*_too_long(text, _MOST_OF_NAME), why]


def subdomain(text: str) -> list[str]:
    """Say what keeps a text from being a DNS subdomain."""
    if re.fullmatch(_SUBDOMAIN, text):
        return _too_long(text, _MOST_OF_SUBDOMAIN)
    why = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character "
        f"(e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
    )
    return [*_too_long(text, _MOST_OF_SUBDOMAIN), why]


def path_segment(text: str) -> list[str]:
    """Say what keeps a text from being a part of a path, as RBAC's names need only be."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{character}'" for character in "/%" if character in text]


def namespace(text: str) -> list[str]:
    """Say what keeps a text from being a namespace's name."""
    return ["must not contain dots"] if "." in text and not subdomain(text) else label(text)


def label_key(text: str) -> list[str]:
    """Say what keeps a text from being the key of a label or annotation."""
    *prefix, name = text.split("/")
    if len(prefix) > 1:
        why = (
            f"a valid label key {_ALPHANUMERIC} (e.g. 'MyName',  or 'my.name',  or '123-abc', "
            f"regex used for validation is '{_WORD}') with an optional DNS subdomain prefix and "
            "'/' (e.g. 'example.com/MyName')"
        )
        return [why]
    found = []
    if prefix == [""]:
        found.append("prefix part must be non-empty")
    elif prefix:
        found += [f"prefix part {each}" for each in subdomain(prefix[0])]
    if not name:
        found.append("name part must be non-empty")
    found += [f"name part {each}" for each in _too_long(name, _MOST_OF_NAME, "bytes")]
    if not re.fullmatch(_WORD, name):
        found.append(
            f"name part {_ALPHANUMERIC} (e.g. 'MyName',  or 'my.name',  or '123-abc', "
            f"regex used for validation is '{_WORD}')"
        )
    return found


def label_value(text: str) -> list[str]:
    """Say what keeps a text from being the value of a label."""
    found = _too_long(text, _MOST_OF_NAME, "bytes")
    if text and not re.fullmatch(_WORD, text):
        found.append(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' "
            "or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
            f"'my_value',  or '12345', regex used for validation is '({_WORD})?')"
        )
    return found


def data_key(text: str) -> list[str]:
    """Say what keeps a text from being a key of a ConfigMap or Secret."""
    if text in (".", "..") or text.startswith(".."):
        return [f"must not be '{text}'" if text in (".", "..") else "must not start with '..'"]
    if re.fullmatch(_KEY, text):
        return _too_long(text, _MOST_OF_SUBDOMAIN)
    why = (
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
        f"'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY}')"
    )
    return [why]


def _too_long(text: str, most: int, unit: str = "characters") -> list[str]:
    return [f"must be no more than {most} {unit}"] if len(text) > most else []
