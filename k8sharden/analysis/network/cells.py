"""Cells of the matrix of reachability: what a row or a column stands for, and what is between."""

from enum import StrEnum

import msgspec

from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


class Spot(msgspec.Struct, frozen=True, order=True):
    """What a row or a column stands for: a workload, a namespace, or where both are empty outside.

    With ``rest`` it is every namespace but this one.
    """

    namespace: str = ""
    ref: Ref | None = None
    rest: bool = False

    @property
    def kind(self) -> str:
        """``workload``, ``namespace``, ``others`` or ``outside``."""
        if self.ref is not None:
            return "workload"
        return "others" if self.rest else "namespace" if self.namespace else "outside"

    @property
    def label(self) -> str:
        """``Deployment shop/web``, ``shop``, ``other namespaces``, ``outside``; safe to show."""
        if self.ref is not None:
            return self.ref.label
        if self.rest:
            return "other namespaces"
        return one_line(self.namespace, 253) if self.namespace else "outside"

    @property
    def short(self) -> str:
        """The label, for a workload among those of its namespace only its name."""
        return one_line(self.ref.name, 253) if self.ref is not None else self.label

    @property
    def around(self) -> bool:
        """Whether it stands for what is around the rows of a matrix."""
        return self.rest or not self.namespace


OUTSIDE = Spot()


class Extent(StrEnum):
    """How much of a cell gets through."""

    ALL = "all"
    SOME = "some"
    NONE = "none"
    UNKNOWN = "unknown"
    EMPTY = "empty"
    """There is nobody at one of its ends."""


class Cell(msgspec.Struct, frozen=True):
    """From one spot to another: how many of ``pairs`` are open.

    ``full`` are those that are on every port, ``limited`` those on some, whose ``ports`` together
    are given (``TCP 8080``); ``unknown`` those of which that is not known of any port.
    """

    pairs: int = 0
    full: int = 0
    limited: int = 0
    unknown: int = 0
    ports: tuple[str, ...] = ()

    @property
    def extent(self) -> Extent:
        """The cell in a word; what is open for certain comes before what may be."""
        if not self.pairs:
            return Extent.EMPTY
        if self.full == self.pairs:
            return Extent.ALL
        if self.full or self.limited:
            return Extent.SOME
        return Extent.UNKNOWN if self.unknown else Extent.NONE

    @property
    def said(self) -> str:
        """``any``, ``TCP 8080``, ``3 of 12``, ``none``, ``unknown``; ``-`` where nobody is.

        ``3-5 of 12`` is where two of the others are not known.
        """
        if self.extent is Extent.SOME:
            return ", ".join(self.ports) if self.limited == self.pairs else self._share
        return {Extent.ALL: "any", Extent.EMPTY: "-"}.get(self.extent, str(self.extent))

    @property
    def _share(self) -> str:
        sure = self.full + self.limited
        most = f"-{sure + self.unknown:,}" if self.unknown else ""
        return f"{sure:,}{most} of {self.pairs:,}"


class Change(msgspec.Struct, frozen=True):
    """A cell before and after, with the pairs that lose or gain a port and which ports.

    ``lost`` was allowed and is denied, ``gained`` the reverse; ``unsure`` pairs become or cease to
    be unknown on some port.
    """

    before: Cell
    after: Cell
    lost: int = 0
    gained: int = 0
    unsure: int = 0
    lost_ports: tuple[str, ...] = ()
    gained_ports: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing changes."""
        return not (self.lost or self.gained or self.unsure)
