"""Images from a registry that is not on the owner's list of allowed ones.

Field: ``image`` of every init, main and ephemeral container.
Allowed value: a repository below an entry of ``images.allowed_registries`` in the settings, a
registry (``registry.example``) or a folder in one (``docker.io/library``). Where there is no such
list it is unknown: nobody but the owner can say whom they trust. Registries that get no images any
more are `img-dead-registry`'s.
Source: CIS Amazon EKS 5.1.4 and CIS Azure AKS 5.1.4; NSA/CISA Kubernetes Hardening Guide.
"""

from collections.abc import Iterator
from functools import partial

from k8sharden.analysis.containers import Defect, image_defect, judge, named, offenders, repair
from k8sharden.analysis.moving import relocated
from k8sharden.analysis.registries import allowed, dead, image_of
from k8sharden.analysis.system import is_system_namespace
from k8sharden.analysis.unknown import cannot_tell
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, Visited
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

_NO_MIRROR = "Copy it to a registry that is allowed, and name that one under images.mirrors."
_LIST = "Name the registries that you trust under images.allowed_registries in the settings."


def _is_outside(inventory: Inventory, container: Container) -> bool:
    image = image_of(container.image, inventory)
    return image is not None and not dead(image) and not allowed(image, inventory.facts)


def _outside(inventory: Inventory, workload: Workload) -> tuple[Visited, ...]:
    return offenders(workload, partial(_is_outside, inventory))


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    if inventory.facts.allowed_registries:
        yield from judge(ITEM, workloads(inventory), partial(_defect, inventory))
    elif not all(is_system_namespace(each.namespace) for each in workloads(inventory)):
        why = f"Cannot tell: no list says which registries are allowed. {_LIST}"
        yield cannot_tell(ITEM, inventory, why, "allow-list")


def _defect(inventory: Inventory, workload: Workload) -> Defect | None:
    found = _outside(inventory, workload)
    if not found:
        return None
    where = f"{named(found)} from a registry that is not allowed"
    said = f"The nodes pull {where}: {one_line(found[0].container.image, 120)}."
    return image_defect(workload, found, said, allowed=list(inventory.facts.allowed_registries))


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    if found.status is Status.UNKNOWN:
        return NoChange(f"Not known to be wrong. {_LIST}")
    return repair(
        found,
        inventory,
        lambda each: relocated(inventory, each, _outside(inventory, each), _NO_MIRROR),
    )


ITEM = Item(
    id="img-registry",
    title="Images come from allowed registries",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Amazon EKS 5.1.4"),
        Reference("CIS Azure AKS 5.1.4"),
        Reference("MITRE ATT&CK T1204.003", "https://attack.mitre.org/techniques/T1204/003/"),
    ),
    lesson=Lesson(
        what=(
            "Anybody can publish an image, and a cluster runs whatever a manifest names. An "
            "allow-list says which registries, or which folders in them, you decided to trust: "
            "your own, and a few others. It stands in the settings of k8sharden, under "
            "images.allowed_registries. This item lists the containers whose image comes from "
            "elsewhere; without a list it is unknown."
        ),
        why=(
            "What was never decided grows by itself: a wiki from somebody's personal account, a "
            "tool from a blog post. Each is code of strangers, with the rights of its pod, "
            "updated when they like, gone when they like. With a short list you know whom you "
            "depend on, can scan and keep what comes from there, and a name with a typing error "
            "is noticed instead of pulled."
        ),
        attack=(
            "Deployment office/wiki runs docker.io/requarks/wiki, straight from a publisher's "
            "account. Mallory takes that account over by a reused password, and pushes a version "
            "with a back door. Kestrel's own registry would have scanned it on arrival; the node "
            "asks the internet instead, and runs it next to the company's documents. Nobody at "
            "Kestrel had ever decided to trust that account."
        ),
        fix=(
            "Where images.mirrors in the settings names what stands in for a registry, the image "
            "is taken from there: same path, same tag, same digest if there is one. A digest makes "
            "sure that it is the same image. Ask the registries first, and the fix knows whether "
            "the mirror has it. Without a mirror there is no fix, since nobody can tell where you "
            "want it from."
        ),
        breaks=(
            "Pods restart, and cannot if the mirror lacks the image, is not reachable from the "
            "nodes, or wants a login for which the pod has no imagePullSecrets. The old pods stay "
            "until the new ones run. A mirror that rebuilds images serves other digests: a pinned "
            "one is not found there."
        ),
        verify=(
            "`kubectl get pods -A -o jsonpath='{range .items[*]}{..image}{\"\\n\"}{end}' | sort "
            "-u` names allowed registries only. To keep it so, let admission refuse the others: "
            "img-no-admission exports a policy for it."
        ),
        reading=(
            Reference(
                "MITRE ATT&CK T1204.003, Malicious Image",
                "https://attack.mitre.org/techniques/T1204/003/",
            ),
            Reference(
                "Kubernetes: images",
                "https://kubernetes.io/docs/concepts/containers/images/",
            ),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
)
