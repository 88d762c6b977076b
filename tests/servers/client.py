"""The narrowest HTTP client that a test needs to speak to an API server directly."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, Protocol

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, refusals included: tests are often about these."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    def expect(self, *statuses: int) -> Answer:
        """This answer, if it has one of the statuses; otherwise fail with what was said."""
        if self.status not in statuses:
            raise AssertionError(f"answered {self.status}, not {statuses}: {self.text}")
        return self


class Request(Protocol):
    """Sends one request; the body is an object to encode, or None."""

    def __call__(
        self, method: str, path: str, body: object = None, *, content_type: str = JSON
    ) -> Answer:
        """Send one request."""
        ...


class Client:
    """One user's requests to one server."""

    def __init__(
        self, url: str, ca_file: Path, token: str, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._url = url
        self._timeout = timeout
        self._token = token
        # The environment's proxies are for the world outside, never for the loopback.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file)),
        )

    def __call__(
        self, method: str, path: str, body: object = None, *, content_type: str = JSON
    ) -> Answer:
        """Send one request. Raises OSError only where no answer came."""
        data = None if body is None else json.dumps(body).encode()
        url = self._url + path
        request = urllib.request.Request(url, data, method=method)  # noqa: S310 - our own server
        request.add_header("Authorization", f"Bearer {self._token}")
        if data is not None:
            request.add_header("Content-Type", content_type)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers, refusal.read())
