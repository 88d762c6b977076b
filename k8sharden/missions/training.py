"""The training cluster as missions see it: with other people's rights, and from its inside."""

from functools import cached_property
from typing import NoReturn

from k8sharden.cluster.api import Api
from k8sharden.cluster.training.control_plane import TrainingCluster
from k8sharden.errors import InputError
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, pods_of, workloads
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session


class Training:
    """The training cluster at one moment: make a new one after anything was changed."""

    def __init__(self, place: TrainingPlace) -> None:
        self.place = place

    @property
    def cluster(self) -> TrainingCluster:
        """The cluster itself."""
        return self.place.cluster

    @property
    def admin(self) -> Api:
        """The API for somebody who may read everything and, here, writes nothing."""
        return Api(self.cluster.transport(), read_only=True)

    def api(self, user: str) -> Api:
        """Return the API for this user; an attacker does not ask k8sharden whether to write."""
        return Api(self.cluster.transport(user))

    @cached_property
    def inventory(self) -> Inventory:
        """Everything that a scan reads."""
        return self.place.collect(lambda _: None, lambda: False)

    def workload(self, ref: Ref) -> Workload:
        """Return a workload by its reference. Raises `InputError` where it is gone."""
        found = next((each for each in workloads(self.inventory) if each.ref == ref), None)
        return found or _gone(ref)

    def containers(self, ref: Ref, name: str) -> tuple[Container, ...]:
        """Return a container of a workload as its running pods have it.

        Where no controller has seen the workload yet, its template speaks for the pods to come.
        """
        template = self.workload(ref).spec
        status = self.admin.get(ref).get("status") or {}
        rolled = "observedGeneration" in status
        specs = [pod.spec for pod in self.pods(ref)] if rolled else [template]
        found = [each for spec in specs for each in spec.containers or () if each.name == name]
        return tuple(found) or _gone(ref)

    def template(self, ref: Ref, name: str) -> Container:
        """Return a container of a workload as its template has it; raises as `workload` does."""
        containers = self.workload(ref).spec.containers or ()
        return next((each for each in containers if each.name == name), None) or _gone(ref)

    def pods(self, ref: Ref) -> tuple[o.Pod, ...]:
        """Return the running pods of a workload. Raises `InputError` where there are none."""
        return pods_of(self.inventory).get(ref, ()) or _gone(ref)


def training_of(session: Session) -> Training:
    """Return the training cluster that a session works on. Raises `InputError` for another place.

    Missions attack what they are pointed at, so they never run anywhere else.
    """
    if not isinstance(session.place, TrainingPlace):
        raise InputError(
            "Missions attack what they show, so they run on the training cluster only: "
            "`k8sharden demo`."
        )
    return Training(session.place)


def _gone(ref: Ref) -> NoReturn:
    raise InputError(
        f"{ref.label} is no longer in the training cluster as the mission needs it. "
        "`k8sharden demo --reset` brings it back and keeps your progress."
    )
