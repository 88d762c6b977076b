"""Decodes JSON and builtins into typed structs, from any thread.

msgspec learns a struct's fields when its type is first asked for. A second thread that asks
meanwhile is handed what is half learnt, and the interpreter crashes; so types are learnt one at a
time here, and nothing else makes a decoder.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, TypeVar

import msgspec

from k8sharden.model.mentions import from_json

T = TypeVar("T")

_learning = RLock()
_learnt: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder(type_: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type, the same one each time; any thread may use it."""
    known = _learnt.get(type_)
    if known is None:
        with _learning:
            known = _learnt.setdefault(type_, msgspec.json.Decoder(type_, dec_hook=from_json))
    return known


def decode(text: bytes | str, type_: type[T]) -> T:
    """Decode JSON. Raises msgspec.MsgspecError for other JSON, for none, and for what is too deep.

    Not every caller would think of the `RecursionError` that a prepared text causes.
    """
    try:
        return decoder(type_).decode(text)
    except RecursionError as error:
        raise msgspec.DecodeError("JSON is nested too deeply") from error


def convert(value: Any, type_: type[T], *, strict: bool = True) -> T:
    """Turn builtins into a type. Raises msgspec.ValidationError where they do not fit."""
    decoder(type_)
    return msgspec.convert(value, type_, strict=strict, dec_hook=from_json)


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the garbage collector while objects come in or are judged, and next to none is garbage.

    It would walk through all of them again and again, which takes a third of the time.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
