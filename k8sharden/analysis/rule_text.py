"""What the rules of an admission policy speak of, told by their text: images, their origin, rights.

Whom a rule leaves alone is no part of what it asks for: the templates of Gatekeeper's library
exempt containers by their image, whatever they are about. Source: its parameter `exemptImages`.
"""

import re
from collections.abc import Iterator, Mapping

_ABOUT_IMAGES = re.compile(r"\b(verifyI|i)mages?\b")
_ABOUT_ORIGIN = re.compile(
    r"sha256|digest|registr|\brepos|signature|attest|cosign|notar|verifyImages|[a-z0-9]\.[a-z0-9-]+/",
    re.IGNORECASE,
)
_ABOUT_RIGHTS = re.compile(
    r"\b(?:podSecurity|privileged|allowPrivilegeEscalation|runAsNonRoot|runAsUser|capabilities"
    r"|host(?:PID|IPC|Network|Path))\b"
)
_EXEMPTING = re.compile(r"\s*package\s+lib\.exempt")
_IS_EXEMPT = re.compile(r"[\w.]{1,80}\.image\s+in\s+variables\.exempt\w{0,80}")


def speaks_of_images(*rules: object) -> bool:
    """Whether rules judge images; ``imagePullPolicy`` is another word."""
    return any(_ABOUT_IMAGES.search(text) for text in _texts(rules))


def asks_for_origin(*rules: object) -> bool:
    """Whether rules ask where images come from, or for a digest or signature."""
    return any(_ABOUT_ORIGIN.search(text) for text in _texts(rules))


def speaks_of_rights(*rules: object) -> bool:
    """Whether rules judge what the Pod Security Standards judge: what a pod may do on its node."""
    return any(_ABOUT_RIGHTS.search(text) for text in _texts(rules))


def _texts(value: object) -> Iterator[str]:
    """Yield every text of a value, the names of its fields included, but no exemptions."""
    if isinstance(value, str):
        if not _EXEMPTING.match(value):
            yield _IS_EXEMPT.sub("", value)
    elif isinstance(value, Mapping):
        if _exempts(value.get("name")):
            return
        for key, each in value.items():
            if not _exempts(key):
                yield str(key)
                yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _exempts(name: object) -> bool:
    """Whether a variable or a parameter is called after whom it exempts."""
    return isinstance(name, str) and name.lower().startswith("exempt")
