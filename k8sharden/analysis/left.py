"""Objects as the writes of a change leave them."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from k8sharden.model.change import Create, Delete, Patch, Write
from k8sharden.model.edits import edited
from k8sharden.model.ref import Ref

Left = dict[Ref, dict[str, Any] | None]
"""Objects as a change leaves them; None where it takes them away."""


def left_by(writes: Iterable[Write], known: Callable[[Ref], msgspec.Struct | None]) -> Left:
    """Return what writes create, take away, and make of objects that are known.

    Raises `EditConflict` where an edit does not fit what was read.
    """
    left: Left = {}
    for write in writes:
        match write:
            case Create(ref=ref, manifest=manifest):
                left[ref] = manifest
            case Delete(ref=ref):
                left[ref] = None
            case Patch(ref=ref, edits=edits) if (found := known(ref)) is not None:
                left[ref] = edited(msgspec.to_builtins(found), edits)
            case _:
                pass
    return left
