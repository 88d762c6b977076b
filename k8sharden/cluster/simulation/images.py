"""What the programs in images do, as far as a hardened pod would notice; and images' digests."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec


class Image(msgspec.Struct, frozen=True):
    """What an image brings: the numeric ``user`` it starts as, and the folders it ``writes`` to.

    ``volumes`` it declares. Nodes in ``moved`` pulled its tags after somebody had moved them.
    """

    user: int = 0
    writes: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


_PLAIN = Image()

Images = Mapping[str, Image]
"""Images by their name without tag and digest; any other runs as root and writes nowhere."""


def image_of(images: Images, name: str) -> Image:
    """Return what is known of the image that a container names."""
    return images.get(_repository(name), _PLAIN)


def image_id(name: str, image: Image = _PLAIN, node: str = "") -> str:
    """Return the repository digest that a node reports for an image, made up from its name."""
    return f"{_repository(name)}@{digest_of(name, moved=node in image.moved)}"


def digest_of(name: str, *, moved: bool = False) -> str:
    """Return the digest of a reference, before its tag was ``moved`` or after."""
    again = " once more" if moved else ""
    return name.partition("@")[2] or f"sha256:{hashlib.sha256((name + again).encode()).hexdigest()}"


def _repository(name: str) -> str:
    plain = name.partition("@")[0]
    folder, slash, last = plain.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def covered(path: str, mounts: list[dict[str, Any]]) -> bool:
    """Whether a path lies in a volume that may be written to."""
    folders = (each["mountPath"].rstrip("/") for each in mounts if not each.get("readOnly"))
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)
