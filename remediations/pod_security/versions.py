"""What the two items about pinned Pod Security versions share.

Fields: the labels ``pod-security.kubernetes.io/{enforce,audit,warn}-version``.
Where nobody said which version the API server is, the newest known one stands in.
"""

from collections.abc import Iterator, Mapping

import msgspec

from k8sharden.analysis.pod_security import LATEST, MODES, Level, pinned_minor
from k8sharden.analysis.releases import minor
from k8sharden.model.inventory import Inventory
from k8sharden.model.objects import Namespace
from remediations.pod_security.labels import pinned, value_of

_VERSION = "-version"
_ENFORCE = f"enforce{_VERSION}"


class Pinned(msgspec.Struct, frozen=True):
    """A version label, without its prefix, with the minor version that it pins."""

    label: str
    minor: int

    @property
    def words(self) -> str:
        """``enforce-version v1.29``."""
        return f"{self.label} v1.{self.minor}"


def pinned_versions(namespace: Namespace) -> Iterator[Pinned]:
    """Yield the version labels of a namespace that pin a version, enforce's first."""
    for label in (f"{mode}{_VERSION}" for mode in MODES):
        minor = pinned_minor(value_of(namespace, label) or "")
        if minor is not None:
            yield Pinned(label, minor)


def server(inventory: Inventory) -> int:
    """Return the API server's own minor version, or the newest known where nobody said it."""
    known = minor(inventory.source.server_version)
    return LATEST if known is None else known


def current(found: list[Pinned], inventory: Inventory) -> Mapping[str, str]:
    """Return what these labels should say: enforce the server's version, the others latest."""
    return {each.label: pinned(inventory) if _enforces(each) else "latest" for each in found}


def enforced(found: list[Pinned], namespace: Namespace) -> Level | None:
    """Return the level whose version changes with these labels; None where none is enforced."""
    level = value_of(namespace, "enforce")
    known = level in {each.value for each in Level}
    return Level(level or "") if known and any(map(_enforces, found)) else None


def _enforces(version: Pinned) -> bool:
    return version.label == _ENFORCE
