"""Image references: what registry and repository a name means, and which digest a pod runs.

Source: the grammar of github.com/distribution/reference v0.6.0 and its normalisation of short
names, which the kubelet and the container runtimes use, and the digests of
github.com/opencontainers/go-digest. Formats of a status' ``imageID``: containerd and CRI-O write
a repository digest where the image was pulled by one, otherwise the image's own id; cri-dockerd
puts ``docker-pullable://`` or ``docker://`` before it.
"""

import functools
import re

import msgspec

_ALPHANUMERIC = "[a-z0-9]+"
_COMPONENT = f"{_ALPHANUMERIC}(?:(?:[._]|__|-+){_ALPHANUMERIC})*"
_LABEL = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?:(?P<domain>{_HOST})/)?(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>[^@]+))?"
)
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_IDENTIFIER = re.compile("[a-f0-9]{64}")
_PATH_LIMIT = 255
# Longer than any host, path, tag and digest together; it bounds what a hostile name can cost.
_LIMIT = 1_024


class Image(msgspec.Struct, frozen=True):
    """An image reference with its registry written out; ``tag`` and ``digest`` may be empty.

    So may ``domain``, where the first part looks like a registry and is no host name, such as
    ``my_registry.local/app``: the grammar takes all of it for a path.
    """

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def repository(self) -> str:
        """``docker.io/library/nginx`` for ``nginx``: two names of one repository are equal."""
        return f"{self.domain}/{self.path}" if self.domain else self.path


@functools.lru_cache(maxsize=1_000)  # a dozen items ask of the same few in turn
def parse_image(text: str) -> Image | None:
    """Return what an image name means; None where a runtime would refuse it."""
    if len(text) > _LIMIT or _IDENTIFIER.fullmatch(text):
        return None
    found = _REFERENCE.fullmatch("/".join(_split(text)))
    if found is None or len(found["path"]) > _PATH_LIMIT:
        return None
    digest = found["digest"] or ""
    if digest and not _DIGEST.fullmatch(digest):
        return None
    return Image(found["domain"] or "", found["path"], found["tag"] or "", digest)


def repository_digest(image_id: str, image: Image) -> str:
    """Return the digest by which a registry knows what runs; empty where ``image_id`` has none.

    An image's own id is no repository digest: no registry could be asked for it. Neither is a
    digest of another repository, since that registry may hold it and this one not.
    """
    running = parse_image(image_id.removeprefix("docker-pullable://"))
    if running is None or running.repository != image.repository:
        return ""
    return running.digest


def _split(name: str) -> tuple[str, str]:
    """Tell the registry from the rest, filling in what a short name leaves out."""
    first, slash, rest = name.partition("/")
    if not slash:
        return "docker.io", f"library/{name}"
    if first == "index.docker.io":
        first = "docker.io"
    elif first != "localhost" and not set(first) & {".", ":"} and first == first.lower():
        first, rest = "docker.io", name
    if first == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    return first, rest
