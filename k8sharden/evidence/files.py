"""The audit logs that somebody names: what the app's first screens know of them."""

from typing import NamedTuple

OPTION = "--audit-log"
INSIST = "--insist-audit-log"
STDIN = "-"


class LogFiles(NamedTuple):
    """Files and folders; with ``insisted`` they are of this cluster, whatever they look like."""

    paths: tuple[str, ...] = ()
    insisted: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The command line's options that name the same."""
        words = tuple(word for path in self.paths for word in (OPTION, path))
        return (*words, INSIST) if words and self.insisted else words


NO_LOG = LogFiles()
"""What is meant where nobody named any."""
