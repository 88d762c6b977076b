"""A server's token: typed or piped in, kept in the keyring, never echoed and never an argument."""

import io
import sys
from collections.abc import Iterator

import keyring
import pytest
from keyring.backends import fail, null

from k8sharden.cli import run
from tests.cluster.test_tokens import InMemory

SERVER = "https://cluster.example:6443"
TOKEN = "abc.DEF-123_456"  # noqa: S105 - made up


class Kept(InMemory):
    """A keyring that can also forget."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def ring() -> Iterator[Kept]:
    """A keyring of its own; the machine's is put back."""
    before, mine = keyring.get_keyring(), Kept()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def given(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Pipe this text in."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_token_that_is_piped_in_is_kept(
    ring: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is found under the server's address without the slash, and is printed nowhere."""
    given(monkeypatch, f" {TOKEN}\n")
    assert run(["login", "--server", f"{SERVER}/"]) == 0
    assert ring.kept == {("k8sharden", SERVER): TOKEN}
    told = capsys.readouterr()
    assert TOKEN not in told.out + told.err
    assert f"k8sharden scan --server {SERVER}" in told.err


def test_logout_takes_it_out(
    ring: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Afterwards the keyring holds nothing, and a second time says that there was nothing."""
    given(monkeypatch, TOKEN)
    assert run(["login", "--server", SERVER]) == 0
    assert run(["logout", "--server", SERVER]) == 0
    assert not ring.kept
    assert "until it expires" in capsys.readouterr().err
    assert run(["logout", "--server", SERVER]) == 0
    assert "There was no token" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("server", "text", "words"),
    [
        (SERVER, "", "No token was given"),
        (SERVER, "two words", "no bearer token"),
        (SERVER, "a\x1b[2Jb", "no bearer token"),
        (SERVER, "x" * 20_000, "no bearer token"),
        ("cluster.example", TOKEN, "no server's address"),
        ("http://cluster.example", TOKEN, "not sent over plain HTTP"),
        ("https://ada:pw@cluster.example", TOKEN, "no user and password"),
    ],
)
def test_what_cannot_be_used_is_refused(
    ring: Kept,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    server: str,
    text: str,
    words: str,
) -> None:
    """One sentence says what is wrong, nothing is stored, and the token is not quoted."""
    given(monkeypatch, text)
    assert run(["login", "--server", server]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert not ring.kept
    assert text not in said or not text


def test_there_is_no_option_for_the_token(capsys: pytest.CaptureFixture[str]) -> None:
    """A token on a command line would be seen by others, so there is no way to write one."""
    assert run(["login", "--server", SERVER, "--token", TOKEN]) == 2
    assert "No such option" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("backend", "words"), [(null.Keyring, "did not keep"), (fail.Keyring, "kubeconfig instead")]
)
def test_without_a_good_keyring_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    backend: type[null.Keyring | fail.Keyring],
    words: str,
) -> None:
    """A keyring that drops tokens, and none at all, are one plain sentence each."""
    keyring.set_keyring(backend())
    given(monkeypatch, TOKEN)
    assert run(["login", "--server", SERVER]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert TOKEN not in said
