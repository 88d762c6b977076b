"""What the controllers see and do in one moment: objects by their owner, writes, when to look anew.

Names, addresses and identities of what they make are derived, so that each run comes out the same.
"""

import hashlib
import math
import uuid
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from k8sharden.cluster.memory.admission import Admission
from k8sharden.cluster.memory.bootstrap import loaded
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.cluster.simulation import times
from k8sharden.cluster.simulation.images import Images
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_STEM = 200
_SPACE = uuid.UUID("6b0c7a52-1f0e-5d0a-9c58-0a4c1d2e3f40")


class World:
    """The store at one moment. ``now`` is in seconds since 1970.

    ``due`` is the next moment at which something happens by itself, and ``refresh`` the next at
    which only a counter is out of date; both infinite where there is none.
    """

    def __init__(self, store: Store, admission: Admission, images: Images, now: int) -> None:
        self.store = store
        self.images = images
        self.now = now
        self.due = math.inf
        self.refresh = math.inf
        self._admission = admission
        self._owned: dict[tuple[str, str], list[Object]] = {}
        for kind in (kinds.PODS, kinds.REPLICA_SETS):
            for value in store.of(kind):
                owner = controller(value)
                if owner:
                    self._owned.setdefault((kind.key, owner), []).append(value)

    @property
    def time(self) -> str:
        """The moment as the API writes it."""
        return times.written(self.now)

    def wake(self, at: int) -> None:
        """Look again at a later moment."""
        if at > self.now:
            self.due = min(self.due, at)

    def owned(self, kind: ResourceType, owner: Object) -> list[Object]:
        """Return the objects of a type that an object controls, by name."""
        found = self._owned.get((kind.key, owner["metadata"]["uid"]), ())
        return sorted(found, key=lambda value: str(value["metadata"]["name"]))

    def put(self, kind: ResourceType, value: Object) -> Object:
        """Store an object, unless that changes nothing."""
        metadata = value["metadata"]
        old = self.store.find(kind, metadata.get("namespace", ""), metadata["name"])
        if old == value:
            return value
        stored = self.store.put(kind, value)
        owner = controller(stored)
        if owner:
            others = self._owned.setdefault((kind.key, owner), [])
            others[:] = [each for each in others if each["metadata"]["name"] != metadata["name"]]
            others.append(stored)
        return stored

    def put_status(self, kind: ResourceType, value: Object, status: Object) -> Object:
        """Store an object's status, its zero counts left out as the server does."""
        return self.put(kind, value | {"status": status})

    def drop(self, kind: ResourceType, value: Object) -> None:
        """Take an object away."""
        metadata = value["metadata"]
        self.store.drop(kind, metadata.get("namespace", ""), metadata["name"])
        others = self._owned.get((kind.key, controller(value)), [])
        others[:] = [each for each in others if each["metadata"]["name"] != metadata["name"]]

    def start(self, owner: Object, template: Object, name: str, **more: Object) -> str:
        """Create a pod of a template; return why the server refused it, or nothing.

        ``more`` are labels beside the template's, and fields beside those of its spec.
        """
        metadata = self.identity(owner, "Pod", name)
        marks = template["metadata"]
        metadata["labels"] = dict(marks.get("labels") or {}) | more.get("labels", {})
        if marks.get("annotations"):
            metadata["annotations"] = dict(marks["annotations"])
        spec = deepcopy(template["spec"]) | more.get("spec", {})
        spec["serviceAccountName"] = spec.get("serviceAccountName") or "default"
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
               "status": {"phase": "Pending"}}  # fmt: skip
        refused = self._admission.refusal(metadata["namespace"], pod)
        if refused:
            return f'pods "{name}" is forbidden: {refused}'
        self.put(*loaded(pod))
        return ""

    def refused(self, owner: Object, message: str, source: str) -> None:
        """Write the event by which a controller says that it could not make a pod.

        Each version of the owner gets one: a real controller counts its attempts in it instead.
        """
        above = owner["metadata"]
        mark = letters(f"{above['uid']}/{above.get('generation', 0)}", 16)
        name = f"{above['name'][:_STEM]}.{mark}"
        if self.store.find(kinds.EVENTS, above["namespace"], name):
            return
        about = {key: above[key] for key in ("namespace", "name", "uid")}
        about |= {key: owner[key] for key in ("apiVersion", "kind")}
        metadata = {key: value for key, value in self.identity(owner, "Event", name).items()
                    if key != "ownerReferences"}  # fmt: skip
        event = {"apiVersion": "v1", "kind": "Event", "metadata": metadata,
                 "involvedObject": about, "reason": "FailedCreate", "message": message,
                 "type": "Warning", "source": {"component": source}, "count": 1,
                 "firstTimestamp": self.time, "lastTimestamp": self.time}  # fmt: skip
        self.put(*loaded(event))

    def identity(self, owner: Object, kind: str, name: str) -> dict[str, Any]:
        """Return the metadata of something that an object makes, and so controls."""
        above = owner["metadata"]
        place = f"{kind}/{above['namespace']}/{name}/{self.now}"
        reference = {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": above["name"],
            "uid": above["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
        return {
            "name": name,
            "namespace": above["namespace"],
            "uid": str(uuid.uuid5(_SPACE, place)),
            "creationTimestamp": self.time,
            "ownerReferences": [reference],
        }

    def free_name(self, owner: Object, taken: Iterable[Object]) -> str:
        """Return a name for one more pod of an owner, with five letters at its end."""
        names = {each["metadata"]["name"] for each in taken}
        stem = owner["metadata"]["name"]
        number = len(names)
        while (name := f"{stem}-{letters(f'{stem}/{self.now}/{number}', 5)}") in names:
            number += 1
        return name


def controller(value: Object) -> str:
    """Return the uid of what controls an object, or nothing."""
    owners = value["metadata"].get("ownerReferences") or ()
    return next((str(each["uid"]) for each in owners if each.get("controller")), "")


def letters(text: str, count: int) -> str:
    """Return letters and digits as Kubernetes uses in generated names: none that spell words."""
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:count])


def counts(**found: int) -> dict[str, int]:
    """Return the counts of a status; the server leaves out those that are zero."""
    return {name: number for name, number in found.items() if number}


def is_ready(pod: Object) -> bool:
    """Whether a pod reports that it is ready."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
