"""Whether a container starts as root: what its template says, then its image."""

import msgspec

from k8sharden.analysis.known_images import known_image
from k8sharden.model.facts import Facts
from k8sharden.model.pods import Container, PodSpec


class Start(msgspec.Struct, frozen=True):
    """As whom a container starts: ``root`` is None where neither template nor image tells.

    ``forced`` says that the template decides, whatever the image is.
    """

    root: bool | None
    forced: bool


def start_of(container: Container, spec: PodSpec, facts: Facts) -> Start:
    """Return as whom a container starts; its own security context goes before the pod's."""
    own, pod = container.security, spec.security
    user = own.run_as_user if own.run_as_user is not None else pod.run_as_user
    if user is not None:
        return Start(user == 0, forced=True)
    checked = own.run_as_non_root if own.run_as_non_root is not None else pod.run_as_non_root
    if checked:
        return Start(root=False, forced=True)
    named = _image_user(container, facts)
    return Start(None if named is None else _is_root(named), forced=False)


def _image_user(container: Container, facts: Facts) -> str | None:
    """Return the USER of the image as its registry or its documentation tells it, if they do."""
    said = facts.image(container.image)
    if said is not None and said.user is not None:
        return said.user
    known = known_image(container)
    return known.user if known else None


def _is_root(user: str) -> bool:
    """Whether the USER of an image is root; a name counts as what it says."""
    return user.partition(":")[0] in ("", "0", "root")
