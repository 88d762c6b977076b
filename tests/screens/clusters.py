"""Clusters that do what the training cluster never does: refuse, hide, go silent, matter."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from k8sharden.changes.write import Writer, WrittenObject
from k8sharden.cluster.progress import Progress
from k8sharden.errors import ClusterUnavailable, Forbidden, K8shardenError, Unauthorized
from k8sharden.model import kinds
from k8sharden.model.inventory import Coverage, Entry, Inventory
from k8sharden.model.ref import Ref
from k8sharden.places.training import TrainingPlace

Progressed = Callable[[Progress], None]


class Production(TrainingPlace):
    """Somebody's own cluster, on which people depend."""

    training = False

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.name, self.production, self.options = "prod-eu", True, ("--context", "prod-eu")


class Own(Production):
    """Somebody's own cluster, for trying things out."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.name, self.production, self.options = "staging", False, ("--context", "staging")


class Failing(Own):
    """A cluster that cannot be read."""

    error: K8shardenError

    def collect(self, progress: Progressed, cancelled: Callable[[], bool]) -> Inventory:  # noqa: ARG002 - never used
        """Fail."""
        raise self.error


class Silent(Failing):
    """Nobody answers."""

    error = ClusterUnavailable("https://staging.kestrelbooks.example:6443 does not answer.")


class LoggedOut(Failing):
    """The token is too old."""

    error = Unauthorized("The token of context staging has expired.", status=401)


class Closed(Failing):
    """The user may read nothing."""

    error = Forbidden("ada may not list anything in staging.", status=403)


class Hidden(Own):
    """The user may not read everything."""

    hidden: tuple[kinds.ResourceType, ...] = (
        kinds.NODES,
        kinds.ROLE_BINDINGS,
        kinds.CLUSTER_ROLE_BINDINGS,
    )

    def collect(self, progress: Progressed, cancelled: Callable[[], bool]) -> Inventory:
        """Leave out what is not allowed."""
        inventory = super().collect(progress, cancelled)
        ledger = dict(inventory.ledger)
        for kind in self.hidden:
            ledger[kind.key] = Entry(
                kind.key, Coverage.FORBIDDEN, permission=f"list {kind.key} in all namespaces"
            )
        objects = {key: items for key, items in inventory.objects.items() if ledger[key].complete}
        return msgspec.structs.replace(inventory, objects=objects, ledger=ledger)


class Managed(Own):
    """A cluster whose control plane somebody else runs."""

    def collect(self, progress: Progressed, cancelled: Callable[[], bool]) -> Inventory:
        """Say who runs it."""
        inventory = super().collect(progress, cancelled)
        plane = msgspec.structs.replace(inventory.control_plane, distribution="EKS", managed=True)
        return msgspec.structs.replace(inventory, control_plane=plane)


class _Refusing:
    """Writes one object; whatever comes then is refused, at once or when it is meant."""

    def __init__(self, writer: Writer, *, at_once: bool) -> None:
        self._writer = writer
        self._at_once = at_once
        self._made = 0
        self.get = writer.get
        self.patch = writer.patch
        self.delete = writer.delete
        self.ask = writer.ask

    def create(self, manifest: dict[str, Any], ref: Ref, *, dry_run: bool = False) -> WrittenObject:
        """Make an object, or refuse to."""
        if self._at_once or (self._made and not dry_run):
            raise Forbidden(
                f'admission webhook "policy.kestrelbooks.example" denied {ref.label}: '
                "label team is missing.",
                status=403,
            )
        self._made += not dry_run
        return self._writer.create(manifest, ref, dry_run=dry_run)


class Refusing(TrainingPlace):
    """A cluster whose admission changes its mind after the first object."""

    _at_once = False

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self._writer = _Refusing(super().writer, at_once=self._at_once)

    @property
    def writer(self) -> Writer:
        """The writer that refuses."""
        return self._writer


class Strict(Refusing):
    """A cluster whose admission refuses already at the dry run."""

    _at_once = True
