"""As whom a container runs: what its manifest asks for, otherwise what its image says.

A manifest's ``runAsUser`` goes before the image's ``USER``, and a registry's word before the table
of known images. Source: the kubelet's check of ``runAsNonRoot`` (security_context_others.go and
security_context_windows.go, v1.36), which takes a user that is not a number for unverifiable.
"""

from collections.abc import Iterable
from enum import Enum

import msgspec

from k8sharden.analysis.known_images import known_image
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container, PodSpec
from k8sharden.model.text import one_line

_ADMINISTRATOR = "containeradministrator"


class Kind(Enum):
    """What the kubelet makes of a user where a container must not run as root."""

    NON_ROOT = "not root"
    ROOT = "root"
    NAMED = "named"
    UNKNOWN = "unknown"


class User(msgspec.Struct, frozen=True):
    """A user, and in ``says`` where it is written, for people; empty where nobody knows."""

    kind: Kind
    says: str = ""


def asked_user(spec: PodSpec, container: Container) -> int | None:
    """Return the ``runAsUser`` that a container runs with; None where nobody asks for one."""
    own = container.security.run_as_user
    return spec.security.run_as_user if own is None else own


def must_be_non_root(spec: PodSpec, container: Container) -> bool:
    """Whether the kubelet refuses to start the container as root."""
    own = container.security.run_as_non_root
    return bool(spec.security.run_as_non_root if own is None else own)


def user_of(spec: PodSpec, container: Container, inventory: Inventory) -> User:
    """Return as whom a container runs today."""
    asked = asked_user(spec, container)
    if spec.is_windows or (asked is None and not must_be_non_root(spec, container)):
        return user_without_root(spec, container, inventory)
    if asked == 0:
        return User(Kind.ROOT, "runAsUser is 0")
    return User(Kind.NON_ROOT, "runAsNonRoot" if asked is None else f"runAsUser is {asked}")


def user_without_root(spec: PodSpec, container: Container, inventory: Inventory) -> User:
    """Return as whom a container runs once nobody asks for user 0 any more."""
    if spec.is_windows:
        return _windows_user(spec, container)
    asked = container.security.run_as_user or spec.security.run_as_user
    return (
        User(Kind.NON_ROOT, f"runAsUser is {asked}") if asked else image_user(container, inventory)
    )


def image_user(container: Container, inventory: Inventory) -> User:
    """Return the user of a container's image, as its registry or its documentation says."""
    fact, known = inventory.facts.image(container.image), known_image(container)
    name = fact.user if fact and fact.user is not None else known.user if known else None
    if name is None:
        return User(Kind.UNKNOWN)
    image = f"image {one_line(container.image, 100)}"
    user = name.partition(":")[0].strip()
    if user in {"", "root"} or (user.isdecimal() and not user.strip("0")):
        return User(
            Kind.ROOT, f"{image} says no other user" if not user else f"{image} says {user}"
        )
    kind = Kind.NON_ROOT if user.isdecimal() else Kind.NAMED
    return User(kind, f"{image} says {one_line(user, 40)}")


def users_told(containers: Iterable[Container], inventory: Inventory) -> dict[str, str]:
    """Return what registries said of these containers' users, as the basis of a change."""
    facts = {each.image: inventory.facts.image(each.image) for each in containers}
    return {
        f"user of {image}": fact.user
        for image, fact in facts.items()
        if fact is not None and fact.user is not None
    }


def without_root(spec: PodSpec, container: Container) -> str:
    """Say how a container that starts as root can do without, in a sentence or two."""
    if spec.is_windows:
        return "Set runAsUserName to ContainerUser once you have tried it."
    image = known_image(container)
    if image and image.instead:
        return f"Use {image.instead}, which starts without root."
    if image and image.steps_down:
        return (
            f"The image also starts as {image.steps_down}: set that number as runAsUser, and as "
            "fsGroup where it has volumes, once you have tried it."
        )
    return "Give the image a numeric USER, or set a runAsUser that its files allow."


def _windows_user(spec: PodSpec, container: Container) -> User:
    """On Windows the administrator is what root is, and no user is a number."""
    options = [container.security.windows_options, spec.security.windows_options]
    name = next((each.run_as_user_name for each in options if each and each.run_as_user_name), "")
    if not name:
        return User(Kind.UNKNOWN)
    kind = Kind.ROOT if name.lower() == _ADMINISTRATOR else Kind.NON_ROOT
    return User(kind, f"runAsUserName is {one_line(name, 60)}")
