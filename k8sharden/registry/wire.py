"""Requests to registries: bounded in time and size, over TLS, credentials kept to one host."""

import ipaddress
import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlencode, urljoin, urlsplit

import msgspec
import urllib3

from k8sharden import __version__
from k8sharden.model.text import one_line

CONNECT_TIMEOUT = 5.0
"""Seconds to reach a host."""
READ_TIMEOUT = 10.0
"""Seconds that a host may be silent."""
BUDGET = 30.0
"""Seconds that one answer may take, however it trickles."""

_CHUNK = 64 * 1024
_REDIRECTS = 5
_DEEPEST = 10
_FOLLOWED = (301, 302, 303, 307, 308)


class Trouble(Exception):
    """Why there was no answer, as the end of a sentence; ``lost`` where the host is out of reach.

    Then there is no use in asking it for the next image.
    """

    def __init__(self, why: str, *, lost: bool = False) -> None:
        super().__init__(why)
        self.lost = lost


class Answer(msgspec.Struct, frozen=True):
    """An answer, whatever its status; the names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Wire:
    """Sends requests. Safe to use from several threads.

    ``plain`` names the hosts that may be asked without TLS; this machine always may be.
    """

    def __init__(
        self,
        *,
        plain: frozenset[str] = frozenset(),
        stopped: Callable[[], bool] = lambda: False,
        read_timeout: float = READ_TIMEOUT,
        budget: float = BUDGET,
    ) -> None:
        self._plain = plain
        self._stopped = stopped
        self._timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=read_timeout)
        self._budget = budget
        options: dict[str, Any] = {"ssl_context": ssl.create_default_context(), "maxsize": 8}
        self._direct = urllib3.PoolManager(**options)
        proxies = urllib.request.getproxies()
        self._proxies = {
            scheme: urllib3.ProxyManager(
                proxies[scheme], proxy_headers=_proxy_login(proxies[scheme]), **options
            )
            for scheme in ("http", "https")
            if proxies.get(scheme, "").startswith(("http://", "https://"))
        }

    def may_be_plain(self, host: str) -> bool:
        """Whether a host may be asked without TLS."""
        return host in self._plain or is_loopback(host)

    def send(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        most: int,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Get a URL, or post a form to it. Raises `Trouble`, also for more than ``most`` bytes.

        Redirects are followed, without the Authorization header once they leave the host, and never
        from TLS to plain text, nor from elsewhere to this machine.
        """
        try:
            return self._followed(url, dict(headers), most, form)
        except ValueError as error:
            raise Trouble("it sends to an address that is none") from error

    def _followed(
        self, url: str, sent: dict[str, str], most: int, form: Mapping[str, str] | None
    ) -> Answer:
        deadline = time.monotonic() + self._budget
        for _ in range(_REDIRECTS + 1):
            answer = self._once(url, sent, most, form, deadline)
            target = answer.headers.get("location", "")
            if answer.status not in _FOLLOWED or not target or form is not None:
                return answer
            following = urljoin(url, target)
            if _origin(following) != _origin(url):
                sent.pop("Authorization", None)
            self._check_redirect(url, following)
            url = following
        raise Trouble("it redirects without end")

    def _check_redirect(self, here: str, there: str) -> None:
        old, new = urlsplit(here), urlsplit(there)
        if is_loopback(new.netloc) and not is_loopback(old.netloc):
            raise Trouble("it redirects to this machine, which is not followed")
        if new.scheme != "https" and (old.scheme == "https" or not self.may_be_plain(new.netloc)):
            raise Trouble("it redirects to an address without TLS, which is not followed")

    def _once(
        self,
        url: str,
        headers: Mapping[str, str],
        most: int,
        form: Mapping[str, str] | None,
        deadline: float,
    ) -> Answer:
        if self._stopped():
            raise Trouble("nobody waits for it any more", lost=True)
        named = {"User-Agent": f"k8sharden/{__version__}", **headers}
        if form is not None:
            named["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            response = self._pool(url).request(
                "GET" if form is None else "POST",
                url,
                headers=named,
                body=None if form is None else urlencode(form),
                timeout=self._timeout,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                return self._read(response, most, deadline)
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _trouble(error) from error

    def _read(self, response: urllib3.BaseHTTPResponse, most: int, deadline: float) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        # Each of several ways to log in may come in a line of its own.
        if ways := response.headers.getlist("www-authenticate"):
            headers["www-authenticate"] = ", ".join(ways)
        parts, size = [], 0
        # One read of what is there at a time: a body that trickles must not outlast the budget.
        while part := response.read1(_CHUNK):
            size += len(part)
            parts.append(part)
            if size > most:
                raise Trouble(f"its answer is larger than {most >> 20} MB")
            if time.monotonic() > deadline or self._stopped():
                raise Trouble(f"its answer took more than {self._budget:g} s", lost=True)
        return Answer(response.status, headers, b"".join(parts))

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        proxy = self._proxies.get(parts.scheme)
        if proxy is None or is_loopback(parts.netloc):
            return self._direct
        return self._direct if urllib.request.proxy_bypass(parts.hostname or "") else proxy


def _proxy_login(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    if not parts.username:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return dict(urllib3.make_headers(proxy_basic_auth=pair))


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def _trouble(error: Exception) -> Trouble:
    """Say what the network raised, as the end of a sentence."""
    causes: list[BaseException] = [error]
    while len(causes) < _DEEPEST:
        inner = getattr(causes[-1], "reason", None) or causes[-1].__cause__
        if not isinstance(inner, BaseException):
            break
        causes.append(inner)
    for kind, why in _WHY:
        if any(isinstance(cause, kind) for cause in causes):
            return Trouble(why, lost=True)
    return Trouble(f"the connection broke ({one_line(type(error).__name__, 60)})", lost=True)


# In this order: the library's own words for a connection that failed are wider than the cause.
_WHY: tuple[tuple[type[BaseException], str], ...] = (
    (urllib3.exceptions.ProxyError, "the proxy did not let it through: check HTTPS_PROXY"),
    (urllib3.exceptions.NameResolutionError, "its name cannot be resolved: check the network"),
    (ConnectionRefusedError, "it refused the connection"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted: SSL_CERT_FILE names others"),
    (ssl.SSLError, "it speaks no TLS that is understood here"),
    (urllib3.exceptions.ReadTimeoutError, "it did not answer in time"),
    (urllib3.exceptions.ConnectTimeoutError, "it could not be reached in time"),
    (TimeoutError, "it did not answer in time"),
)
