"""Images that are named by a tag only, so that what runs can change without anybody changing it.

Field: ``image`` of every init, main and ephemeral container.
Allowed value: a reference with a digest, ``repository[:tag]@sha256:…``.
The digest comes from what runs: ``imageID`` in the status of the workload's pods, where that is a
digest of the same repository and all replicas agree; or from the registry, where it was asked.
Source: Kubernetes documentation, "Images"; the distribution project's reference grammar.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from k8sharden.analysis.containers import Defect, image_defect, judge, named, offenders, repair
from k8sharden.analysis.pinning import is_tagged, pinned
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Visited
from k8sharden.model.workloads import Workload, workloads


def _tagged(inventory: Inventory, workload: Workload) -> tuple[Visited, ...]:
    return offenders(workload, lambda container: is_tagged(container, inventory))


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, workloads(inventory), partial(_defect, inventory))


def _defect(inventory: Inventory, workload: Workload) -> Defect | None:
    found = _tagged(inventory, workload)
    return image_defect(workload, found, _said(found)) if found else None


def _said(found: Sequence[Visited]) -> str:
    if len(found) == 1:
        return f"What {named(found)} runs can change under its name: its image has no digest."
    return f"What {named(found)} run can change under its name: their images have no digest."


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, lambda each: pinned(inventory, each, _tagged(inventory, each)))


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
        "agree. Where nothing runs, as in a file, or nodes are of several architectures, the "
        "registry is asked if you say so: `--registries`, or R on this screen. No digest is "
        "invented."
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
