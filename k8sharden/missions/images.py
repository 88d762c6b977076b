"""Mission 4: a tag that somebody moved."""

import hashlib

from k8sharden.analysis.images import parse_image
from k8sharden.missions.lines import answer, command, note
from k8sharden.missions.model import AttackReport, Line, Mission, Step, StepKind
from k8sharden.missions.training import Training
from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.model.pods import visit_containers

WEB = kinds.DEPLOYMENTS.ref("shop", "web")
_TAG = "registry.kestrel.example/shop/web:1.8"
_SHORT = 19

FORGED = f"sha256:{hashlib.sha256(b'shop/web 1.8, and three lines more').hexdigest()}"
"""The digest of what Mallory pushes in the attack."""


def pulled(image: str) -> str:
    """Return the digest that a node fetches for an image, once Mallory has moved the tag.

    The registry is simulated: it holds each digest for ever, and lets tags be moved. Empty for an
    image that is not of this repository and tag.
    """
    asked = parse_image(image)
    moved = parse_image(_TAG)
    if asked is None or moved is None or asked.repository != moved.repository:
        return ""
    return asked.digest or (FORGED if asked.tag == moved.tag else "")


def attack(training: Training) -> AttackReport:
    """Move the tag, then see what a new pod of the shop would run."""
    spec = training.workload(WEB).spec
    runs = {
        seen.container.name: (seen.container.image, pulled(seen.container.image))
        for seen in visit_containers(spec)
    }
    worked = any(digest == FORGED for _, digest in runs.values())
    said = (
        "The Deployment is unchanged, every dashboard is green, and Mallory's build runs."
        if worked
        else "The tag was moved all the same. Nobody looks at it any more: the digest decides."
    )
    push = (command(f"docker push {_TAG}"), answer(f"1.8: digest: {FORGED[:_SHORT]}…"))
    drain = command("kubectl drain worker-1   # days later: shop/web gets a new pod")
    pulls = tuple(_pull(name, *found) for name, found in runs.items())
    return AttackReport((*push, drain, *pulls, note(said)), worked)


def _pull(name: str, image: str, digest: str) -> Line:
    if not digest:
        return answer(f"{name} pulls {image}")
    whose = "Mallory's build" if digest == FORGED else "the image that was reviewed"
    how = "by digest" if "@" in image else "by tag"
    return answer(f"{name} pulls {how}: {digest[:_SHORT]}…, {whose}")


MISSION = Mission(
    area=Area.IMAGES,
    title="The tag that moved",
    check="img-no-digest",
    target=WEB,
    story=(
        "Mallory found a token that may push to Kestrel's registry, and cannot reach the cluster "
        "at all. She does not need to. Deployment shop/web asks for shop/web:1.8, and a tag is "
        "a signpost that whoever pushes can turn."
    ),
    steps=(
        Step(
            StepKind.LOOK,
            "Read what the shop asks for",
            "The template of Deployment shop/web names its image by tag: once for the container "
            "web, once for the init container migrate, which runs first and is forgotten most "
            "often. Neither says which content is meant.",
            keys="4 opens Image security; the cursor on shop/web shows both.",
            commands=("k8sharden scan --demo --check img-no-digest",),
            lesson=("what",),
        ),
        Step(
            StepKind.ATTACK,
            "Push, and wait",
            "Mallory builds the image once more, with three lines of her own, and pushes it under "
            "the same tag. Nothing happens, until some node has to pull. The registry is "
            "simulated; what a new pod asks for is read from the live template.",
            commands=("k8sharden missions attack images",),
        ),
        Step(
            StepKind.FIX,
            "Pin what runs",
            "The fix adds the digest of what the running pods report, provided all of them agree. "
            "The tag stays, for people to read. Mark other fixes of the same Deployment too, and "
            "they join it: one write, one rollout.",
            keys="4, Space on shop/web, a to review, a to apply, then confirm.",
            commands=(
                "k8sharden apply --demo --check img-no-digest --resource Deployment/shop/web",
            ),
            lesson=("fix",),
        ),
        Step(
            StepKind.AGAIN,
            "Push again",
            "Mallory may still push, and the tag moves again. Watch what the new pod pulls: both "
            "containers, the forgotten one too.",
            commands=("k8sharden missions attack images",),
        ),
        Step(
            StepKind.READ,
            "A name, or the thing itself",
            "A digest is computed from the content, so another content has another digest. To "
            "change what runs, somebody must now change the Deployment: RBAC guards that, a "
            "reviewer sees it, the audit log keeps it.",
            lesson=("why", "breaks", "verify"),
        ),
    ),
    attack=attack,
)
