"""Manifests and configurations of images, as registries send them.

Source: the OCI image specification 1.1; the distribution project's manifest schema 2. They are
written by strangers: decoded into typed structs, and bounded before that.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from k8sharden.model.decoding import decode

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"

ACCEPT = f"{OCI_INDEX}, {DOCKER_LIST}, {OCI_MANIFEST}, {DOCKER_MANIFEST}"
MOST_MANIFEST = 4 * 2**20
"""Bytes; registries themselves refuse larger ones."""
MOST_CONFIG = 8 * 2**20
"""Bytes of an image's configuration."""

_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_DIGEST = re.compile(r"(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})")
_WANTED = "linux/amd64"
_MANY = 100


class Platform(msgspec.Struct, frozen=True):
    """What an image runs on."""

    os: str = ""
    architecture: str = ""
    variant: str | None = None

    @property
    def name(self) -> str:
        """``linux/arm/v7``; ``unknown/unknown`` is what attestations are labelled with."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """A reference to content by its digest."""

    digest: str
    media_type: str = ""
    platform: Platform | None = None


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """An index with ``manifests``, or one image with a ``config``."""

    media_type: str = ""
    manifests: tuple[Descriptor, ...] | None = None
    config: Descriptor | None = None

    @property
    def is_index(self) -> bool:
        """Whether it stands for images of several platforms."""
        return self.manifests is not None

    @property
    def images(self) -> tuple[Descriptor, ...]:
        """The images of an index; what attests to them is none."""
        listed = (self.manifests or ())[:_MANY]
        return tuple(
            each
            for each in listed
            if _DIGEST.fullmatch(each.digest)
            and (each.platform is None or each.platform.os not in ("", "unknown"))
        )

    @property
    def preferred(self) -> Descriptor | None:
        """The image for linux/amd64, or the only one."""
        images = self.images
        named = [each for each in images if each.platform and each.platform.name == _WANTED]
        if named:
            return named[0]
        return images[0] if len(images) == 1 else None


class RunConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """What a container of the image starts with."""

    user: str | None = None
    volumes: Mapping[str, Any] | None = None


class Config(msgspec.Struct, frozen=True):
    """The configuration of an image."""

    os: str = ""
    architecture: str = ""
    variant: str | None = None
    config: RunConfig | None = None

    @property
    def platform(self) -> str:
        """``linux/amd64``."""
        return Platform(self.os, self.architecture, self.variant).name


class Odd(Exception):
    """What was sent is no manifest, or not the one that its digest names; the message says so."""


def read_manifest(body: bytes, content_type: str) -> Manifest:
    """Decode a manifest. Raises `Odd` for anything else, such as a login page."""
    if "html" in content_type.lower() or body[:256].lstrip()[:1] == b"<":
        raise Odd("it answered with a web page: is there a login or a proxy before it?")
    try:
        found = decode(body, Manifest)
    except msgspec.MsgspecError as error:
        raise Odd("what it sent is no manifest of an image") from error
    if not found.is_index and found.config is None:
        raise Odd("what it sent is no manifest of an image, or one of a format long given up")
    return found


def read_config(body: bytes) -> Config:
    """Decode a configuration. Raises `Odd`."""
    try:
        return decode(body, Config)
    except msgspec.MsgspecError as error:
        raise Odd("the configuration that it sent is none") from error


def is_digest(text: str) -> bool:
    """Whether a text is a digest that can be checked."""
    return _DIGEST.fullmatch(text) is not None


def verified(body: bytes, *claims: str) -> str:
    """Return the digest of ``body``, which has to agree with every claim that is not empty.

    In the algorithm of the first claim, sha256 without any. Raises `Odd`.
    """
    made = [claim for claim in claims if claim]
    for claim in made:
        if not is_digest(claim):
            raise Odd("it names a digest that is none")
        if _digest(body, claim.partition(":")[0]) != claim:
            raise Odd("what it sent has another digest than it says: is something in between?")
    return made[0] if made else _digest(body, "sha256")


def _digest(body: bytes, algorithm: str) -> str:
    return f"{algorithm}:{_HASHES[algorithm](body).hexdigest()}"
