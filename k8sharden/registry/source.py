"""Who is asked about images: real registries, or those of the training cluster."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.model.facts import Facts, ImageFact


class Registries(Protocol):
    """What knows of images outside of a place, and what people settled about them."""

    @property
    def settled(self) -> Facts:
        """The registries that are allowed, and the mirrors."""
        ...

    def ask(
        self, references: Sequence[str], progress: Tell, cancelled: Stopped
    ) -> Mapping[str, ImageFact]:
        """Ask about each image. Raises `Cancelled`; a refusal is an answer."""
        ...
