"""A proxy before an API server that records every request: what a program really sends, and not.

It speaks plain HTTP on the loopback, so that it can read what it passes on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import urllib3

from tests.servers.control_plane import ControlPlane

HOP_BY_HOP = frozenset({"connection", "host", "transfer-encoding", "content-length", "keep-alive"})
REVIEWS = "/apis/authorization.k8s.io/v1/"


@dataclass
class Recorder:
    """What went through: methods with paths. ``kubeconfig`` leads clients through it."""

    kubeconfig: Path
    requests: list[tuple[str, str]] = field(default_factory=list)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The requests that are neither GETs nor access reviews."""
        return [
            (method, path)
            for method, path in self.requests
            if method != "GET" and not (method == "POST" and path.startswith(REVIEWS))
        ]


@contextmanager
def recording(control_plane: ControlPlane, folder: Path, user: str = "admin") -> Iterator[Recorder]:
    """Run a recording proxy before the control plane, for one of its users."""
    recorder = Recorder(folder / "recorded.kubeconfig")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(control_plane, recorder))
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_port}"
    config = json.loads(control_plane.kubeconfig(user).read_text())
    config["clusters"][0]["cluster"] = {"server": url}
    recorder.kubeconfig.write_text(json.dumps(config))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(control_plane: ControlPlane, recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    pool = urllib3.PoolManager(ca_certs=str(control_plane.ca_file), maxsize=16)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            recorder.requests.append((self.command, self.path))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
            answer = pool.request(
                self.command,
                control_plane.url + self.path,
                body=body or None,
                headers=headers,
                retries=False,
                decode_content=False,
            )
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            self.wfile.write(answer.data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler
