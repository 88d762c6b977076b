"""A registry that misbehaves on purpose: each test says how."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """A request, with shorthands for what tests answer."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send an answer; an underscore in a header's name stands for a dash."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""


class Rogue:
    """A running server; ``seen`` are the paths that were asked for, with their Authorization."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.seen: list[tuple[str, str]] = []
        self.done = threading.Event()

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [path for path, _ in self.seen]


@contextmanager
def rogue(behave: Answer) -> Iterator[Rogue]:
    """Run a server that answers each request as ``behave`` does."""

    class Handler(Request):
        def do_GET(self) -> None:
            running.seen.append((self.path, self.headers.get("Authorization", "")))
            behave(self)

        do_POST = do_GET  # noqa: N815 - their name

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: clients that leave are what the tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    running = Rogue(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.done.set()
        server.shutdown()
        thread.join()
        server.server_close()
