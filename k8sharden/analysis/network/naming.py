"""Names of generated policies: what is lost in making one fit comes back as a hash."""

import hashlib
import re

LONGEST = 63
"""Characters of a name that is also fit to be a label's value."""
_LONGEST = LONGEST - len("allow-ingress-")


def label(text: str, *, always: bool = False) -> str:
    """Write a name as a DNS label; what is lost in that comes back as a hash."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if name == text and len(name) <= _LONGEST and not always:
        return name
    return _shortened(name, text, _LONGEST)


def fitted(name: str) -> str:
    """Shorten a name of parts that are labels, where it is too long for one."""
    return name if len(name) <= LONGEST else _shortened(name, name, LONGEST)


def _shortened(name: str, text: str, longest: int) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
    return f"{name[: longest - 7].rstrip('-')}-{digest}"
