"""The audit log that somebody gave: read once, however often one scans."""

import sys

import msgspec

from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.errors import Refused
from k8sharden.evidence.files import INSIST, NO_LOG, LogFiles
from k8sharden.evidence.read import read_logs
from k8sharden.evidence.whose import Whose, judge
from k8sharden.model.inventory import Inventory
from k8sharden.model.usage import Usage


class AuditLog:
    """The log in the files that were named, if any were."""

    def __init__(self, files: LogFiles = NO_LOG) -> None:
        self._files = files
        self._usage: Usage | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """The command line's options that give the same."""
        return self._files.options

    def usage(self, progress: Tell, cancelled: Stopped) -> Usage | None:
        """Return what the log shows, None where none was given. Raises what `read_logs` raises."""
        if self._files.paths and self._usage is None:
            self._usage = read_logs(self._files.paths, sys.stdin.buffer, progress, cancelled)
        return self._usage

    def checked(self, usage: Usage, inventory: Inventory) -> Usage:
        """Return what the log shows, with what is to be said of whose it is.

        Raises `Refused` for a log of another cluster, unless that was insisted on.
        """
        whose, reason = judge(usage, inventory)
        if whose is Whose.ANOTHER and not self._files.insisted:
            raise Refused(
                f"The audit log is of another cluster: {reason} Give the log of this one; {INSIST} "
                "uses it all the same, where the cluster was made anew and does the same work."
            )
        said = () if whose is Whose.THIS else (reason,)
        return msgspec.structs.replace(usage, blind=(*said, *usage.blind))
