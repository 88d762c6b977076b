"""The registries of the training cluster: what Kestrel Books allows, and what they would answer.

No network is touched: digests are made up from names, as the nodes report them.
"""

from collections.abc import Iterable

from k8sharden.cluster.simulation.images import digest_of, image_of
from k8sharden.cluster.training.running import images
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
    """Return what the registries say of these images."""
    return {reference: _answer(reference) for reference in references}


def _answer(reference: str) -> ImageFact:
    image = image_of(images(), reference)
    return ImageFact(
        reference,
        digest_of(reference, moved=bool(image.moved)),
        platforms=(_PLATFORM,),
        user=str(image.user) if image.user else "",
        volumes=image.volumes,
    )
