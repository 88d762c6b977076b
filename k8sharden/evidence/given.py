"""The evidence that somebody gave in files: read once, however often one scans."""

import sys

import msgspec

from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.errors import Refused
from k8sharden.evidence.files import (
    INSIST,
    INSIST_FLOWS,
    NO_EVIDENCE,
    EvidenceFiles,
    LogFiles,
)
from k8sharden.evidence.flows.read import read_flows
from k8sharden.evidence.flows.whose import judge_flows
from k8sharden.evidence.read import read_logs
from k8sharden.evidence.whose import Whose, judge
from k8sharden.model.flows import Flows
from k8sharden.model.inventory import Inventory
from k8sharden.model.usage import Usage


class AuditLog:
    """The log in the files that were named, if any were."""

    def __init__(self, files: LogFiles = NO_EVIDENCE.audit_log) -> None:
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


class FlowLog:
    """The flows in the files that were named, if any were."""

    def __init__(self, files: LogFiles = NO_EVIDENCE.flows) -> None:
        self._files = files
        self._flows: Flows | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """The command line's options that give the same."""
        return self._files.options

    def flows(self, progress: Tell, cancelled: Stopped) -> Flows | None:
        """Return what was observed, None where nothing was given. Raises what `read_flows` does."""
        if self._files.paths and self._flows is None:
            self._flows = read_flows(self._files.paths, sys.stdin.buffer, progress, cancelled)
        return self._flows

    def checked(self, flows: Flows, inventory: Inventory) -> Flows:
        """Return what was observed, with what is to be said of where.

        Raises `Refused` for flows of another cluster, unless that was insisted on.
        """
        whose, reason = judge_flows(flows, inventory)
        if whose is Whose.ANOTHER and not self._files.insisted:
            raise Refused(
                f"The flows are of another cluster: {reason} Give those of this one; "
                f"{INSIST_FLOWS} uses them all the same, as far as they name what is here."
            )
        said = () if whose is Whose.THIS else (reason,)
        return msgspec.structs.replace(flows, blind=(*said, *flows.blind))


class Evidence:
    """All evidence that was given."""

    def __init__(self, files: EvidenceFiles = NO_EVIDENCE) -> None:
        self.audit_log = AuditLog(files.audit_log)
        self.flow_log = FlowLog(files.flows)
