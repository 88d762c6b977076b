"""The seam between our client and an API server: one HTTP request, one answer.

Two things stand behind it: a real API server, and the cluster in memory.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
FLAGZ = "application/json;v=v1beta1;g=config.k8s.io;as=Flagz"


class Request(msgspec.Struct, frozen=True):
    """One request: ``path`` is absolute and already quoted, ``query`` is not.

    ``dry`` says that nothing is stored whatever the method: a dry run, or an access review.
    """

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: bytes = b""
    content_type: str = JSON
    accept: str = JSON
    dry: bool = False


class Response(msgspec.Struct, frozen=True):
    """One answer. ``warnings`` are the texts of its ``Warning: 299`` headers.

    ``retry_after`` is the number of seconds that an overloaded server asks to wait.
    """

    status: int
    body: bytes
    warnings: tuple[str, ...] = ()
    retry_after: float | None = None


class Transport(Protocol):
    """Sends requests to one cluster.

    ``send`` returns the answer whatever its status, and raises `ClusterUnavailable` where there is
    none: refused, timed out, a certificate that is not trusted.
    """

    @property
    def server(self) -> str:
        """The server's address, for messages."""
        ...

    @property
    def fingerprint(self) -> str:
        """What tells this cluster from others where nothing of it may be read."""
        ...

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Send one request; ``timeout`` is in seconds."""
        ...
