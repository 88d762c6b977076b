"""The real registry on the loopback, with or without logins, and a client that pushes to it."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import urllib3
import yaml
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.servers.binaries import find_registry
from tests.servers.processes import Process, free_ports

USER, PASSWORD = "robot", "kestrel"
# bcrypt of the password above, by golang.org/x/crypto/bcrypt at its lowest cost.
_HTPASSWD = f"{USER}:$2a$04$XsDh1/.Ehvlldez2nnWhG.bu3K2pjZ9gohnn.j13DveHtMXwlPcMC\n"
_START_SECONDS = 20.0
_SERVICE, _ISSUER = "test-registry", "test-tokens"

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def digest_of(body: bytes) -> str:
    """Return the sha256 digest of some bytes."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class RegistryServer:
    """A running registry: ``host`` is what references begin with."""

    def __init__(self, host: str, headers: Mapping[str, str] = {}) -> None:
        self.host = host
        self.headers = dict(headers)
        self._pool = urllib3.PoolManager(retries=False)

    def request(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Any:
        """Send one request as somebody who may push."""
        headers = {**self.headers, **({"Content-Type": kind} if kind else {})}
        url = path if path.startswith("http") else f"http://{self.host}{path}"
        return self._pool.request(method, url, body=body, headers=headers)

    def push_blob(self, repository: str, body: bytes) -> dict[str, Any]:
        """Push a blob; return its descriptor."""
        begun = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        assert begun.status == 202, begun.data
        url = begun.headers["Location"]
        done = self.request(
            "PUT",
            f"{url}{'&' if '?' in url else '?'}digest={digest_of(body)}",
            body,
            "application/octet-stream",
        )
        assert done.status == 201, done.data
        return {"mediaType": OCI_CONFIG, "digest": digest_of(body), "size": len(body)}

    def push_manifest(self, repository: str, name: str, manifest: dict[str, Any]) -> dict[str, Any]:
        """Push a manifest under a tag or its digest; return its descriptor."""
        body = json.dumps(manifest).encode()
        digest = digest_of(body)
        done = self.request(
            "PUT", f"/v2/{repository}/manifests/{name or digest}", body, manifest["mediaType"]
        )
        assert done.status == 201, done.data
        return {"mediaType": manifest["mediaType"], "digest": digest, "size": len(body)}

    def push_image(
        self,
        repository: str,
        tag: str = "",
        *,
        platform: str = "linux/amd64",
        kind: str = OCI_MANIFEST,
        **run: Any,
    ) -> dict[str, Any]:
        """Push an image without layers; ``run`` is the config's ``config``."""
        os_name, architecture, *variant = platform.split("/")
        config = {"os": os_name, "architecture": architecture, "config": run}
        if variant:
            config["variant"] = variant[0]
        descriptor = self.push_blob(repository, json.dumps(config).encode())
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": descriptor, "layers": []}
        return self.push_manifest(repository, tag, manifest)

    def push_index(
        self, repository: str, tag: str, images: Mapping[str, dict[str, Any]], kind: str = OCI_INDEX
    ) -> str:
        """Push an index of images that are there, by platform; return its digest."""
        listed = []
        for platform, descriptor in images.items():
            os_name, architecture, *variant = platform.split("/")
            place = {"os": os_name, "architecture": architecture}
            listed.append(
                {**descriptor, "platform": place | ({"variant": variant[0]} if variant else {})}
            )
        index = {"schemaVersion": 2, "mediaType": kind, "manifests": listed}
        return str(self.push_manifest(repository, tag, index)["digest"])


@contextmanager
def registry(folder: Path, **auth: Any) -> Iterator[RegistryServer]:
    """Run a registry; ``auth`` is that part of its configuration."""
    program = find_registry()
    assert isinstance(program, Path), program
    (port,) = free_ports(1)
    host = f"127.0.0.1:{port}"
    config = {
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}},
        "http": {"addr": host, "secret": "a secret of the tests"},
        **({"auth": auth} if auth else {}),
    }
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    process = Process([str(program), "serve", str(folder / "config.yml")], folder / "registry.log")
    try:
        _wait(host, process)
        yield RegistryServer(host)
    finally:
        process.stop()


@contextmanager
def with_passwords(folder: Path) -> Iterator[RegistryServer]:
    """Run a registry that wants the login above, by HTTP's Basic."""
    (folder / "htpasswd").write_text(_HTPASSWD)
    auth = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    with registry(folder, **auth) as running:
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        running.headers["Authorization"] = f"Basic {pair}"
        yield running


@contextmanager
def with_tokens(folder: Path, *, public: frozenset[str] = frozenset()) -> Iterator[RegistryServer]:
    """Run a registry and a server of tokens: repositories in ``public`` may be read by anybody."""
    with TokenServer(public) as tokens:
        (folder / "keys.json").write_text(json.dumps(tokens.keys))
        auth = {
            "token": {
                "realm": tokens.url,
                "service": _SERVICE,
                "issuer": _ISSUER,
                "jwks": str(folder / "keys.json"),
            }
        }
        with registry(folder, **auth) as running:
            running.headers["Authorization"] = f"Bearer {tokens.pusher}"
            yield running


def _wait(host: str, process: Process) -> None:
    deadline = time.monotonic() + _START_SECONDS
    pool = urllib3.PoolManager(retries=False)
    while True:
        process.check()
        try:
            if pool.request("GET", f"http://{host}/v2/", timeout=1.0).status in (200, 401):
                return
        except urllib3.exceptions.HTTPError:
            assert time.monotonic() < deadline, process.tail()
        time.sleep(0.05)


class TokenServer:
    """Signs tokens for whoever gives the login above, and for readers of public repositories."""

    def __init__(self, public: frozenset[str]) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        self.keys = {
            "keys": [
                {
                    "kty": "EC",
                    "crv": "P-256",
                    "alg": "ES256",
                    "use": "sig",
                    "kid": "test",
                    "x": _b64(numbers.x.to_bytes(32, "big")),
                    "y": _b64(numbers.y.to_bytes(32, "big")),
                }
            ]
        }
        issue, wanted = self.issue, f"Basic {_basic()}"

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = parse_qs(urlsplit(self.path).query)
                known = self.headers["Authorization"] == wanted
                if self.headers["Authorization"] and not known:
                    self.send_error(401)
                    return
                self._answer(asked, known=known)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked = parse_qs(body)
                known = asked["grant_type"] == ["refresh_token"]
                self._answer(asked, known=known and asked["refresh_token"] == ["identity"])

            def _answer(self, asked: dict[str, list[str]], *, known: bool) -> None:
                scopes = asked.get("scope", [])
                allowed = [each for each in scopes if known or each.split(":")[1] in public]
                word = "token" if self.command == "GET" else "access_token"
                body = json.dumps({word: issue(allowed), "expires_in": 300}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"

    @property
    def pusher(self) -> str:
        """A token to push everything of the tests with."""
        return self.issue(["repository:shop/web:pull,push", "repository:shop/open:pull,push"])

    def issue(self, scopes: list[str]) -> str:
        """Sign a token for these scopes."""
        now = int(time.time())
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        claims = {
            "iss": _ISSUER,
            "sub": USER,
            "aud": _SERVICE,
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": "1",
            "access": access,
        }
        parts = ({"typ": "JWT", "alg": "ES256", "kid": "test"}, claims)
        signed = ".".join(_b64(json.dumps(part).encode()) for part in parts)
        der = self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        signature = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
        return f"{signed}.{_b64(signature)}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _basic() -> str:
    return base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
