"""Where a login for a registry comes from: the keyring, Docker's file, a credential helper."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from k8sharden.errors import InputError
from k8sharden.registry import login
from k8sharden.registry.login import Login, find, keep
from tests.changes.keyrings import InMemory

HUB = "https://index.docker.io/v1/"
GOOD = {"auth": base64.b64encode(b"robot:s3:cret").decode()}


@pytest.fixture(autouse=True)
def ring() -> Iterator[InMemory]:
    """A keyring of its own; the machine's is put back."""
    before, mine = keyring.get_keyring(), InMemory()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


@pytest.fixture
def docker(tmp_path: Path) -> dict[str, str]:
    """An environment with a folder for Docker's configuration, and for its helpers."""
    return {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def configured(docker: dict[str, str], **config: Any) -> None:
    """Write Docker's configuration."""
    (Path(docker["DOCKER_CONFIG"]) / "config.json").write_text(json.dumps(config))


def helper(docker: dict[str, str], name: str, script: str) -> None:
    """Put a credential helper on the path."""
    program = Path(docker["DOCKER_CONFIG"]) / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("registry.example", "registry.example"),
        ("https://registry.example", "registry.example"),
        ("https://registry.example/v1/", "registry.example"),
        ("registry.example:5000", "registry.example:5000"),
        (HUB, "docker.io"),
        ("docker.io", "docker.io"),
    ],
)
def test_dockers_file_is_read_in_all_its_spellings(
    key: str, registry: str, docker: dict[str, str]
) -> None:
    """Each way that a client wrote a registry down; a password may hold a colon."""
    configured(docker, auths={"other.example": GOOD | {"auth": ""}, key: GOOD})
    assert find(registry, environment=docker) == Login("robot", "s3:cret")
    assert find("elsewhere.example", environment=docker) is None


def test_an_identity_token_is_taken(docker: dict[str, str]) -> None:
    """Some registries give a token to get others with instead of a password."""
    configured(docker, auths={"r.example": {"auth": "", "identitytoken": "t"}})
    assert find("r.example", environment=docker) == Login(identity_token="t")  # noqa: S106 - a word


@pytest.mark.parametrize("config", [{"credHelpers": {"r.example": "mine"}}, {"credsStore": "mine"}])
def test_a_helper_is_asked(config: dict[str, Any], docker: dict[str, str]) -> None:
    """It gets the registry's name on its input, and its answer goes before the file's."""
    configured(docker, **config, auths={"r.example": GOOD})
    helper(
        docker,
        "mine",
        'read -r name; [ "$1" = get ] || exit 1\n'
        'printf \'{"ServerURL":"%s","Username":"u-%s","Secret":"p"}\' "$name" "$name"',
    )
    assert find("r.example", environment=docker) == Login("u-r.example", "p")


def test_a_helper_may_give_a_token(docker: dict[str, str]) -> None:
    """The word <token> in the place of a name says so."""
    configured(docker, credsStore="mine")
    helper(docker, "mine", 'echo \'{"Username":"<token>","Secret":"t"}\'')
    assert find("r.example", environment=docker) == Login(identity_token="t")  # noqa: S106 - a word


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("mine", "echo credentials not found in native keychain; exit 1"),
        ("mine", "echo '['"),
        ("mine", "echo '{}'"),
        ("mine", 'echo \'{"Username": 3, "Secret": []}\''),
        ("mine", "sleep 20"),
        ("mine", "exit 0"),
        ("../../bin/sh", "exit 0"),
        ("", "exit 0"),
    ],
)
def test_a_helper_that_does_not_help_is_no_login(
    name: str, script: str, docker: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may fail, lie, hang or not be there: then nobody is logged in, within its time."""
    monkeypatch.setattr(login, "HELPER_TIMEOUT", 0.3)
    configured(docker, credsStore=name)
    helper(docker, "mine", script)
    assert find("r.example", environment=docker) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"auths": 3}', '{"auths": {"r.example": 3}}', '{"credHelpers": []}',
     '{"auths": {"r.example": {"auth": "%%%"}}}', '{"auths": {"[": {}}}', "[" * 100_000],
)  # fmt: skip
def test_a_broken_file_is_no_login(text: str, docker: dict[str, str]) -> None:
    """Docker's file belongs to others: what is odd in it is nothing to stop at."""
    (Path(docker["DOCKER_CONFIG"]) / "config.json").write_text(text)
    assert find("r.example", environment=docker) is None


def test_the_keyring_goes_first_and_a_locked_one_is_passed_over(
    ring: InMemory, docker: dict[str, str]
) -> None:
    """What was given to k8sharden counts; where it cannot be read, Docker's file does."""
    configured(docker, auths={"r.example": GOOD})
    keep("r.example", Login("mine", "p"))
    assert find("r.example", environment=docker) == Login("mine", "p")
    ring.locked = True
    assert find("r.example", environment=docker) == Login("robot", "s3:cret")


def test_what_cannot_be_a_login_is_not_kept(ring: InMemory) -> None:
    """Nothing is stored, and the secret does not stand in what is said of it."""
    for wrong in (
        Login("", "s3cret"),
        Login("me", ""),
        Login("a:b", "s3cret"),
        Login("a", "s" * 9_000),
    ):
        with pytest.raises(InputError) as raised:
            keep("r.example", wrong)
        assert "s3cret" not in str(raised.value)
    assert not ring.kept
    assert "s3cret" not in repr(Login("me", "s3cret"))


def test_a_user_without_a_home_has_no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as a number that no list of users has."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert find("registry.example", environment={}) is None
