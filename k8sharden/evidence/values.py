"""Takes the values of a file apart: one on each line, or printed over several."""

from collections.abc import Iterable, Iterator

from k8sharden.evidence.lines import lines
from k8sharden.evidence.pretty import Broken, Pretty


class Values:
    """Yields values, and counts what was too long, or ended in the middle."""

    def __init__(self) -> None:
        self.oversized = self.truncated = 0
        self._pretty = Pretty()

    def of(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the values of one file; most lines are one."""
        for line in lines(chunks):
            if line is None:
                self.oversized += 1
            elif self._pretty.inside or self._pretty.begins(line):
                yield from self._printed(line)
            else:
                yield line
        if self._pretty.inside:
            self._pretty = Pretty()
            self.truncated += 1

    def _printed(self, line: bytes) -> Iterator[bytes]:
        """Take one line of a value that was printed over several."""
        try:
            for value in self._pretty.take(line):
                if value is None:
                    self.oversized += 1
                else:
                    yield value
        except Broken:
            self.truncated += 1
            if not self._pretty.begins(line):
                yield line
