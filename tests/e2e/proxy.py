"""A proxy in front of an API server: it writes down what it passes on, or meddles with it."""

import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3
import yaml

from tests.servers.control_plane import ControlPlane

Seen = list[tuple[str, str]]
_HOP = {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class Asked:
    """A request as the proxy got it; ``target`` is its path with its query."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path alone."""
        return self.target.partition("?")[0]

    @property
    def writes(self) -> bool:
        """Whether it is no read and no access review; dry runs count."""
        return self.method != "GET" and not self.path.startswith("/apis/authorization.k8s.io/")

    @property
    def dry(self) -> bool:
        """Whether nothing is stored; a delete says so in its body."""
        return "dryRun=All" in self.target or b'"dryRun"' in self.body

    @property
    def about(self) -> str:
        """The path of the object that is written; a new one's name is in its body."""
        if self.method != "POST":
            return self.path
        return f"{self.path}/{json.loads(self.body)['metadata']['name']}"


@dataclass(frozen=True)
class Answered:
    """An answer; ``cut`` sends half of the body and closes the connection."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False


Forward = Callable[[], Answered]
Meddle = Callable[[Asked, Forward], Answered | None]
"""Decides what becomes of a request; None closes the connection without an answer."""


@contextmanager
def between(server: ControlPlane, meddle: Meddle) -> Iterator[str]:
    """Yield the address of a proxy all of whose requests go through ``meddle``."""
    context = ssl.create_default_context(cafile=str(server.ca_file))
    upstream = urllib3.PoolManager(ssl_context=context, maxsize=16)

    def forward(asked: Asked) -> Answered:
        answer = upstream.request(
            asked.method, server.url + asked.target, headers=asked.headers,
            body=asked.body or None, decode_content=False, retries=False,
        )  # fmt: skip
        kept = {key: value for key, value in answer.headers.items() if key.lower() not in _HOP}
        return Answered(answer.status, kept, answer.data)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            answer = meddle(asked, lambda: forward(asked))
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
            self.close_connection = answer.cut

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - the base class's names

        def handle(self) -> None:
            """Serve a connection until one of its ends closes it; a killed client just leaves."""
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
        upstream.clear()


@contextmanager
def recording(server: ControlPlane) -> Iterator[tuple[str, Seen]]:
    """Yield a proxy's address, and the list of (method, path) that it fills."""
    seen: Seen = []

    def note(asked: Asked, forward: Forward) -> Answered:
        seen.append((asked.method, asked.path))
        return forward()

    with between(server, note) as address:
        yield address, seen


def through(address: str, kubeconfig: Path, folder: Path) -> Path:
    """Return a copy of a kubeconfig that leads through the proxy."""
    config = yaml.safe_load(kubeconfig.read_text())
    for cluster in config["clusters"]:
        cluster["cluster"] = {"server": address}
    changed = folder / "through-the-proxy.yaml"
    changed.write_text(json.dumps(config))
    return changed
