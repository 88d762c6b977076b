"""What a server or a program says of an object, without the secret values that it quotes.

An API server that refuses an object may write out all of it, environment included, and so may a
webhook; a program's last words may hold its password.
"""

from collections.abc import Iterable

from k8sharden.changes.bind import Bound
from k8sharden.model.masking import Masker


def discreet(said: str, about: Iterable[Bound]) -> str:
    """Return a text with the secret values of these writes' objects masked."""
    masker = Masker()
    for bound in about:
        for value in (bound.before, bound.after):
            masker.manifest(value or {})
    return masker.masked(said)
