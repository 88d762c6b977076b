"""One registry: manifests and configurations by the HTTP API v2, with its ways to log in.

Source: the OCI distribution specification 1.1; the distribution project's token authentication.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import msgspec

from k8sharden.analysis.registries import DOCKER_HUB
from k8sharden.model.decoding import decode
from k8sharden.model.text import one_line
from k8sharden.registry.challenge import Challenge, read
from k8sharden.registry.login import Login
from k8sharden.registry.wire import Answer, Trouble, Wire, is_loopback

WAIT_BUDGET = 20.0
"""Seconds that a registry may ask to wait, taken together."""
MOST_REFUSALS = 3
"""How often a login is tried that was never let in: registries lock accounts after a few more."""

_HUB_API = "registry-1.docker.io"
_MOST_TOKEN = 2**20
_LONGEST_TOKEN = 65_536
_OK, _UNAUTHORIZED, _FORBIDDEN, _MISSING, _MANY = 200, 401, 403, 404, 429
_BUSY = (502, 503, 504)


class _Token(msgspec.Struct, frozen=True):
    """A registry's token; older services call it ``access_token``."""

    token: str = ""
    access_token: str = ""


class Registry:
    """A registry by the name that references have for it. Safe to use from several threads.

    ``find_login`` is asked for credentials once, when the registry wants some.
    """

    def __init__(
        self,
        name: str,
        wire: Wire,
        find_login: Callable[[str], Login | None],
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.name = name
        self._wire = wire
        self._find_login = find_login
        self._sleep = sleep
        self._api = _HUB_API if name == DOCKER_HUB else name
        self._schemes = ("https", "http") if wire.may_be_plain(self._api) else ("https",)
        self._lock = threading.Lock()
        self._authorization: dict[str, str] = {}
        self._login: tuple[Login | None] | None = None
        self._patience = WAIT_BUDGET
        self._lost: dict[str, str] = {}
        self._trying = threading.Lock()
        self._let_in = False
        self._refusals = 0

    def get(self, repository: str, what: str, *, accept: str, most: int) -> Answer:
        """Get ``manifests/TAG`` or ``blobs/DIGEST`` of a repository. Raises `Trouble`."""
        # Blobs are often elsewhere: where that is out of reach, manifests may still be had.
        kind = what.partition("/")[0]
        if kind in self._lost:
            raise Trouble(self._lost[kind], lost=True)
        path = f"/v2/{quote(repository)}/{quote(what, safe=':/')}"
        try:
            answer = self._asked(path, repository, accept, most)
        except Trouble as trouble:
            if trouble.lost:
                self._lost[kind] = str(trouble)
            raise
        if answer.status != _OK:
            raise Trouble(self._refusal(answer))
        return answer

    def _asked(self, path: str, repository: str, accept: str, most: int) -> Answer:
        answer = self._patiently(path, repository, accept, most)
        if answer.status != _UNAUTHORIZED:
            return answer
        challenge = read(answer.headers.get("www-authenticate", ""))

        def again() -> Answer:
            self._authorization[repository] = self._authorize(challenge, repository)
            return self._patiently(path, repository, accept, most)

        return again() if self._let_in or self._user() is None else self._first(again)

    def _first(self, again: Callable[[], Answer]) -> Answer:
        """Log in for the first time: one image after the other, so that refusals stay few."""
        with self._trying:
            if self._refusals >= MOST_REFUSALS:
                raise Trouble(self._refuses_login)
            answer = again()
            if answer.status == _UNAUTHORIZED:
                self._refusals += 1
            elif answer.status not in (_MANY, *_BUSY):
                self._let_in = True
            return answer

    def _patiently(self, path: str, repository: str, accept: str, most: int) -> Answer:
        """Send once more where the registry asks to wait, and that is not too long."""
        answer = self._send(path, repository, accept, most)
        while answer.status == _MANY or answer.status in _BUSY:
            pause = _seconds(answer.headers.get("retry-after", "")) or 1.0
            with self._lock:
                if pause > self._patience:
                    return answer
                self._patience -= pause
            self._sleep(pause)
            answer = self._send(path, repository, accept, most)
        return answer

    def _send(self, path: str, repository: str, accept: str, most: int) -> Answer:
        headers = {"Accept": accept}
        if authorization := self._authorization.get(repository):
            headers["Authorization"] = authorization
        for scheme in self._schemes[:-1]:
            with contextlib.suppress(Trouble):
                answer = self._wire.send(f"{scheme}://{self._api}{path}", headers, most=most)
                self._schemes = (scheme,)
                return answer
        return self._wire.send(f"{self._schemes[-1]}://{self._api}{path}", headers, most=most)

    def _authorize(self, challenge: Challenge, repository: str) -> str:
        login = self._user()
        if challenge.scheme == "basic":
            if login is None or not login.user:
                raise Trouble(self._wants_login)
            return login.basic
        if challenge.scheme != "bearer":
            raise Trouble("it wants a login of a kind that is not known here")
        return f"Bearer {self._token(challenge, repository, login)}"

    def _token(self, challenge: Challenge, repository: str, login: Login | None) -> str:
        realm = _address(challenge.realm)
        if is_loopback(realm.netloc) and not is_loopback(self._api):
            raise Trouble("it wants a token from this machine, which gets no request")
        plain = self._wire.may_be_plain(realm.netloc) and self._wire.may_be_plain(self._api)
        if not realm.netloc or (realm.scheme != "https" and not (realm.scheme == "http" and plain)):
            raise Trouble("it wants a token from an address without TLS, which gets none")
        scope = challenge.scope or f"repository:{repository}:pull"
        asked = {"service": challenge.service, "scope": scope}
        headers, form, url = {"Accept": "application/json"}, None, challenge.realm
        if login and login.identity_token:
            form = {
                **asked,
                "grant_type": "refresh_token",
                "client_id": "k8sharden",
                "refresh_token": login.identity_token,
            }
        else:
            url += ("&" if realm.query else "?") + urlencode(asked)
            if login:
                headers["Authorization"] = login.basic
        answer = self._wire.send(url, headers, most=_MOST_TOKEN, form=form)
        if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
            self._refusals += answer.status == _UNAUTHORIZED
            raise Trouble(self._wants_login if login is None else self._refuses_login)
        return _token_of(answer)

    def _user(self) -> Login | None:
        with self._lock:
            if self._login is None:
                self._login = (self._find_login(self.name),)
            return self._login[0]

    @property
    def _wants_login(self) -> str:
        return f"it wants a login: k8sharden login --registry {self.name}, or docker login"

    @property
    def _refuses_login(self) -> str:
        return f"it refused the login: k8sharden login --registry {self.name} stores another one"

    def _refusal(self, answer: Answer) -> str:
        """Say what a status means, as the end of a sentence."""
        match answer.status:
            case 401:
                return self._refuses_login if self._user() else self._wants_login
            case 403:
                return "it refuses this image (403): does the login have the right to pull it?"
            case 404:
                return "it has no such image (404)"
            case 429:
                return f"it was asked too often (429): try again {_later(answer)}"
            case status if 300 <= status < 400:  # noqa: PLR2004 - HTTP's redirects
                return f"it redirects to nowhere ({status})"
            case status:
                return f"it failed ({status}): try again later"


def _address(realm: str) -> SplitResult:
    try:
        return urlsplit(realm)
    except ValueError as error:
        raise Trouble("it wants a token from an address that is none") from error


def _token_of(answer: Answer) -> str:
    if answer.status != _OK:
        raise Trouble(f"the address for its tokens failed ({answer.status}): try again later")
    try:
        found = decode(answer.body, _Token)
    except msgspec.MsgspecError as error:
        raise Trouble("the address for its tokens sent something else") from error
    token = found.token or found.access_token
    if not token or len(token) > _LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise Trouble("the address for its tokens sent none that can be used")
    return token


def _seconds(header: str) -> float | None:
    """Return what Retry-After asks for, in seconds or as a date; None for what is neither."""
    if header.strip().isdecimal() and len(header) < 8:  # noqa: PLR2004 - more is no time to wait
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _later(answer: Answer) -> str:
    pause = _seconds(answer.headers.get("retry-after", ""))
    return f"in {one_line(f'{pause:.0f}', 12)} s" if pause else "later"
