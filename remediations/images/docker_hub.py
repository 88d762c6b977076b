"""Images that nodes pull straight from Docker Hub.

Field: ``image`` of every init, main and ephemeral container; a name without a registry means
Docker Hub. Allowed: any other registry, and what the owner allowed by name where no mirror stands
in for it. What the owner's list forbids is `img-registry`'s, what is there no more is
`img-dead-registry`'s.
Source: Docker documentation, "Docker Hub usage and limits"; the distribution project's reference
grammar, for names without a registry.
"""

from collections.abc import Iterator
from functools import partial

from k8sharden.analysis.containers import Defect, image_defect, judge, named, offenders, repair
from k8sharden.analysis.moving import relocated
from k8sharden.analysis.registries import DOCKER_HUB, allowed, dead, image_of, moved
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, Visited
from k8sharden.model.workloads import Workload, workloads

_NO_MIRROR = (
    "Set up a pull-through cache, or copy the image to a registry of yours, and name it under "
    "images.mirrors in the settings."
)


def _is_from_hub(inventory: Inventory, container: Container) -> bool:
    image = image_of(container.image, inventory)
    if image is None or image.domain != DOCKER_HUB or dead(image):
        return False
    facts = inventory.facts
    if not facts.allowed_registries:
        return True
    return allowed(image, facts) and bool(moved(image, facts))


def _from_hub(inventory: Inventory, workload: Workload) -> tuple[Visited, ...]:
    return offenders(workload, partial(_is_from_hub, inventory))


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, workloads(inventory), partial(_defect, inventory))


def _defect(inventory: Inventory, workload: Workload) -> Defect | None:
    found = _from_hub(inventory, workload)
    if not found:
        return None
    said = (
        f"The nodes pull {named(found)} from Docker Hub, which counts pulls and refuses too many."
    )
    return image_defect(workload, found, said)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(
        found,
        inventory,
        lambda each: relocated(inventory, each, _from_hub(inventory, each), _NO_MIRROR),
    )


_HUB_DOCS = "https://docs.docker.com/docker-hub"

ITEM = Item(
    id="img-docker-hub",
    title="Nodes do not pull from Docker Hub",
    area=Area.IMAGES,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("Docker: pull usage and limits", f"{_HUB_DOCS}/usage/pulls/"),
        Reference("MITRE ATT&CK T1204.003", "https://attack.mitre.org/techniques/T1204/003/"),
    ),
    lesson=Lesson(
        what=(
            "Docker Hub is where an image comes from when its name says nothing else: grafana, "
            "nginx, somebody/tool. Anybody may publish there. Pulls are counted by address, and "
            "refused with 429 when there are too many in a while: all nodes behind one gateway "
            "share one account. This item lists the containers whose images nodes fetch there "
            "themselves."
        ),
        why=(
            "A cluster that needs Docker Hub to start a pod cannot start it when the limit is "
            "reached, and that happens when many pods move at once: at a node failure, in the "
            "middle of an upgrade. A mirror of your own keeps what you use, has no limit, and is "
            "one place to scan and to block. It also ends a confusion: without a registry in the "
            "name, a typing error finds somebody else's image."
        ),
        attack=(
            "No attacker is needed. Two of Kestrel's workers fail on a Saturday, and forty pods "
            "move. All nodes leave by one address; the limit is reached. Deployment "
            "monitoring/grafana gets ImagePullBackOff with 429 Too Many Requests, so that the team "
            "looks for the cause of the failure without dashboards. From Kestrel's own mirror, the "
            "image would have come in seconds."
        ),
        fix=(
            "Where images.mirrors in the settings names a mirror of docker.io, the image is taken "
            "from there, by the same path: library/nginx for nginx. A pull-through cache fills "
            "itself; Harbor, Artifactory, the clouds' registries and the plain registry can be "
            "one. Tag and digest stay as they are. Without a mirror there is no fix to generate, "
            "and the reason says so."
        ),
        breaks=(
            "Pods restart, and cannot if the mirror lacks the image or wants a login that the pod "
            "has no imagePullSecrets for. Ask the registries first: the fix then knows whether the "
            "mirror serves the same digest. A mirror becomes something that has to run before "
            "everything else does: keep it outside of the cluster that it feeds."
        ),
        verify=(
            "`kubectl get pods -A -o jsonpath='{range .items[*]}{..imageID}{\"\\n\"}{end}' | grep "
            "-c docker.io/` counts zero. Then block registry-1.docker.io for the nodes in a test "
            "environment, delete a pod, and see it come back."
        ),
        reading=(
            Reference("Docker: pull usage and limits", f"{_HUB_DOCS}/usage/pulls/"),
            Reference("Docker: a pull-through cache", f"{_HUB_DOCS}/image-library/mirror/"),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
)
