"""Seal what may hold exact values: AES-256-GCM, a fresh nonce each time.

What a sealed text is about goes in as associated data, so that it opens in its own place only: not
under another entry, another number or another cluster. Source: NIST SP 800-38D; with random nonces
of 96 bits a key is good for 2**32 texts.
"""

import os

import msgspec

from k8sharden.errors import InputError

KEY_SIZE = 32
"""Bytes; AES-256."""

_NONCE = 12


class Unsealable(InputError):
    """A sealed text does not open: another key sealed it, or it was changed since."""


class Key(msgspec.Struct, frozen=True):
    """A key with the name that entries know it by."""

    name: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.name!r})"

    def seal(self, text: bytes, *about: str | int) -> bytes:
        """Return ``text`` sealed, with its nonce before it."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - 25 ms

        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.secret).encrypt(nonce, text, msgspec.json.encode(about))

    def unseal(self, sealed: bytes, *about: str | int) -> bytes:
        """Return what was sealed about the same. Raises `Unsealable`."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        nonce, text = sealed[:_NONCE], sealed[_NONCE:]
        try:
            return AESGCM(self.secret).decrypt(nonce, text, msgspec.json.encode(about))
        except (InvalidTag, ValueError) as error:
            raise Unsealable("It was changed since it was sealed.") from error


def new_key() -> Key:
    """Make a key with a name of its own."""
    return Key(os.urandom(4).hex(), os.urandom(KEY_SIZE))
