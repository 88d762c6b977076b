"""Which digest an image is to be pinned to: the one that runs, or the one that a registry told.

What runs comes first, since nothing new arrives with it; `imageID` in the status of the workload's
own pods tells it. A registry is believed where nothing runs, and where it shows that digests which
differ belong to one index: that of each architecture is another one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import msgspec

from k8sharden.analysis.containers import Fix, path_of
from k8sharden.analysis.images import repository_digest
from k8sharden.analysis.registries import image_of
from k8sharden.model.change import NoChange, SetImage
from k8sharden.model.facts import ImageFact
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.kinds import NODES, PODS, REPLICA_SETS, listings
from k8sharden.model.objects import ContainerStatus, Node, Pod
from k8sharden.model.pods import Container, Visited, visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, pods_of

_NO_PUSHES = "A push to the tag no longer arrives by itself: releases have to change the digest."
ASK = "Ask the registry: --registries on the command line, R on the Images screen."
"""What to do where only a registry knows."""


class Pin(msgspec.Struct, frozen=True):
    """The digest to pin an image to, and what there is to say of it."""

    digest: str
    warnings: tuple[str, ...] = ()


def is_tagged(container: Container, inventory: Inventory) -> bool:
    """Whether a container's image has no digest; one that is no valid reference has none."""
    # Looked at first, since parsing thousands of names costs more than everything else here.
    if "@" not in container.image:
        return True
    image = image_of(container.image, inventory)
    return image is None or not image.digest


def pinned(
    inventory: Inventory, workload: Workload, containers: Iterable[Visited]
) -> Fix | NoChange:
    """Return what pins the images of these containers, or why one of them cannot be."""
    found: dict[str, Pin] = {}
    edits = []
    for seen in containers:
        if seen.is_ephemeral:
            continue
        pin = _pin(inventory, workload, seen.container)
        if isinstance(pin, NoChange):
            return pin
        found[seen.container.name] = pin
        path = path_of(workload, seen, "image")
        edits.append(SetImage(path, seen.container.image, digest=pin.digest))
    return Fix(
        f"Pin the images of {workload.ref.label} to what runs",
        tuple(edits),
        (_NO_PUSHES, *dict.fromkeys(said for pin in found.values() for said in pin.warnings)),
        {f"digest of {name}": pin.digest for name, pin in found.items()},
        listings((PODS, REPLICA_SETS), workload.namespace),
    )


def _pin(inventory: Inventory, workload: Workload, container: Container) -> Pin | NoChange:
    name = f"container {one_line(container.name, 70)}"
    image = image_of(container.image, inventory)
    if image is None:
        return NoChange(f"The image of {name} is no valid reference: correct it first.")
    fact = inventory.facts.image(container.image)
    pods = pods_of(inventory).get(workload.ref, ())
    if not pods or inventory.source.kind is SourceKind.MANIFESTS:
        return Pin(fact.digest) if fact else _nothing_runs(inventory, container)
    ids = [status.image_id for pod in pods for status in statuses(pod, container)]
    digests = {repository_digest(image_id, image) for image_id in ids if image_id}
    running = _running(inventory, container, digests, fact)
    return running or NoChange(_disagreement(digests, name, image.repository))


def _running(
    inventory: Inventory, container: Container, digests: set[str], fact: ImageFact | None
) -> Pin | None:
    """Weigh what runs against what a registry said; None where they do not tell."""
    name = f"container {one_line(container.name, 70)}"
    if fact and digests and digests <= {fact.digest, *fact.manifests}:
        return Pin(fact.digest)
    if len(digests) == 1 and "" not in digests:
        return Pin(next(iter(digests)), tuple(_doubts(inventory, container, fact)))
    if fact and not digests - {""}:
        return Pin(fact.digest, (_not_from_there(name),))
    if fact and fact.digest in digests:
        return Pin(fact.digest, (_not_all(len(digests), name),))
    return None


def _nothing_runs(inventory: Inventory, container: Container) -> NoChange:
    asked = inventory.facts.images.get(container.image)
    if asked is not None:
        return NoChange(asked.problem)
    if inventory.source.kind is SourceKind.MANIFESTS:
        return NoChange(
            "A file does not say which digest its tag stands for: scan the cluster that runs it, "
            "ask the registry (--registries), or let the build write the digest."
        )
    return NoChange(
        "No pod of it runs, so nothing tells which digest is meant: scan again while one runs. "
        + ASK
    )


def _doubts(inventory: Inventory, container: Container, fact: ImageFact | None) -> Iterator[str]:
    """Yield what speaks against the digest that runs."""
    if fact is not None:
        yield (
            f"The registry has another image under {one_line(container.image, 120)} by now: it is "
            "pinned to what runs, not to that one."
        )
    known = architectures(inventory)
    if len(set(known.values())) > 1:
        yield (
            f"Needs testing: nodes are {' and '.join(sorted(set(known.values())))}, and only the "
            "registry knows whether the digest is that of the image index. The digest of one "
            f"architecture starts on no other. {ASK}"
        )


def _not_from_there(name: str) -> str:
    return (
        f"Needs testing: what runs as {name} was not pulled from its registry by a digest, so that "
        "the registry's may be another image."
    )


def _not_all(number: int, name: str) -> str:
    return (
        f"Needs testing: replicas run {number} different images as {name}, and this pins the one "
        "that the registry has under the tag today. Find out who moved the tag first: it may have "
        "been the wrong one."
    )


def _disagreement(digests: set[str], name: str, repository: str) -> str:
    if not digests:
        return (
            f"No pod runs {name} from the image of the template: wait for the rollout to end, or "
            "look for a webhook that rewrites images."
        )
    if "" in digests:
        return (
            f"A node knows the image of {name} by no digest of {one_line(repository, 120)}: "
            f"it was loaded by hand or comes from a mirror. {ASK}"
        )
    return (
        f"Replicas run {len(digests)} different images as {name} under one tag: find out which one "
        "is meant, restart the rollout so that they agree, then scan again."
    )


def statuses(pod: Pod, container: Container) -> Iterator[ContainerStatus]:
    """Yield what a pod says of a container, where it was made from the template's image."""
    asked = {seen.container.name: seen.container.image for seen in visit_containers(pod.spec)}
    if pod.status is None or asked.get(container.name) != container.image:
        return
    for found in (pod.status.init_container_statuses, pod.status.container_statuses):
        yield from (status for status in found or () if status.name == container.name)


def architectures(inventory: Inventory) -> Mapping[str, str]:
    """Return the architecture of each node that says it, as ``arm64``."""
    if "architectures" not in inventory.cache:
        infos = (
            (node.name, node.status.node_info)
            for node in inventory.of(NODES, Node)
            if node.status and node.status.node_info
        )
        inventory.cache["architectures"] = {
            name: one_line(info.architecture, 20) for name, info in infos if info.architecture
        }
    return cast("Mapping[str, str]", inventory.cache["architectures"])


def drifted(
    inventory: Inventory, container: Container, pods: Sequence[Pod]
) -> Mapping[str, Mapping[str, int]]:
    """Return the digests by which replicas run one tag, by architecture, where they differ.

    Each digest has the number of its replicas. Compared are nodes of one architecture, since each
    has an image of its own under one index, and digests of the reference's own repository.
    """
    image = image_of(container.image, inventory)
    if image is None or image.digest:
        return {}
    counts: dict[str, Counter[str]] = {}
    for pod in pods:
        on = architectures(inventory).get(pod.spec.node_name or "", "")
        found = (repository_digest(each.image_id, image) for each in statuses(pod, container))
        counts.setdefault(on, Counter()).update(digest for digest in found if digest)
    return {on: digests for on, digests in counts.items() if len(digests) > 1}
