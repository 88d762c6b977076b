"""Names of generated policies: what is lost in making one fit comes back as a hash."""

import hashlib
import re

_LONGEST = 63 - len("allow-ingress-")


def label(text: str, *, always: bool = False) -> str:
    """Write a name as a DNS label; what is lost in that comes back as a hash."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if name == text and len(name) <= _LONGEST and not always:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
    return f"{name[: _LONGEST - 7].rstrip('-')}-{digest}"
