"""The three levels of the Pod Security Standards, in order of strictness."""

from enum import StrEnum


class Level(StrEnum):
    """How much a pod may do to its node; ``PRIVILEGED < BASELINE < RESTRICTED``.

    A level compares by strictness with another one, or with its name, and not by the alphabet.
    """

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """The strictness: 0 for privileged, which refuses nothing, to 2 for restricted."""
        return _ORDER.index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Level(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Level(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Level(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Level(other).rank


_ORDER = tuple(Level)
