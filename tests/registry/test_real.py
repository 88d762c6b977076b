"""What a real registry says of images, with and without a login."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from k8sharden.places.files import open_files
from k8sharden.registry.ask import ask
from k8sharden.registry.login import Login
from k8sharden.session import Session
from tests.servers.binaries import find_registry
from tests.servers.fixtures import refuse
from tests.servers.registry_server import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    PASSWORD,
    USER,
    RegistryServer,
    registry,
    with_passwords,
    with_tokens,
)

pytestmark = pytest.mark.real

POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - image: IMAGE # stays
    name: web
"""
GOOD = Login(USER, PASSWORD)
BAD = Login(USER, "guessed")


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    found = find_registry()
    if isinstance(found, str):
        refuse(found)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    """A registry that asks nobody who they are."""
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


nobody: Callable[[str], Login | None] = lambda _: None  # noqa: E731 - a stand-in with a name


def test_an_image_is_known_by_its_digest_with_user_and_volumes(plain: RegistryServer) -> None:
    """One image: the digest of its manifest, what it runs on, and what its config declares."""
    pushed = plain.push_image("shop/web", "1.8", User="10001", Volumes={"/var/lib/web": {}})
    name = f"{plain.host}/shop/web:1.8"
    fact = ask([name], find_login=nobody)[name]
    assert (fact.digest, fact.index, fact.problem) == (pushed["digest"], False, "")
    assert fact.platforms == ("linux/amd64",)
    assert (fact.user, fact.volumes) == ("10001", ("/var/lib/web",))


def test_an_image_of_several_platforms_is_known_by_its_index(plain: RegistryServer) -> None:
    """The index' digest is what a tag stands for; user and volumes are those of linux/amd64."""
    images = {
        "linux/arm64/v8": plain.push_image("shop/multi", platform="linux/arm64/v8", User="1"),
        "linux/amd64": plain.push_image("shop/multi", User="10002"),
    }
    digest = plain.push_index("shop/multi", "2", images)
    name = f"{plain.host}/shop/multi:2"
    fact = ask([name], find_login=nobody)[name]
    assert (fact.digest, fact.index, fact.user) == (digest, True, "10002")
    assert fact.platforms == ("linux/arm64/v8", "linux/amd64")
    assert set(fact.manifests) == {each["digest"] for each in images.values()}


def test_dockers_own_formats_are_read_too(plain: RegistryServer) -> None:
    """Older builds push them; root is the user that nobody named."""
    image = plain.push_image("shop/old", kind=DOCKER_MANIFEST)
    digest = plain.push_index("shop/old", "1", {"linux/s390x": image}, DOCKER_LIST)
    name = f"{plain.host}/shop/old:1"
    fact = ask([name], find_login=nobody)[name]
    assert (fact.digest, fact.user, fact.volumes) == (digest, "", ())


def test_a_pinned_image_is_asked_for_by_its_digest(plain: RegistryServer) -> None:
    """The tag beside a digest may be gone, or moved: nobody asks for it."""
    digest = plain.push_image("shop/pinned", "1", User="7")["digest"]
    name = f"{plain.host}/shop/pinned:gone@{digest}"
    fact = ask([name], find_login=nobody)[name]
    assert (fact.digest, fact.user) == (digest, "7")


def test_what_is_not_there_is_said_in_a_sentence(plain: RegistryServer) -> None:
    """A tag, a repository and a digest that do not exist."""
    rest = ("shop/web:none", "none:1", f"web@sha256:{'a' * 64}")
    names = [f"{plain.host}/{each}" for each in rest]
    found = ask(names, find_login=nobody)
    assert [found[name].problem for name in names] == [
        f"{plain.host} was asked for {name}: it has no such image (404)." for name in names
    ]
    assert {found[name].digest for name in names} == {""}


LOCKED = [with_passwords, partial(with_tokens, public=frozenset({"shop/open"}))]


@pytest.mark.parametrize("kind", LOCKED, ids=["basic", "token"])
def test_a_registry_that_wants_a_login_gets_the_users(
    kind: Callable[[Path], AbstractContextManager[RegistryServer]], tmp_path: Path
) -> None:
    """By Basic and by a token, with a good password, a bad one and none."""
    with kind(tmp_path) as running:
        digest = running.push_image("shop/web", "1")["digest"]
        name = f"{running.host}/shop/web:1"
        asked: list[str] = []

        def find(host: str) -> Login:
            asked.append(host)
            return GOOD

        assert ask([name], find_login=find)[name].digest == digest
        assert asked == [running.host]
        assert "refused the login" in ask([name], find_login=lambda _: BAD)[name].problem
        problem = ask([name], find_login=nobody)[name].problem
        assert f"k8sharden login --registry {running.host}" in problem


def test_tokens_are_for_one_repository_and_public_ones_need_no_login(tmp_path: Path) -> None:
    """Anonymous tokens read what is public; an identity token stands in for a password."""
    with with_tokens(tmp_path, public=frozenset({"shop/open"})) as running:
        opened = running.push_image("shop/open", "1")["digest"]
        closed = running.push_image("shop/web", "1")["digest"]
        names = [f"{running.host}/shop/open:1", f"{running.host}/shop/web:1"]
        anonymous = ask(names, find_login=nobody)
        assert [anonymous[name].digest for name in names] == [opened, ""]
        known = ask(names, find_login=lambda _: Login(identity_token="identity"))  # noqa: S106 - not one
        assert [known[name].digest for name in names] == [opened, closed]


def test_files_get_their_digests_from_the_registry(plain: RegistryServer, tmp_path: Path) -> None:
    """A manifest alone says no digest: with the registry's index, its diff applies in place."""
    image = plain.push_image("shop/files")
    digest = plain.push_index("shop/files", "3", {"linux/amd64": image})
    manifest = tmp_path / "web.yaml"
    manifest.write_text(POD.replace("IMAGE", f"{plain.host}/shop/files:3"))
    session = Session(open_files([str(manifest)]), tmp_path / "state", asks=True)
    scan = session.scan()
    wanted = [each for each in scan.findings if each.check in ("img-no-digest", "img-latest")]
    plan = session.plan(scan, wanted)
    (change,) = plan.changes
    (diff,) = session.diffs(plan)[change.digest]
    assert f'+  - image: "{plain.host}/shop/files:3@{digest}" # stays' in diff.text
    assert not any("Needs testing" in warning for warning in change.change.warnings)
