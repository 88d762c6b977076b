"""A real cluster as a place: what a session asks of it."""

import time
from collections.abc import Sequence

from k8sharden.changes.diff import FileDiff, diff_bound
from k8sharden.changes.ground import Reread
from k8sharden.changes.landing import Observe
from k8sharden.changes.plan import Fetch, Plan, Planned, fetcher
from k8sharden.changes.write import Writer
from k8sharden.cluster.api import Api
from k8sharden.cluster.collector import collect, identify
from k8sharden.cluster.observe import observer
from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.cluster.reread import Rereader
from k8sharden.config import ImageSettings
from k8sharden.model.flows import Flows
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.masking import Masker
from k8sharden.model.usage import Usage
from k8sharden.places.registries import RealRegistries
from k8sharden.registry.source import Registries

_NOTHING_SETTLED = ImageSettings()


class ClusterPlace:
    """A real cluster. ``namespaces`` limits the scan; empty means all that may be read."""

    training = False

    def __init__(
        self,
        api: Api,
        name: str,
        *,
        namespaces: Sequence[str] = (),
        options: Sequence[str] = (),
        production: bool = False,
        images: ImageSettings = _NOTHING_SETTLED,
    ) -> None:
        self.name = name
        self.registries: Registries = RealRegistries(images)
        self.production = production
        self.options = tuple(options)
        self._api = api
        self._namespaces = tuple(namespaces)
        self.kind = SourceKind.CLUSTER

    @property
    def writer(self) -> Writer:
        """The cluster itself."""
        return self._api

    @property
    def read_only(self) -> bool:
        """Whether the connection refuses every write."""
        return self._api.read_only

    def lock(self) -> None:
        """Refuse every write from now on; only opening the cluster anew can end that."""
        self._api.read_only = True

    def source(self) -> Source:
        """Ask which cluster this is, without scanning it."""
        return identify(self._api, self.kind, self.name)

    def collect(self, progress: Tell, cancelled: Stopped) -> Inventory:
        """Read the cluster."""
        return collect(
            self._api,
            self.kind,
            name=self.name,
            namespaces=self._namespaces,
            progress=progress,
            cancelled=cancelled,
            clock=time.time,
        )

    def usage(self) -> Usage | None:
        """Return nothing: a cluster does not hand its audit log out."""
        return None

    def flows(self) -> Flows | None:
        """Return nothing: who watches connections is no API server."""
        return None

    @property
    def fetch(self) -> Fetch:
        """Read one object from the cluster."""
        return fetcher(self._api.get)

    @property
    def observe(self) -> Observe:
        """Look at a workload and its pods in the cluster."""
        return observer(self._api)

    @property
    def reread(self) -> Reread:
        """Read lists of the cluster again."""
        return Rereader(self._api, time.monotonic)

    def fixable(self, plan: Plan) -> Plan:
        """Return the plan as it is: a cluster takes every kind of write."""
        return plan

    def diffs(self, changes: Sequence[Planned]) -> list[FileDiff]:
        """Show each object as a manifest, without bookkeeping and secret values."""
        masker = Masker()
        return [diff_bound(bound, masker) for planned in changes for bound in planned.bound]

    def keep(self) -> None:
        """Do nothing: a cluster keeps what was written."""
