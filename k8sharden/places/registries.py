"""Where a session asks about images: real registries, by what the settings say of them."""

from collections.abc import Mapping, Sequence

from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.config import ImageSettings
from k8sharden.model.facts import Facts, ImageFact


class RealRegistries:
    """The registries that image references name. They are asked only when the user says so."""

    def __init__(self, settings: ImageSettings) -> None:
        self._settings = settings

    @property
    def settled(self) -> Facts:
        """What the settings say: the registries that are allowed, and the mirrors."""
        return Facts(
            allowed_registries=self._settings.allowed_registries, mirrors=self._settings.mirrors
        )

    def ask(
        self, references: Sequence[str], progress: Tell, cancelled: Stopped
    ) -> Mapping[str, ImageFact]:
        """Ask about each image. Raises `Cancelled`; a refusal is an answer."""
        from k8sharden.registry.ask import ask  # noqa: PLC0415 - TLS and keyrings: seldom needed

        return ask(
            references, progress=progress, cancelled=cancelled, plain=self._settings.plain_http
        )
