"""Images that are named by a tag only, so that what runs can change without anybody changing it.

Field: ``image`` of every init, main and ephemeral container.
Allowed value: a reference with a digest, ``repository[:tag]@sha256:…``.
The digest comes from what runs: ``imageID`` in the status of the workload's pods, where that is a
digest of the same repository and all replicas agree.
Source: Kubernetes documentation, "Images"; the distribution project's reference grammar.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

from k8sharden.analysis.containers import (
    EPHEMERAL,
    Defect,
    Fix,
    field_of,
    judge,
    named,
    offenders,
    path_of,
    repair,
)
from k8sharden.analysis.images import parse_image, repository_digest
from k8sharden.model.change import Change, ChangeKind, NoChange, SetField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NODES, PODS, REPLICA_SETS, WORKLOADS, listings
from k8sharden.model.objects import ContainerStatus, Node, Pod
from k8sharden.model.pods import Container, Visited, visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, pods_of, workloads


def _has_no_digest(container: Container) -> bool:
    # Looked at first, since parsing thousands of names costs more than everything else here.
    if "@" not in container.image:
        return True
    image = parse_image(container.image)
    return image is None or not image.digest


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, workloads(inventory), _defect)


def _defect(workload: Workload) -> Defect | None:
    found = offenders(workload, _has_no_digest)
    if not found:
        return None
    images = {seen.container.name: seen.container.image for seen in found}
    field = field_of(workload, found[0], "image")
    return Defect(_said(found), field, found, evidence={"images": images})


def _said(found: Sequence[Visited]) -> str:
    if len(found) == 1:
        return f"What {named(found)} runs can change under its name: its image has no digest."
    return f"What {named(found)} run can change under its name: their images have no digest."


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, partial(_fix, inventory))


def _fix(inventory: Inventory, workload: Workload) -> Fix | NoChange:
    tagged = [seen for seen in offenders(workload, _has_no_digest) if not seen.is_ephemeral]
    if not tagged:
        return NoChange(EPHEMERAL)
    pods = pods_of(inventory).get(workload.ref, ())
    if not pods or inventory.source.kind is SourceKind.MANIFESTS:
        return NoChange(_nothing_runs(inventory))
    digests: dict[str, str] = {}
    for seen in tagged:
        digest = _agreed_digest(seen.container, pods)
        if isinstance(digest, NoChange):
            return digest
        digests[seen.container.name] = digest
    return Fix(
        f"Pin the images of {workload.ref.label} to what runs",
        tuple(
            SetField(
                path_of(workload, seen, "image"),
                f"{seen.container.image}@{digests[seen.container.name]}",
            )
            for seen in tagged
        ),
        tuple(_warnings(inventory)),
        {"digests": digests},
        listings((PODS, REPLICA_SETS), workload.namespace),
    )


def _nothing_runs(inventory: Inventory) -> str:
    if inventory.source.kind is SourceKind.MANIFESTS:
        return (
            "A file does not say which digest its tag stands for: scan the cluster that runs it, "
            "or let the build write the digest."
        )
    return (
        "No pod of it runs, so nothing tells which digest is meant: "
        "scan again while one runs, or let the build write the digest."
    )


def _agreed_digest(container: Container, pods: Sequence[Pod]) -> str | NoChange:
    """Return the digest by which every replica runs a container, or why there is none."""
    name = f"container {one_line(container.name, 70)}"
    image = parse_image(container.image)
    if image is None:
        return NoChange(f"The image of {name} is no valid reference: correct it first.")
    ids = [status.image_id for pod in pods for status in _statuses(pod, container)]
    digests = {repository_digest(image_id, image) for image_id in ids if image_id}
    if not digests:
        return NoChange(
            f"No pod runs {name} from the image of the template: wait for the rollout to end, or "
            "look for a webhook that rewrites images."
        )
    if "" in digests:
        return NoChange(
            f"A node knows the image of {name} by no digest of {one_line(image.repository, 120)}: "
            "it was loaded by hand or comes from a mirror. Ask the registry for the digest."
        )
    if len(digests) > 1:
        return NoChange(
            f"Replicas run {len(digests)} different images as {name} under one tag: "
            "restart the rollout so that they agree, then scan again."
        )
    return digests.pop()


def _statuses(pod: Pod, container: Container) -> Iterator[ContainerStatus]:
    """Yield what a pod says of a container, where it was made from the template's image."""
    asked = {seen.container.name: seen.container.image for seen in visit_containers(pod.spec)}
    if pod.status is None or asked.get(container.name) != container.image:
        return
    for statuses in (pod.status.init_container_statuses, pod.status.container_statuses):
        yield from (status for status in statuses or () if status.name == container.name)


def _warnings(inventory: Inventory) -> Iterator[str]:
    yield "A push to the tag no longer arrives by itself: releases have to change the digest."
    architectures = _architectures(inventory)
    if len(architectures) > 1:
        yield (
            f"Nodes are {' and '.join(architectures)}: ask the registry whether the digest is the "
            "image index, since that of one architecture starts on no other."
        )


def _architectures(inventory: Inventory) -> tuple[str, ...]:
    if "architectures" not in inventory.cache:
        infos = [node.status.node_info for node in inventory.of(NODES, Node) if node.status]
        known = {one_line(info.architecture, 20) for info in infos if info and info.architecture}
        inventory.cache["architectures"] = tuple(sorted(known))
    return cast("tuple[str, ...]", inventory.cache["architectures"])


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "An image name such as registry.kestrel.example/shop/web:1.8 is a signpost, and whoever "
        "may push to the registry can turn it: tags move. A digest, @sha256:…, is the fingerprint "
        "of the content itself. The runtime checks it on arrival, so the same digest is the same "
        "image for ever, on every node. This item lists the containers whose image has none."
    ),
    why=(
        "With a tag, a node that pulls today and one that pulls tomorrow may run different "
        "programs, though nobody changed the Deployment. An image that was scanned, signed and "
        "approved can be swapped behind the approval, and no diff, audit log or rollout history "
        "shows it. With a digest, changing what runs takes a change to the object, which RBAC "
        "guards, the audit log records and a reviewer can see."
    ),
    attack=(
        "An attacker finds a CI token that may push to the registry. They build shop/web once "
        "more with three additional lines that copy card numbers, and push it as 1.8. Nothing "
        "happens yet. Days later worker-1 is drained; the replaced pods of Deployment shop/web "
        "land on worker-2, which pulls 1.8 anew. The Deployment is unchanged, the dashboards are "
        "green, the cards are leaving. Pinned by digest, worker-2 would have fetched the true "
        "image."
    ),
    fix=(
        "Each image becomes repository:tag@sha256:…; the tag stays for people to read, the digest "
        "decides. It is taken from what runs now: the imageID in the status of the workload's own "
        "pods. It counts only as a digest of the same repository, and only when all replicas "
        "agree. Where they differ, nothing runs, or a node knows the image by its local id only, "
        "no digest is invented: you get the reason."
    ),
    breaks=(
        "Pods restart once, on the image that they already run. From then on a re-pushed tag "
        "changes nothing: release pipelines, or a bot such as Renovate, have to update the "
        "digest. A registry that deletes untagged images may delete a pinned one. On nodes of "
        "several architectures the digest has to be that of the index, or pods fail with 'exec "
        "format error'. Image updaters that rewrite tags need to learn digests."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/web`, then compare `kubectl -n shop get "
        "deploy web -o jsonpath='{..image}'` with `kubectl -n shop get pods -o "
        "jsonpath='{..imageID}'`: every replica shows the pinned digest. For the index, "
        "`docker buildx imagetools inspect IMAGE@sha256:…` lists the architectures."
    ),
    reading=(
        Reference("Images: names, tags and digests", f"{_DOCS}/concepts/containers/images/"),
        Reference(
            "Application security checklist",
            f"{_DOCS}/concepts/security/application-security-checklist/",
        ),
        Reference(
            "MITRE ATT&CK T1525, Implant Internal Image",
            "https://attack.mitre.org/techniques/T1525/",
        ),
    ),
)

ITEM = Item(
    id="img-no-digest",
    title="Images are pinned by digest",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("Kubernetes documentation: Images", f"{_DOCS}/concepts/containers/images/"),
        Reference(
            "Kubernetes application security checklist",
            f"{_DOCS}/concepts/security/application-security-checklist/",
        ),
        Reference("MITRE ATT&CK T1525", "https://attack.mitre.org/techniques/T1525/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
