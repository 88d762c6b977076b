"""Images from registries that get no new ones: what is broken there stays broken.

Field: ``image`` of every init, main and ephemeral container.
Bad values: places that whoever ran them gave up, see `DEAD` in k8sharden/analysis/registries.py:
k8s.gcr.io and its predecessors, gcr.io/kubebuilder, docker.pkg.github.com, docker.io/bitnamilegacy
and the versions that were docker.io/bitnami's.
Source: the announcements that are named there.
"""

from collections.abc import Iterator
from functools import partial

from k8sharden.analysis.containers import Defect, image_defect, judge, named, offenders, repair
from k8sharden.analysis.moving import relocated
from k8sharden.analysis.registries import Dead, dead, image_of
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, Visited
from k8sharden.model.workloads import Workload, workloads

_NO_HEIR = "Nothing took over under its names: choose another image, or build one of your own."


def _fate(inventory: Inventory, container: Container) -> Dead | None:
    image = image_of(container.image, inventory)
    return dead(image) if image else None


def _dead(inventory: Inventory, workload: Workload) -> tuple[Visited, ...]:
    return offenders(workload, lambda container: _fate(inventory, container) is not None)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, workloads(inventory), partial(_defect, inventory))


def _defect(inventory: Inventory, workload: Workload) -> Defect | None:
    found = _dead(inventory, workload)
    fate = _fate(inventory, found[0].container) if found else None
    if fate is None:
        return None
    said = f"The image of {named(found)} gets no fixes: {fate.place} {fate.why}."
    return image_defect(workload, found, said)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(
        found,
        inventory,
        lambda each: relocated(inventory, each, _dead(inventory, each), _NO_HEIR),
    )


_BLOG = "https://kubernetes.io/blog/2023/03/10/image-registry-redirect/"
_BITNAMI = "https://github.com/bitnami/containers/issues/83267"

ITEM = Item(
    id="img-dead-registry",
    title="Registries of the images still get new ones",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("Kubernetes: k8s.gcr.io is redirected to registry.k8s.io", _BLOG),
        Reference("Bitnami: changes of the catalogue", _BITNAMI),
        Reference(
            "Kubebuilder: gcr.io/kubebuilder goes away",
            "https://github.com/kubernetes-sigs/kubebuilder/discussions/3907",
        ),
    ),
    lesson=Lesson(
        what=(
            "Registries and accounts are given up: the Kubernetes project moved from k8s.gcr.io to "
            "registry.k8s.io in 2023, Bitnami put its free images into an archive in 2025, "
            "Google's Container Registry was shut down. Names in manifests outlive them. This item "
            "lists the containers whose image is from a place that its owner declared closed: "
            "nothing new is published there, if it answers at all."
        ),
        why=(
            "What you run from there has had no fix since that day, and will have none, however "
            "often you restart it: scanners count its known holes, and the count only grows. The "
            "place may also stop answering without further notice. Pods then run on until they are "
            "moved, and do not come back: the outage starts with the next drained node, far from "
            "its cause."
        ),
        attack=(
            "Deployment office/intranet fetches its pages with an old git-sync, from k8s.gcr.io. "
            "Mallory may write to one repository that it reads, and looks up which holes were "
            "fixed in git since the image was built: each of them is still open here. A commit "
            "that is made for it, and Mallory's commands run inside Kestrel's network. The fixed "
            "image was published years ago, at registry.k8s.io, where nobody at Kestrel looks."
        ),
        fix=(
            "Where something took over under the same names, the image is taken from there: the "
            "same path and tag, and the same digest, so that it is the same image. That alone "
            "fixes no hole: choose a newer version next, which the old place could not offer. If "
            "your settings name a mirror, it goes first. Where nothing took over, as for Bitnami's "
            "archive, there is a reason instead of a fix."
        ),
        breaks=(
            "Pods restart and pull from a host that your firewalls, proxies and admission policies "
            "may not know: allow it first. The copy may lack very old tags; ask the registries "
            "before, and the fix knows. The pull secret of the old place is not sent to the new "
            "one."
        ),
        verify=(
            "`kubectl get pods -A -o jsonpath='{..image}' | tr ' ' '\\n' | grep -E "
            "'^(k8s.gcr.io|docker.io/bitnamilegacy)/'` prints nothing. `kubectl -n office rollout "
            "status deployment/intranet` ends well, and the imageID of its pods begins with the "
            "new registry."
        ),
        reading=(
            Reference("Kubernetes blog: from k8s.gcr.io to registry.k8s.io", _BLOG),
            Reference("Bitnami: what changes in its catalogue", _BITNAMI),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
)
