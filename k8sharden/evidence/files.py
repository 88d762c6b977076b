"""The evidence that somebody names in files: what the app's first screens know of it."""

from typing import NamedTuple

OPTION = "--audit-log"
INSIST = "--insist-audit-log"
FLOWS = "--flows"
INSIST_FLOWS = "--insist-flows"
STDIN = "-"


class LogFiles(NamedTuple):
    """Files and folders; with ``insisted`` they are of this cluster, whatever they look like.

    ``option`` is the one that names them on the command line.
    """

    paths: tuple[str, ...] = ()
    insisted: bool = False
    option: str = OPTION

    @property
    def options(self) -> tuple[str, ...]:
        """The command line's options that name the same."""
        words = tuple(word for path in self.paths for word in (self.option, path))
        insist = self.option.replace("--", "--insist-", 1)
        return (*words, insist) if words and self.insisted else words


class EvidenceFiles(NamedTuple):
    """All evidence that was named: audit logs, and files of flows."""

    audit_log: LogFiles = LogFiles()
    flows: LogFiles = LogFiles(option=FLOWS)

    @property
    def from_stdin(self) -> tuple[str, ...]:
        """The options that read the standard input."""
        return tuple(each.option for each in self if STDIN in each.paths)


NO_EVIDENCE = EvidenceFiles()
"""What is meant where nobody named any."""


def named(
    audit_logs: tuple[str, ...],
    flows: tuple[str, ...],
    *,
    insist_audit_log: bool = False,
    insist_flows: bool = False,
) -> EvidenceFiles:
    """Return what the command line's options name."""
    return EvidenceFiles(
        LogFiles(audit_logs, insist_audit_log), LogFiles(flows, insist_flows, FLOWS)
    )
