"""Images of no version: the tag is ``latest``, or there is none, which means the same.

Fields: ``image`` of every init, main and ephemeral container; ``imagePullPolicy`` decides when the
difference shows. Left out it is ``Always`` for such a tag and ``IfNotPresent`` for any other; it is
filled in when the object is created, and stays when the tag changes.
Allowed value: a tag that names a version, or a digest, beside which the tag decides nothing.
Source: Kubernetes documentation, "Images"; "Configuration Best Practices".
"""

from collections.abc import Iterator, Sequence
from functools import partial

from k8sharden.analysis.containers import Defect, image_defect, judge, named, offenders, repair
from k8sharden.analysis.pinning import pinned
from k8sharden.analysis.registries import image_of
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, Visited
from k8sharden.model.workloads import Workload, workloads

_KEPT = ("IfNotPresent", "Never")


def _is_latest(inventory: Inventory, container: Container) -> bool:
    image = image_of(container.image, inventory)
    return image is not None and not image.digest and image.tag in ("", "latest")


def _latest(inventory: Inventory, workload: Workload) -> tuple[Visited, ...]:
    return offenders(workload, partial(_is_latest, inventory))


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, workloads(inventory), partial(_defect, inventory))


def _defect(inventory: Inventory, workload: Workload) -> Defect | None:
    found = _latest(inventory, workload)
    return image_defect(workload, found, _said(found)) if found else None


def _said(found: Sequence[Visited]) -> str:
    kept = [seen for seen in found if seen.container.image_pull_policy in _KEPT]
    policy = f" ({kept[0].container.image_pull_policy})" if kept else ""
    when = "whatever a node pulled once" if kept else "whatever was pushed last at each start"
    verb = "runs" if len(found) == 1 else "run"
    said = f"{named(found)} {verb} latest: {when}{policy}, a version that nobody chose."
    return said[0].upper() + said[1:]


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, lambda each: pinned(inventory, each, _latest(inventory, each)))


_DOCS = "https://kubernetes.io/docs"

ITEM = Item(
    id="img-latest",
    title="Images name a version",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("Kubernetes documentation: Images", f"{_DOCS}/concepts/containers/images/"),
        Reference(
            "Kubernetes documentation: good practices for configuration",
            f"{_DOCS}/concepts/configuration/overview/",
        ),
    ),
    lesson=Lesson(
        what=(
            "The tag latest is a name like any other: it means what somebody pushed under it most "
            "recently, if they moved it at all. An image without tag and digest means the same. "
            "Which program a pod runs then depends on when, and on which node, it was started. "
            "This item lists the containers whose image names no version and has no digest."
        ),
        why=(
            "A restart becomes a release that nobody planned: the node drains, and the new pod has "
            "another version than its neighbour. To go back is impossible, since `kubectl rollout "
            "undo` would write the same word again. And when a vulnerability is announced, the "
            "manifests cannot answer whether you run it. The policy Always hides this least: it "
            "asks the registry at each start; IfNotPresent keeps what each node happened to have."
        ),
        attack=(
            "Mallory has a token of a former colleague that may still push to "
            "registry.kestrel.example/ci. She pushes a runner with a few lines more as latest, "
            "and waits. Deployment ci/runner starts a pod for each job, with the policy Always, so "
            "that the next job runs Mallory's build, with the secrets of the pipeline in its "
            "environment. No rollout, no diff, no review: the word in the manifest was always "
            "latest."
        ),
        fix=(
            "The image gets the digest of what runs now, or of what the registry has, where it was "
            "asked: latest@sha256:…. From then on the digest decides, and the tag is a remark. Put "
            "the version there in your repository, when you know it: only your build knows which "
            "one it was. imagePullPolicy stays as it is: with Always the node still asks the "
            "registry at each start, which also checks its rights."
        ),
        breaks=(
            "Pods restart once, on the image that they run already. Whoever relied on getting the "
            "newest by a restart gets it no more: the digest has to be changed, by the pipeline or "
            "a bot such as Renovate. A registry that deletes untagged images may delete the pinned "
            "one once latest has moved on."
        ),
        verify=(
            "`kubectl get pods -A -o jsonpath='{..image}'` shows no name that ends in :latest or "
            "has neither colon nor digest. Delete one pod of the workload: the new one has the "
            "same imageID as the others. Then push another latest to a test registry, restart, and "
            "see that nothing changes."
        ),
        reading=(
            Reference(
                "Image pull policy", f"{_DOCS}/concepts/containers/images/#image-pull-policy"
            ),
            Reference(
                "Kubernetes: good practices for configuration",
                f"{_DOCS}/concepts/configuration/overview/",
            ),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
)
