"""Sealing: what comes out is what went in, in its own place and with its own key, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sharden.changes.sealing import Unsealable, new_key


@given(st.binary(max_size=200), st.text(max_size=20), st.integers(0, 10**6))
def test_what_was_sealed_opens_with_the_same_key_in_the_same_place(
    text: bytes, entry: str, number: int
) -> None:
    """The text comes back, and is not to be seen in what is stored."""
    key = new_key()
    sealed = key.seal(text, entry, number)
    assert key.unseal(sealed, entry, number) == text
    assert len(text) < 4 or text not in sealed


def test_each_sealing_takes_a_fresh_nonce() -> None:
    """The same text sealed twice reads differently, from its first bytes on."""
    key = new_key()
    assert len({key.seal(b"text", "e", 0)[:12] for _ in range(1_000)}) == 1_000


def test_nothing_else_opens_it() -> None:
    """Another key, entry or number, another byte, or less of it: each is refused."""
    key = new_key()
    sealed = key.seal(b"text", "entry", 1)
    with pytest.raises(Unsealable):
        new_key().unseal(sealed, "entry", 1)
    for about in (("other", 1), ("entry", 2), ("entry", "1"), ("entry",), ("entr", "y", 1)):
        with pytest.raises(Unsealable):
            key.unseal(sealed, *about)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(Unsealable):
            key.unseal(bytes(changed), "entry", 1)
        with pytest.raises(Unsealable):
            key.unseal(sealed[:position], "entry", 1)


def test_a_key_is_not_printed() -> None:
    """What a debugger or a log shows of a key is its name."""
    key = new_key()
    assert repr(key) == f"Key({key.name!r})"
