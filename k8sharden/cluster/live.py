"""The transport to a real API server.

Of the `kubernetes` package only the configuration and its connection pool are used: they know
kubeconfigs, exec plugins, client certificates and proxies. Bodies are taken as bytes, compressed,
since decoding them into that package's models takes five times as long as the server needs.
"""

import contextlib
import hashlib
import re
import threading
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import urllib3

from k8sharden import __version__
from k8sharden.cluster.failures import explain, refused_credentials
from k8sharden.cluster.kubeconfig import without_login
from k8sharden.cluster.plugin import bounded
from k8sharden.cluster.transport import Request, Response
from k8sharden.errors import ClusterUnavailable
from k8sharden.model.text import one_line

CONNECT_TIMEOUT = 10.0
"""Seconds to reach the server; a scan of a cluster that is down ends after this."""

MOST_BYTES = 256 * 2**20
"""The most that one answer may hold, unpacked: five hundred objects of the usual largest size."""

_CHUNK = 256 * 1024
_WARNING = re.compile(r'\b299 \S+ "((?:[^"\\]|\\.)*)"')


class Login(msgspec.Struct, frozen=True):
    """Whose credentials are used, for messages: a context's name, and the plugin's if it has one.

    ``name`` may be hostile; it goes through `one_line` wherever it is shown.
    """

    name: str
    command: str = ""


class LiveTransport:
    """Sends requests to a real API server.

    ``configuration`` is a `kubernetes.client.Configuration`, and ``pool`` the urllib3 pool manager
    that the package made for it. Safe to use from several threads.
    """

    def __init__(self, configuration: Any, pool: urllib3.PoolManager, login: Login) -> None:
        self._configuration = configuration
        self._pool = pool
        self._login = login
        self._refreshing = threading.Lock()

    @property
    def server(self) -> str:
        """The server's address, for messages."""
        return without_login(str(self._configuration.host))

    @property
    def fingerprint(self) -> str:
        """The server's address and the CA that vouches for it, as a digest."""
        authority = str(self._configuration.ssl_ca_cert or "")
        known = Path(authority).read_bytes() if authority and Path(authority).is_file() else b""
        return hashlib.sha256(self.server.encode() + b"\0" + known).hexdigest()[:32]

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Send one request.

        Raises `ClusterUnavailable`, and `Unauthorized` for a 401 or a plugin that hangs.
        """
        try:
            response = self._open(request, timeout)
            with contextlib.closing(response):
                answer = self._read(response)
        except (urllib3.exceptions.HTTPError, OSError, zlib.error) as error:
            raise explain(error, self.server, timeout) from error
        if answer.status == 401:  # noqa: PLR2004 - HTTP's number for it
            raise refused_credentials(self._login.name, self._login.command)
        if 300 <= answer.status < 400:  # noqa: PLR2004 - HTTP's redirects
            raise ClusterUnavailable(
                f"{one_line(self.server, 200)} answered with a redirect, which an API server never "
                "does: check the server's address, or log in to the proxy before it."
            )
        return answer

    def _open(self, request: Request, timeout: float) -> urllib3.BaseHTTPResponse:
        url = self.server + request.path
        if request.query:
            url += "?" + urlencode(request.query)
        return self._pool.request(
            request.method,
            url,
            body=request.body or None,
            headers=self._headers(request),
            timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT, timeout), read=timeout),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {
            "Accept": request.accept,
            "Accept-Encoding": "gzip",
            "User-Agent": f"k8sharden/{__version__}",
        }
        if request.body:
            headers["Content-Type"] = request.content_type
        return headers | self._credentials()

    def _credentials(self) -> dict[str, str]:
        """Return the authentication headers, fetching a new token where the old one has expired.

        Raises what `bounded` raises.
        """
        # The package refreshes without a lock, and logs what a plugin says instead of raising it.
        with self._refreshing, bounded(self._login.command, self._login.name):
            settings = self._configuration.auth_settings()
        return {
            setting["key"]: setting["value"]
            for setting in settings.values()
            if setting["in"] == "header" and setting["value"]
        }

    def _read(self, response: urllib3.BaseHTTPResponse) -> Response:
        """Read and unpack the whole body, bounded on both sides of the unpacking."""
        packed = bytearray()
        for chunk in response.stream(_CHUNK, decode_content=False):
            packed += chunk
            if len(packed) > MOST_BYTES:
                raise self._too_large()
        headers = response.headers
        body = bytes(packed)
        if headers.get("Content-Encoding", "").lower() == "gzip":
            body = self._unpacked(body)
        return Response(response.status, body, _warnings(headers), _seconds(headers))

    def _unpacked(self, packed: bytes) -> bytes:
        # One call for the whole body leaves the interpreter to other threads while it runs.
        unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        body = unpacking.decompress(packed, MOST_BYTES)
        if unpacking.unconsumed_tail:
            raise self._too_large()
        if not unpacking.eof:
            raise zlib.error("the compressed answer is cut off")
        return body

    def _too_large(self) -> ClusterUnavailable:
        return ClusterUnavailable(
            f"{one_line(self.server, 200)} sent an answer of more than {MOST_BYTES >> 20} MB, "
            "which was not read."
        )


def _warnings(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the texts of the Warning headers, unescaped."""
    return tuple(
        re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(headers.get("Warning", ""))
    )


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Return Retry-After in seconds; the API server never writes it as a date."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
