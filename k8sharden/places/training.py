"""The training cluster as a place: in memory, and in a file between two starts."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from k8sharden.cluster.api import Api
from k8sharden.cluster.interrupt import stop_if
from k8sharden.cluster.progress import Progress, Stopped, Tell
from k8sharden.cluster.training import audit_log, flows, training_cluster
from k8sharden.cluster.training.control_plane import TrainingCluster
from k8sharden.cluster.training.registry import SETTLED, answers
from k8sharden.errors import InputError
from k8sharden.evidence.flows.read import read_flow_chunks
from k8sharden.evidence.read import read_chunks
from k8sharden.model.facts import ImageFact
from k8sharden.model.flows import Flows
from k8sharden.model.inventory import SourceKind
from k8sharden.model.usage import Usage
from k8sharden.places.cluster import ClusterPlace

_DAY = 86_400


class TrainingRegistries:
    """The registries of the training cluster: no network is touched."""

    settled = SETTLED

    def ask(
        self, references: Sequence[str], progress: Tell, cancelled: Stopped
    ) -> Mapping[str, ImageFact]:
        """Answer at once."""
        stop_if(cancelled)
        progress(Progress("images", len(references), len(references), finished=True))
        return answers(references)


class TrainingPlace(ClusterPlace):
    """The training cluster. It lives in memory and is kept in a file between two starts."""

    training = True

    def __init__(self, state: Path, *, read_only: bool = False) -> None:
        self._file = state / "training.json"
        self.cluster = self._load()
        super().__init__(
            Api(self.cluster.transport(), read_only=read_only), "training", options=("--demo",)
        )
        self.kind = SourceKind.DEMO
        self.registries = TrainingRegistries()
        self._usage: tuple[int, Usage] | None = None
        self._flows: tuple[int, Flows] | None = None

    def _load(self) -> TrainingCluster:
        """Begin anew where nothing was kept, or where what was kept cannot be read."""
        try:
            return training_cluster(json.loads(self._file.read_bytes()), clock=time.time)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return training_cluster(clock=time.time)

    def usage(self) -> Usage | None:
        """Say what the week's log shows that Sam kept."""
        now = time.time()
        day = int(now // _DAY)
        if self._usage is None or self._usage[0] != day:
            self._usage = day, read_chunks(audit_log.lines(now), audit_log.NAME)
        return self._usage[1]

    def flows(self) -> Flows | None:
        """Say what was seen on the network on the day that Ines watched it."""
        now = time.time()
        day = int(now // _DAY)
        if self._flows is None or self._flows[0] != day:
            self._flows = day, read_flow_chunks(flows.lines(now), flows.NAME)
        return self._flows[1]

    def keep(self) -> None:
        """Write the cluster's objects to its file, whole or not at all.

        Raises `InputError` where it cannot be written.
        """
        fresh = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.write_text(json.dumps(self.cluster.objects()))
            fresh.replace(self._file)
        except OSError as error:
            raise InputError(
                f"The training cluster cannot be kept in {self._file} ({error.strerror}): make the "
                "folder writable, or name another one with K8SHARDEN_STATE."
            ) from error

    @classmethod
    def reset(cls, state: Path) -> None:
        """Begin training anew at the next start."""
        (state / "training.json").unlink(missing_ok=True)
