"""Facts from outside the cluster: what registries said, what an audit log shows, what was settled.

An inventory carries them, so that items stay pure. Nothing is made up where one is missing.
"""

from collections.abc import Mapping

import msgspec

from k8sharden.model.flows import Flows
from k8sharden.model.usage import Usage


class ImageFact(msgspec.Struct, frozen=True):
    """What a registry said of an image reference, or in ``problem`` why it said nothing.

    ``digest`` is the one by which the reference is known there; it is of an index where ``index``,
    whose images are for ``platforms`` (``linux/amd64``, ``linux/arm/v7``) and have the digests
    ``manifests``. ``user`` and ``volumes`` stand in the configuration of the image for linux/amd64,
    or of the only one, as ``USER`` and ``VOLUME`` in a Dockerfile put them there: an empty user is
    root; None where it was not read.
    """

    reference: str
    digest: str = ""
    index: bool = False
    platforms: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    user: str | None = None
    volumes: tuple[str, ...] | None = None
    problem: str = ""


class Facts(msgspec.Struct, frozen=True):
    """What was learnt outside the cluster.

    ``images`` goes by references as they are written in pod templates. ``allowed_registries`` and
    ``mirrors`` (a registry, or the beginning of its repositories, and what stands in for it) come
    from the settings. ``usage`` is what an audit log shows, None where none was given; ``widen``
    says what roles from it are not to keep to, ``names`` or ``namespaces``. ``flows`` are the
    connections that somebody observed, None where none were given.
    """

    images: Mapping[str, ImageFact] = {}
    allowed_registries: tuple[str, ...] = ()
    mirrors: Mapping[str, str] = {}
    usage: Usage | None = None
    widen: tuple[str, ...] = ()
    flows: Flows | None = None

    def image(self, reference: str) -> ImageFact | None:
        """Return what a registry said of a reference; None where none was asked or could say."""
        fact = self.images.get(reference)
        return None if fact is None or fact.problem else fact
