"""The registries of the training cluster: what Kestrel Books allows, and what they would answer.

No network is touched: digests are made up from names, as the nodes report them.
"""

from collections.abc import Iterable

from k8sharden.analysis.images import parse_image
from k8sharden.analysis.registries import moved
from k8sharden.cluster.simulation.images import digest_of, image_of
from k8sharden.cluster.training.running import images
from k8sharden.model.change import SetImage
from k8sharden.model.facts import Facts, ImageFact

SETTLED = Facts(
    allowed_registries=(
        "registry.kestrel.example",
        "registry.k8s.io",
        "quay.io/argoproj",
        "quay.io/calico",
        "docker.io/grafana",
        "docker.io/library",
    ),
    mirrors={
        "docker.io/library": "registry.kestrel.example/mirror",
        "docker.io": "registry.kestrel.example/mirror",
    },
)
"""What the settings of somebody who works at Kestrel Books say of images."""

_PLATFORM = "linux/amd64"


def answers(references: Iterable[str]) -> dict[str, ImageFact]:
    """Return what the registries say of these images; a mirror has what it stands in for."""
    asked = list(references)
    copies = {there: each for each in asked if (there := _elsewhere(each)) and there in asked}
    return {each: _answer(each, copies.get(each, each)) for each in asked}


def _elsewhere(reference: str) -> str:
    image = parse_image(reference)
    repository = moved(image, SETTLED) if image else ""
    return SetImage((), reference, repository=repository).value if repository else ""


def _answer(reference: str, original: str) -> ImageFact:
    image = image_of(images(), original)
    return ImageFact(
        reference,
        digest_of(original, moved=bool(image.moved)),
        platforms=(_PLATFORM,),
        user=str(image.user) if image.user else "",
        volumes=image.volumes,
    )
