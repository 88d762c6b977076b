"""A proxy in front of an API server that writes down every request it passes on."""

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3
import yaml

from tests.servers.control_plane import ControlPlane

Seen = list[tuple[str, str]]
_HOP = {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}


@contextmanager
def recording(server: ControlPlane) -> Iterator[tuple[str, Seen]]:
    """Yield the proxy's address, and the list of (method, path) that it fills."""
    seen: Seen = []
    context = ssl.create_default_context(cafile=str(server.ca_file))
    upstream = urllib3.PoolManager(ssl_context=context, maxsize=16)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            seen.append((self.command, self.path.partition("?")[0]))
            length = int(self.headers.get("Content-Length") or 0)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
            answer = upstream.request(
                self.command, server.url + self.path, headers=headers,
                body=self.rfile.read(length) or None, decode_content=False, retries=False,
            )  # fmt: skip
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                if key.lower() not in _HOP:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            self.wfile.write(answer.data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - the base class's names

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_address[1]}", seen
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


def through(address: str, kubeconfig: Path, folder: Path) -> Path:
    """Return a copy of a kubeconfig that leads through the proxy."""
    config = yaml.safe_load(kubeconfig.read_text())
    for cluster in config["clusters"]:
        cluster["cluster"] = {"server": address}
    changed = folder / "through-the-proxy.yaml"
    changed.write_text(json.dumps(config))
    return changed
