"""What a place offers to a session: the seam between the use cases and where they work."""

from collections.abc import Sequence
from typing import Protocol

from k8sharden.changes.diff import FileDiff
from k8sharden.changes.ground import Reread
from k8sharden.changes.landing import Observe
from k8sharden.changes.plan import Fetch, Plan, Planned
from k8sharden.changes.write import Writer
from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.model.flows import Flows
from k8sharden.model.inventory import Inventory, Source
from k8sharden.model.usage import Usage
from k8sharden.registry.source import Registries


class Place(Protocol):
    """Where a session works: a cluster, the training cluster, or a set of files."""

    @property
    def name(self) -> str:
        """What a person calls it: the context, ``training``, the paths."""
        ...

    @property
    def options(self) -> tuple[str, ...]:
        """The command line's options that lead to the same place."""
        ...

    @property
    def writer(self) -> Writer | None:
        """Where changes are sent; None for files, which are changed by a patch."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether nothing may be written."""
        ...

    @property
    def production(self) -> bool:
        """Whether the settings say that people depend on it."""
        ...

    @property
    def training(self) -> bool:
        """Whether it is the training cluster, where nothing can break."""
        ...

    @property
    def registries(self) -> Registries:
        """Who is asked about images, when somebody wants that."""
        ...

    def source(self) -> Source:
        """Say which cluster or files this is, without scanning."""
        ...

    def collect(self, progress: Tell, cancelled: Stopped) -> Inventory:
        """Read everything that the checks need."""
        ...

    def usage(self) -> Usage | None:
        """Say what its own audit log shows; None where somebody has to give one."""
        ...

    def flows(self) -> Flows | None:
        """Say which connections it observed itself; None where somebody has to give them."""
        ...

    @property
    def fetch(self) -> Fetch:
        """Read one whole object."""
        ...

    @property
    def observe(self) -> Observe:
        """Look at a workload and its pods while it rolls out; only where there is a writer."""
        ...

    @property
    def reread(self) -> Reread:
        """Read again what a change rests on; only where there is a writer."""
        ...

    def fixable(self, plan: Plan) -> Plan:
        """Move what cannot be written here to the plan's ``unfixed``, with the reason."""
        ...

    def diffs(self, changes: Sequence[Planned]) -> list[FileDiff]:
        """Show these changes, taken together, as one diff per file."""
        ...

    def keep(self) -> None:
        """Keep what was written, where the place does not keep it by itself."""
        ...
