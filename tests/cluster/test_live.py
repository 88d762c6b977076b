"""The live transport against servers of our own making: what the wire can do, and what is said."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8sharden.cluster import live
from k8sharden.cluster.api import Api
from k8sharden.cluster.connect import connect
from k8sharden.cluster.failures import Broken
from k8sharden.cluster.retry import RetryingTransport
from k8sharden.cluster.transport import Request
from k8sharden.errors import ClusterUnavailable, Unauthorized, Unreached

Play = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(play: Play) -> Iterator[str]:
    """Serve on loopback; ``play`` answers every GET."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            play(self)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Send one whole answer."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def to(server: str, folder: Path, user: dict[str, Any] | None = None) -> Api:
    """Connect to a server through a kubeconfig."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user or {"token": "t0ken-t0ken"}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "here",
    }
    file = folder / "config"
    file.write_text(yaml.safe_dump(config))
    return connect(kubeconfig=file)


def bare(api: Api) -> live.LiveTransport:
    """Return the transport below the retries."""
    assert isinstance(api.transport, RetryingTransport)
    assert isinstance(api.transport.inner, live.LiveTransport)
    return api.transport.inner


def test_a_request_carries_the_token_and_asks_for_compression(tmp_path: Path) -> None:
    """Every request authenticates itself, names us, and lets the server compress."""
    seen: dict[str, str] = {}

    def play(handler: BaseHTTPRequestHandler) -> None:
        seen.update(handler.headers.items(), path=handler.path)
        answer(handler, gzip.compress(b'{"gitVersion": "v1.36.2"}'), Content_Encoding="gzip")

    with serving(play) as server:
        assert to(server, tmp_path).version() == "v1.36.2"
    assert seen["authorization"] == "Bearer t0ken-t0ken"
    assert seen["Accept-Encoding"] == "gzip"
    assert seen["User-Agent"].startswith("k8sharden/")
    assert seen["path"] == "/version"


def test_queries_are_quoted(tmp_path: Path) -> None:
    """A continue token goes through the URL unharmed."""
    paths: list[str] = []

    def play(handler: BaseHTTPRequestHandler) -> None:
        paths.append(handler.path)
        answer(handler, b"{}")

    with serving(play) as server:
        bare(to(server, tmp_path)).send(Request("GET", "/x", {"continue": "a+b/c=&d"}))
    assert paths == ["/x?continue=a%2Bb%2Fc%3D%26d"]


def test_warnings_are_read_and_unescaped(tmp_path: Path) -> None:
    """Each Warning header becomes a text, whatever it quotes."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Warning", '299 - "first, with a comma"')
        handler.send_header("Warning", '299 - "would violate \\"restricted\\""')
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    with serving(play) as server:
        response = bare(to(server, tmp_path)).send(Request("GET", "/"))
    assert response.warnings == ("first, with a comma", 'would violate "restricted"')


def test_retry_after_is_read(tmp_path: Path) -> None:
    """The seconds that a throttling server asks for are kept; a date is not taken for them."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        header = "7" if handler.path == "/a" else "Wed, 21 Oct 2026 07:28:00 GMT"
        answer(handler, b"{}", 429, Retry_After=header)

    with serving(play) as server:
        transport = bare(to(server, tmp_path))
        assert transport.send(Request("GET", "/a")).retry_after == 7.0
        assert transport.send(Request("GET", "/b")).retry_after is None


def test_refused_credentials_name_the_context(tmp_path: Path) -> None:
    """A 401 says whose credentials were refused and what to do, and holds no token."""
    with serving(lambda handler: answer(handler, b"{}", 401)) as server:
        api = to(server, tmp_path)
        with pytest.raises(Unauthorized, match=r"context here were refused \(401\)") as caught:
            api.version()
    assert "t0ken" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """A login page's redirect is said, and the token is not sent after it."""
    asked: list[str] = []

    def play(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        answer(handler, b"", 302, Location="/login")

    with serving(play) as server, pytest.raises(ClusterUnavailable, match="redirect"):
        to(server, tmp_path).version()
    assert asked == ["/version"]


@pytest.mark.parametrize("compressed", [True, False])
def test_an_answer_without_end_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, compressed: bool
) -> None:
    """A body larger than the bound is refused, also where it only grows when it is unpacked."""
    monkeypatch.setattr(live, "MOST_BYTES", 1_000_000)
    body = b"x" * 2_000_000

    def play(handler: BaseHTTPRequestHandler) -> None:
        if compressed:
            answer(handler, gzip.compress(body), Content_Encoding="gzip")
        else:
            answer(handler, body)

    with serving(play) as server, pytest.raises(ClusterUnavailable, match="more than"):
        to(server, tmp_path).version()


@pytest.mark.parametrize(
    "body", [b"no gzip at all", gzip.compress(b"{}" * 900)[:-9]], ids=["other", "torn"]
)
def test_a_damaged_compressed_answer_is_an_error(tmp_path: Path, body: bytes) -> None:
    """Compression that is broken or cut off is one line, not a traceback."""
    play = lambda handler: answer(handler, body, Content_Encoding="gzip")  # noqa: E731 - short
    with serving(play) as server, pytest.raises(ClusterUnavailable, match="damaged"):
        to(server, tmp_path).version()


def test_a_broken_connection_may_be_tried_again(tmp_path: Path) -> None:
    """A connection that breaks half-way is told apart, so that reads are repeated."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"{")
        handler.close_connection = True

    with serving(play) as server, pytest.raises(Broken):
        bare(to(server, tmp_path)).send(Request("GET", "/"))


def test_a_silent_server_times_out(tmp_path: Path) -> None:
    """A server that accepts and says nothing is left after the time-out."""
    released = threading.Event()

    def play(_: BaseHTTPRequestHandler) -> None:
        released.wait(10)

    with serving(play) as server:
        transport = bare(to(server, tmp_path))
        with pytest.raises(ClusterUnavailable, match=r"did not answer within 0\.2 s"):
            transport.send(Request("GET", "/"), timeout=0.2)
        released.set()


def test_a_server_that_is_down_is_said(tmp_path: Path) -> None:
    """A refused connection names the address and asks the right questions."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
        server = f"https://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ClusterUnavailable, match="refused the connection") as caught:
            to(server, tmp_path).version()
    assert server in str(caught.value)


def test_an_unknown_name_is_said(tmp_path: Path) -> None:
    """A name that does not resolve is told from a server that is down."""
    with pytest.raises(ClusterUnavailable, match="could not be resolved"):
        to("https://no-such-host.invalid", tmp_path).version()


def test_tls_to_a_plain_server_is_said(tmp_path: Path) -> None:
    """HTTPS spoken to a port that answers plain text is a TLS error in one line."""
    with serving(lambda handler: answer(handler, b"{}")) as server:
        api = to(server.replace("http:", "https:"), tmp_path)
        with pytest.raises(ClusterUnavailable, match="No TLS connection"):
            api.version()


def test_a_proxy_that_is_down_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the environment is used, and blamed where it fails."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(ClusterUnavailable, match="through the proxy"):
        to("http://cluster.example", tmp_path).version()


def test_a_server_that_leaves_in_the_handshake_is_a_broken_connection(tmp_path: Path) -> None:
    """As one does that restarts: it is tried again, and TLS is not blamed."""

    def leave(listener: socket.socket) -> None:
        visitor, _ = listener.accept()
        with visitor:
            # All of the hello, since what is left unread makes of the farewell a reset.
            visitor.recv(65_536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=leave, args=(listener,))
        thread.start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Broken, match="broke"):
            bare(to(address, tmp_path)).send(Request("GET", "/"), timeout=10)
        thread.join()


def test_what_was_never_sent_is_told_from_what_may_have_arrived(tmp_path: Path) -> None:
    """A refused connection carried nothing; one that broke may have."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
        server = f"https://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unreached):
            to(server, tmp_path).version()
    assert not issubclass(Broken, Unreached)
