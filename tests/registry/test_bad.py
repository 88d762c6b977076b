"""Registries that misbehave: each gives one sentence, in time, and the others go on."""

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from k8sharden.cluster.progress import Progress
from k8sharden.errors import Cancelled
from k8sharden.model.facts import ImageFact
from k8sharden.registry import client, wire
from k8sharden.registry.ask import ask
from k8sharden.registry.client import MOST_REFUSALS
from k8sharden.registry.documents import MOST_MANIFEST, OCI_INDEX, OCI_MANIFEST
from k8sharden.registry.login import Login
from tests.registry.rogue import Request, rogue
from tests.servers.registry_server import digest_of

CONFIG = json.dumps({"os": "linux", "architecture": "amd64", "config": {"User": "1"}}).encode()
MANIFEST = json.dumps(
    {"mediaType": OCI_MANIFEST, "config": {"digest": digest_of(CONFIG)}, "layers": []}
).encode()
LOGIN = Login("robot", "s3cret")


def _one(host: str, name: str = "shop/web:1", **options: Any) -> ImageFact:
    reference = f"{host}/{name}"
    options.setdefault("find_login", lambda _: None)
    return ask([reference], **options)[reference]


def _manifest(body: bytes, **headers: str) -> Callable[[Request], None]:
    return lambda request: request.answer(200, body, **headers)


def _trickle(request: Request) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000000")
    request.end_headers()
    for _ in range(200):
        request.wfile.write(b" ")
        request.wfile.flush()
        time.sleep(0.02)


def _silent(request: Request) -> None:
    request.connection.settimeout(5)
    request.connection.recv(1)


def _endless(request: Request) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(2 * MOST_MANIFEST // 65_536):
        request.wfile.write(b" " * 65_536)


ODD: list[tuple[str, Callable[[Request], None], str]] = [
    ("html", _manifest(b"<!DOCTYPE html>", Content_Type="text/html"), "answered with a web page"),
    ("html-unsaid", _manifest(b"  <html>"), "answered with a web page"),
    ("empty", _manifest(b""), "no manifest of an image"),
    ("not-json", _manifest(b"{"), "no manifest of an image"),
    ("list", _manifest(b"[]"), "no manifest of an image"),
    ("deep", _manifest(b"[" * 100_000), "no manifest of an image"),
    ("wrong-types", _manifest(b'{"config": 3}'), "no manifest of an image"),
    ("schema-1", _manifest(b'{"schemaVersion": 1, "fsLayers": []}'), "long given up"),
    (
        "wrong-digest",
        _manifest(MANIFEST, Docker_Content_Digest="sha256:" + "0" * 64),
        "has another digest than it says",
    ),
    ("odd-digest", _manifest(MANIFEST, Docker_Content_Digest="md5:1"), "a digest that is none"),
    ("huge", _endless, "larger than 4 MB"),
    ("401", lambda request: request.answer(401), "a login of a kind that is not known"),
    (
        "digest-login",
        lambda request: request.answer(401, WWW_Authenticate='Digest realm="x"'),
        "a login of a kind that is not known",
    ),
    (
        "basic",
        lambda request: request.answer(401, WWW_Authenticate='Basic realm="x"'),
        "wants a login: k8sharden login --registry 127.0.0.1",
    ),
    (
        "token-elsewhere",
        lambda request: request.answer(401, WWW_Authenticate='Bearer realm="http://t.example/"'),
        "without TLS, which gets none",
    ),
    ("403", lambda request: request.answer(403), "refuses this image (403)"),
    ("404", lambda request: request.answer(404), "no such image (404)"),
    ("429", lambda request: request.answer(429, Retry_After="86400"), "try again in 86400 s"),
    ("500", lambda request: request.answer(500), "failed (500): try again later"),
    ("418", lambda request: request.answer(418), "failed (418)"),
    ("loop", lambda request: request.answer(302, Location=request.path), "redirects without end"),
    ("nowhere", lambda request: request.answer(302), "redirects to nowhere (302)"),
    (
        "to-plain",
        lambda request: request.answer(302, Location="http://cdn.example/x"),
        "without TLS, which is not followed",
    ),
    (
        "to-nothing",
        lambda request: request.answer(302, Location="http://[/"),
        "sends to an address that is none",
    ),
    (
        "token-from-nothing",
        lambda request: request.answer(401, WWW_Authenticate='Bearer realm="http://[/"'),
        "a token from an address that is none",
    ),
    ("hangs-up", lambda request: request.connection.close(), "the connection broke"),
]


@pytest.mark.parametrize(
    ("behave", "words"), [each[1:] for each in ODD], ids=[each[0] for each in ODD]
)
def test_each_bad_answer_has_its_sentence(behave: Callable[[Request], None], words: str) -> None:
    """What, where, and what to do: in one line, and never an exception."""
    with rogue(behave) as running:
        fact = _one(running.host)
    assert words in fact.problem
    assert fact.problem.startswith(f"{running.host} was asked for {running.host}/shop/web:1: ")
    assert fact.problem.endswith(".")
    assert "\n" not in fact.problem
    assert (fact.digest, fact.user, fact.volumes) == ("", None, None)


def test_silence_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that never answers is given up, and not waited for again for its next image."""
    monkeypatch.setattr(wire.Wire.__init__, "__kwdefaults__", _in_haste(read_timeout=0.2))
    with rogue(_silent) as running:
        names = [f"{running.host}/shop/{number}:1" for number in range(40)]
        start = time.monotonic()
        found = ask(names, find_login=lambda _: None)
        took = time.monotonic() - start
    assert took < 3
    assert {"it did not answer in time" in found[name].problem for name in names} == {True}


def test_an_answer_that_trickles_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte in time is not the whole in time."""
    monkeypatch.setattr(wire.Wire.__init__, "__kwdefaults__", _in_haste(budget=0.3))
    with rogue(_trickle) as running:
        start = time.monotonic()
        assert "took more than 0.3 s" in _one(running.host).problem
        assert time.monotonic() - start < 2


def test_whatever_a_registry_does_an_image_is_given_up() -> None:
    """Headers may trickle, too, which no time-out of the connection sees."""
    with rogue(_silent) as running:
        start = time.monotonic()
        assert "took more than 0.3 s" in _one(running.host, longest=0.3).problem
        assert time.monotonic() - start < 2


def _in_haste(**changed: Any) -> dict[str, Any]:
    defaults = wire.Wire.__init__.__kwdefaults__
    assert defaults is not None
    return {**defaults, **changed}


def test_a_busy_registry_is_asked_again_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry-After is kept to, while that is not too long altogether."""
    refused = iter([429, 503, 429])

    def busy(request: Request) -> None:
        status = next(refused, 200)
        if status == 200:
            request.answer(200, MANIFEST if "manifests" in request.path else CONFIG)
        else:
            request.answer(status, Retry_After="0.01" if status == 503 else "1")

    monkeypatch.setattr(client, "WAIT_BUDGET", 5.0)
    with rogue(busy) as running:
        start = time.monotonic()
        fact = _one(running.host)
        took = time.monotonic() - start
    assert (fact.problem, fact.digest, fact.user) == ("", digest_of(MANIFEST), "1")
    assert 2 <= took < 4.9


def test_a_password_never_leaves_its_host() -> None:
    """A redirect to another address is followed without the login."""
    with rogue(_manifest(CONFIG)) as other:

        def behave(request: Request) -> None:
            if "Authorization" not in request.headers:
                request.answer(401, WWW_Authenticate='Basic realm="x"')
            elif "manifests" in request.path:
                request.answer(200, MANIFEST)
            else:
                request.answer(307, Location=f"http://{other.host}/blob")

        with rogue(behave) as running:
            fact = _one(running.host, find_login=lambda _: LOGIN)
    assert (fact.problem, fact.user) == ("", "1")
    assert other.seen == [("/blob", "")]
    assert running.seen[-1][1] == LOGIN.basic


def test_a_wrong_password_is_not_tried_for_every_image() -> None:
    """Registries lock accounts: after a few refusals the rest is told without asking."""

    def behave(request: Request) -> None:
        if request.path.startswith("/token"):
            request.answer(401)
        else:
            realm = f'Bearer realm="http://{running.host}/token"'
            request.answer(401, WWW_Authenticate=realm)

    with rogue(behave) as running:
        names = [f"{running.host}/shop/{number}:1" for number in range(40)]
        found = ask(names, find_login=lambda _: LOGIN)
        tried = [path for path in running.paths if path.startswith("/token")]
    assert len(tried) == MOST_REFUSALS
    assert all("it refused the login" in fact.problem for fact in found.values())


def test_a_wrong_password_for_basic_is_not_tried_for_every_image() -> None:
    """The same where the password goes to the registry itself."""
    with rogue(lambda request: request.answer(401, WWW_Authenticate='Basic realm="x"')) as running:
        names = [f"{running.host}/shop/{number}:1" for number in range(40)]
        found = ask(names, find_login=lambda _: LOGIN)
        tried = [login for _, login in running.seen if login]
    assert len(tried) == MOST_REFUSALS
    assert all("it refused the login" in fact.problem for fact in found.values())


def test_repositories_that_refuse_a_login_keep_no_other_from_it() -> None:
    """A login that was let in once is right, however many repositories it may not read."""

    def behave(request: Request) -> None:
        if request.path.startswith("/token"):
            request.answer(200 if "open" in request.path else 401, b'{"token": "t"}')
        elif request.headers.get("Authorization") == "Bearer t":
            request.answer(200, MANIFEST)
        else:
            realm = f'Bearer realm="http://{running.host}/token"'
            request.answer(401, WWW_Authenticate=realm)

    def get(repository: str) -> int:
        try:
            return registry.get(repository, "manifests/1", accept="*/*", most=10_000).status
        except wire.Trouble:
            return 401

    with rogue(behave) as running:
        registry = client.Registry(running.host, wire.Wire(), lambda _: LOGIN)
        names = ["open/1", *(f"closed/{number}" for number in range(5)), "open/2"]
        assert [get(name) for name in names] == [200, *[401] * 5, 200]


def test_of_several_ways_to_log_in_the_anonymous_one_is_taken() -> None:
    """Gitea offers a token and a password, in two lines: a public image needs no password."""

    def behave(request: Request) -> None:
        if request.path.startswith("/token"):
            request.answer(200, b'{"token": "t"}')
        elif request.headers.get("Authorization") == "Bearer t":
            request.answer(200, CONFIG if "/blobs/" in request.path else MANIFEST)
        else:
            request.send_response(401)
            request.send_header("WWW-Authenticate", f'Bearer realm="http://{running.host}/token"')
            request.send_header("WWW-Authenticate", 'Basic realm="Gitea"')
            request.send_header("Content-Length", "0")
            request.end_headers()

    with rogue(behave) as running:
        assert _one(running.host).digest


def test_where_blobs_are_out_of_reach_every_digest_is_known() -> None:
    """Registries keep blobs elsewhere; a wall before that place hides the users of images only."""

    def behave(request: Request) -> None:
        if "/blobs/" in request.path:
            request.answer(307, Location="http://127.0.0.1:1/blob")
        else:
            request.answer(200, MANIFEST)

    with rogue(behave) as running:
        names = [f"{running.host}/shop/{number}:1" for number in range(40)]
        found = ask(names, find_login=lambda _: None)
    assert {fact.digest for fact in found.values()} == {digest_of(MANIFEST)}
    assert {fact.user for fact in found.values()} == {None}


def test_a_wrong_configuration_is_not_believed() -> None:
    """A blob has to be what its digest says, wherever it came from."""
    with rogue(
        lambda request: request.answer(200, MANIFEST if "manifests" in request.path else b"{}")
    ) as running:
        fact = _one(running.host)
    assert "another digest" in fact.problem


def test_a_digest_is_known_without_the_configuration() -> None:
    """Who it runs as is not known then, which is no reason to know nothing."""
    with rogue(
        lambda request: (
            request.answer(200, MANIFEST) if "manifests" in request.path else request.answer(404)
        )
    ) as running:
        fact = _one(running.host)
    assert (fact.problem, fact.digest, fact.user) == ("", digest_of(MANIFEST), None)


def test_a_proxy_is_gone_through_with_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """What leaves this machine goes through the proxy that the environment names."""

    def behave(request: Request) -> None:
        logins.append(request.headers.get("Proxy-Authorization", ""))
        request.answer(200, MANIFEST if "manifests" in request.path else CONFIG)

    logins: list[str] = []
    with rogue(behave) as running:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://me:p%40ss@{running.host}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        fact = _one("registry.test:5000", plain=["registry.test:5000"])
    assert (fact.problem, fact.digest) == ("", digest_of(MANIFEST))
    assert running.paths[0] == "http://registry.test:5000/v2/shop/web/manifests/1"
    assert logins[0] == f"Basic {base64.b64encode(b'me:p@ss').decode()}"


def test_a_registry_elsewhere_has_no_tokens_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No registry of others gets a request sent to what listens here."""

    def behave(request: Request) -> None:
        realm = f"https://{running.host}/token"
        request.answer(401, WWW_Authenticate=f'Bearer realm="{realm}"')

    with rogue(behave) as running:
        monkeypatch.setenv("http_proxy", f"http://{running.host}")
        monkeypatch.setenv("https_proxy", f"http://{running.host}")
        fact = _one("registry.test:5000", plain=["registry.test:5000"])
    assert "a token from this machine, which gets no request" in fact.problem
    assert not any("token" in path for path in running.paths)


@pytest.mark.parametrize(
    "tokens",
    [b"", b"{}", b'{"token": ""}', b'{"token": 3}', b'{"token": "a\\nb"}', b"<html>", b"[]"],
)
def test_a_token_that_is_none_is_not_used(tokens: bytes) -> None:
    """Whatever the address for tokens sends: a sentence, and no header made of it."""

    def behave(request: Request) -> None:
        if request.path.startswith("/token"):
            request.answer(200, tokens)
        else:
            realm = f"http://{running.host}/token"
            request.answer(401, WWW_Authenticate=f'Bearer realm="{realm}",service="s"')

    with rogue(behave) as running:
        assert "the address for its tokens sent" in _one(running.host).problem
        assert not any(path.startswith("/v2") and sent for path, sent in running.seen)


def test_an_index_without_our_platform_still_has_its_digest() -> None:
    """Who it runs as is then not known, and nothing is made up; attestations are no images."""
    listed = [
        {"digest": f"sha256:{letter * 64}", "platform": {"os": name, "architecture": "arm64"}}
        for letter, name in (("a", "linux"), ("b", "windows"), ("c", "unknown"))
    ]
    index = json.dumps({"mediaType": OCI_INDEX, "manifests": listed}).encode()
    with rogue(_manifest(index)) as running:
        fact = _one(running.host)
    assert (fact.digest, fact.index, fact.user) == (digest_of(index), True, None)
    assert fact.platforms == ("linux/arm64", "windows/arm64")


def test_a_name_that_is_none_is_not_asked_for() -> None:
    """Nothing is sent for what no runtime would pull, nor for what names no host."""
    names = ["", "UPPER", "my_registry.local/app", "a" * 2_000_000]
    found = ask(names, find_login=lambda _: None)
    assert [found[name].problem.endswith("is no valid reference.") for name in names] == [True] * 4
    assert all(len(found[name].problem) < 300 for name in names)


def test_stopping_does_not_wait_for_a_silent_registry() -> None:
    """Esc or Ctrl-C is heard within a moment, whatever a registry does."""
    with rogue(_silent) as running:
        pressed = threading.Event()
        threading.Timer(0.2, pressed.set).start()
        start = time.monotonic()
        with pytest.raises(Cancelled):
            _one(running.host, cancelled=pressed.is_set)
        assert time.monotonic() - start < 1


def test_progress_ends_at_the_number_of_images() -> None:
    """Each image counts once, however often it is named."""
    told: list[Progress] = []
    with rogue(lambda request: request.answer(404)) as running:
        names = [f"{running.host}/shop/{number % 5}:1" for number in range(10)]
        assert len(ask(names, progress=told.append, find_login=lambda _: None)) == 5
    assert (told[-1].done, told[-1].total, told[-1].finished) == (5, 5, True)


def test_once_stopped_nothing_more_is_sent() -> None:
    """Threads that are left behind end at their next request, and send no password then."""
    with rogue(_manifest(MANIFEST)) as running:
        halted = wire.Wire(stopped=lambda: True)
        with pytest.raises(wire.Trouble, match="nobody waits"):
            halted.send(f"http://{running.host}/v2/", {"Authorization": LOGIN.basic}, most=9)
        assert running.paths == []
