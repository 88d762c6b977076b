"""Registries: which are allowed, which get no images any more, and what stands in for them.

Sources: kubernetes.io, "k8s.gcr.io Redirect to registry.k8s.io"; github.com/bitnami/containers,
issue 83267, and bitnami/sealed-secrets, issues 1763 and 1785; github.com/kubernetes/kubeadm, issue
2051; github.com/kubernetes-sigs/kubebuilder, discussion 3907, and kubernetes/k8s.io, pull request
6690; docs.github.com, "Working with the Docker registry".
"""

from functools import lru_cache
from typing import cast

import msgspec

from k8sharden.analysis.images import Image, parse_image
from k8sharden.model.facts import Facts
from k8sharden.model.inventory import Inventory

DOCKER_HUB = "docker.io"
_OLD_NAMES = ("index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")


class Dead(msgspec.Struct, frozen=True):
    """A place that gets no new images: why, and what took over, if anything did under its names.

    ``place`` is a registry or a folder in one. ``versions`` says that only what has a version went
    away, ``alive`` names repositories there that go on.
    """

    place: str
    why: str
    successor: str = ""
    versions: bool = False
    alive: tuple[str, ...] = ()


_FROZEN = "has been frozen since April 2023, security fixes included"

DEAD: tuple[Dead, ...] = (
    Dead("k8s.gcr.io", _FROZEN, "registry.k8s.io"),
    Dead("gcr.io/google-containers", "has been frozen since 2020", "registry.k8s.io"),
    Dead("gcr.io/google_containers", "has been frozen since 2020", "registry.k8s.io"),
    Dead(
        "gcr.io/kubebuilder",
        "went away with Google's Container Registry in March 2025",
        "registry.k8s.io/kubebuilder",
    ),
    Dead("docker.pkg.github.com", "has been replaced by ghcr.io, under other names"),
    Dead("docker.io/bitnamilegacy", "is an archive that has had no update since August 2025"),
    Dead(
        "docker.io/bitnami",
        "has had no versions since September 2025",
        versions=True,
        alive=(
            "docker.io/bitnami/minideb",
            "docker.io/bitnami/sealed-secrets-controller",
            "docker.io/bitnami/sealed-secrets-kubeseal",
        ),
    ),
)
"""Each was announced by whoever ran it."""

_WITH_DEAD = frozenset(each.place.partition("/")[0] for each in DEAD)


def within(repository: str, place: str) -> bool:
    """Whether a repository is this one, or lies below this registry or folder."""
    return repository == place or repository.startswith(f"{place}/")


@lru_cache(maxsize=1_000)
def place_of(name: str) -> str:
    """Return a registry or folder as `Image.repository` begins there: Docker Hub has one name."""
    name = name.strip().rstrip("/")
    first, slash, rest = name.partition("/")
    return f"{DOCKER_HUB}{slash}{rest}" if first in _OLD_NAMES else name


def dead(image: Image) -> Dead | None:
    """Return what became of the place that an image is pulled from; None where it lives."""
    if image.domain not in _WITH_DEAD:  # Looked at first: most images are from elsewhere.
        return None
    latest = image.tag in ("", "latest") and not image.digest
    for found in DEAD:
        spared = image.repository in found.alive or (found.versions and latest)
        if within(image.repository, found.place) and not spared:
            return found
    return None


def allowed(image: Image, facts: Facts) -> bool:
    """Whether the owner's list allows an image; all are where there is no list."""
    listed = facts.allowed_registries
    return not listed or any(within(image.repository, place_of(each)) for each in listed)


def moved(image: Image, facts: Facts) -> str:
    """Return the repository that stands in for an image's own; empty where nothing does.

    The owner's mirrors come first, the longest name before the others; then what took over from a
    registry that is no more, or the owner's mirror of that.
    """
    mirror = _mirrored(image.repository, facts)
    if mirror:
        return mirror
    for found in DEAD:
        if within(image.repository, found.place) and found.successor:
            heir = found.successor + image.repository.removeprefix(found.place)
            return _mirrored(heir, facts) or heir
    return ""


def _mirrored(repository: str, facts: Facts) -> str:
    places = {place_of(name): mirror.rstrip("/") for name, mirror in facts.mirrors.items()}
    for place in sorted(places, key=len, reverse=True):
        if within(repository, place) and not within(repository, place_of(places[place])):
            return places[place] + repository.removeprefix(place)
    return ""


def image_of(reference: str, inventory: Inventory) -> Image | None:
    """Parse a reference; each once in a scan, since thousands of containers share a few."""
    known = cast("dict[str, Image | None]", inventory.cache.setdefault("images", {}))
    if reference not in known:
        known[reference] = parse_image(reference)
    return known[reference]
