"""Containers whose root filesystem is writable, so that an intruder can install what is needed.

Field: ``securityContext.readOnlyRootFilesystem`` of every init, main and ephemeral container.
Allowed value: ``true``. Left out it counts as false.
The fix also gives each container an empty volume at every folder that it is known to write to, and
at those that its image declares as volumes where nothing of the pod's own is mounted.
Each container gets volumes of its own: root filesystems are private to a container, and two that
suddenly shared a /tmp would see each other's files and trip over each other's locks.
Source: NSA/CISA Kubernetes Hardening Guide, "Immutable container file systems"; Kubernetes
documentation, "Configure a Security Context".
"""

import hashlib
import re
from collections.abc import Iterator, Sequence

from k8sharden.analysis.containers import (
    Defect,
    Fix,
    field_of,
    judge,
    linux_workloads,
    named,
    offenders,
    path_of,
    repair,
    verb,
)
from k8sharden.analysis.writable_paths import Writable, writable_paths
from k8sharden.model.change import AddElement, Change, ChangeKind, Edit, NoChange, SetField
from k8sharden.model.facts import Facts
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, Visited, visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload

_FIELD = "securityContext.readOnlyRootFilesystem"
_NAME_LIMIT = 63


def _is_writable(container: Container) -> bool:
    return container.security.read_only_root_filesystem is not True


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, linux_workloads(inventory), _defect)


def _defect(workload: Workload) -> Defect | None:
    found = offenders(workload, _is_writable)
    if not found:
        return None
    message = f"A process in {named(found)} can change the container's own files and programs."
    return Defect(message, field_of(workload, found[0], _FIELD), found)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, lambda workload: _fix(workload, inventory.facts))


def _fix(workload: Workload, facts: Facts) -> Fix:
    open_ones = [seen for seen in offenders(workload, _is_writable) if not seen.is_ephemeral]
    places = [(seen, writable_paths(seen.container, facts)) for seen in open_ones]
    return Fix(
        f"Make the root filesystem of {workload.ref.label} read-only",
        tuple(_edits(workload, places)),
        tuple(_warnings(places)),
    )


def _edits(workload: Workload, places: Sequence[tuple[Visited, Writable]]) -> Iterator[Edit]:
    taken = _volume_names(workload)
    for seen, place in places:
        for folder in place.folders:
            name = _volume_name(folder, seen.container.name, taken)
            taken.add(name)
            yield AddElement((*workload.path, "volumes"), "name", {"name": name, "emptyDir": {}})
            mount = {"name": name, "mountPath": folder}
            yield AddElement(path_of(workload, seen, "volumeMounts"), "mountPath", mount)
        yield SetField(path_of(workload, seen, "securityContext", "readOnlyRootFilesystem"), True)  # noqa: FBT003 - the field's value


def _volume_names(workload: Workload) -> set[str]:
    """Return the names in use; a StatefulSet's claims are known from their mounts only."""
    mounts = (
        mount.name
        for seen in visit_containers(workload.spec)
        for mount in seen.container.volume_mounts or ()
    )
    return {volume.name for volume in workload.spec.volumes} | set(mounts)


def _volume_name(folder: str, container: str, taken: set[str]) -> str:
    """Return a free DNS label for a container's volume: ``k8sharden-tmp-web``."""
    slug = re.sub("[^a-z0-9]+", "-", folder.lower()).strip("-")
    plain = name = f"k8sharden-{slug}-{container}"
    number = 0
    while name in taken or len(name) > _NAME_LIMIT:
        mark = hashlib.sha256(f"{folder}\0{container}\0{number}".encode()).hexdigest()[:8]
        name = f"{plain[: _NAME_LIMIT - len(mark) - 1].rstrip('-')}-{mark}"
        number += 1
    return name


def _warnings(guesses: Sequence[tuple[Visited, Writable]]) -> Iterator[str]:
    unknown = [seen for seen, guess in guesses if not guess.known]
    if unknown:
        yield (
            "Needs testing: beyond its command line and its image's volumes, nobody knows where "
            f"{named(unknown)} {verb(unknown, 'writes', 'write')}. "
            "Look for 'Read-only file system' in the logs."
        )
    for seen, guess in guesses:
        yield from _doubts(named([seen]), guess)


def _doubts(container: str, guess: Writable) -> Iterator[str]:
    if guess.beyond:
        yield (
            f"Needs testing: {container} writes to {_few(guess.beyond)}, beside files "
            "of the image: give it a volume there, or move what it writes."
        )
    fresh = [folder for folder in guess.folders if folder != "/tmp"]  # noqa: S108 - the container's
    if fresh:
        yield (
            f"Empty volumes for {container} at {_few(fresh)}: what the image keeps there is hidden."
        )


def _few(paths: Sequence[str]) -> str:
    return one_line(", ".join(paths), 200)


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A container starts from its image plus a thin writable layer on top, thrown away at the "
        "end. readOnlyRootFilesystem: true takes that layer away: programs, libraries and "
        "settings are exactly those of the image and stay so. What has to be written goes to "
        "volumes that the pod names, such as an empty one at /tmp. Kubernetes leaves the layer "
        "writable unless each container says otherwise."
    ),
    why=(
        "Almost every intrusion begins by writing a file: a web shell beside the pages, a miner, "
        "a changed start script, a fetched exploit. With nowhere to put it, many attacks stop at "
        "their second step, and what is left has to stay in memory. It also keeps you honest: "
        "the image that was scanned is what runs, and a program that quietly grows state in "
        "its own folder is found out before it fills a node's disk."
    ),
    attack=(
        "A flaw in the upload form of Deployment shop/web lets the attacker write one file. They "
        "drop a script beside the web root and call it by URL: now they have a shell that "
        "survives as long as the container. Through it they overwrite the health check so that "
        "it always answers yes, and fetch a scanner for the network of namespace payments. With "
        "a read-only root the first write fails, and the log shows who tried."
    ),
    fix=(
        "Every container, init containers too, gets readOnlyRootFilesystem: true, and an emptyDir "
        "at /tmp and wherever its image or its command line is known to write: nginx at "
        "/var/cache/nginx and /var/run, a `--pid-file` in its folder, and where the image declares "
        "a volume. Each container gets volumes of its own, since root filesystems were never "
        "shared, and nothing is laid over a mount that exists. What nobody can know from outside "
        "is marked as needing a test."
    ),
    breaks=(
        "Programs that write beside themselves: caches in the working directory, unpacked "
        "plug-ins, templates compiled at start, pid files in odd places. They fail with "
        "'Read-only file system', mostly at start, sometimes only under a rare request, so "
        "exercise uploads and reports. A folder under a new empty volume hides what the image "
        "had there. emptyDir counts as the pod's ephemeral storage, as the layer did."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/web`, then `kubectl -n shop exec deploy/web "
        "-c web -- touch /probe` must fail with 'Read-only file system', and `… -- touch "
        "/tmp/probe` must work. Search `kubectl -n shop logs deploy/web --all-containers` for "
        "'Read-only' and 'EROFS', and watch the restart counts for an hour of real traffic."
    ),
    reading=(
        Reference(
            "Configure a security context for a pod or container",
            f"{_DOCS}/tasks/configure-pod-container/security-context/",
        ),
        Reference("Volumes: emptyDir", f"{_DOCS}/concepts/storage/volumes/#emptydir"),
        Reference(
            "Application security checklist",
            f"{_DOCS}/concepts/security/application-security-checklist/",
        ),
    ),
)

ITEM = Item(
    id="rt-rofs",
    title="Root filesystems are read-only",
    area=Area.RUNTIME,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("NSA/CISA Kubernetes Hardening Guide: immutable container file systems"),
        Reference(
            "Kubernetes application security checklist",
            f"{_DOCS}/concepts/security/application-security-checklist/",
        ),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
