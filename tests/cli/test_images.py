"""Images on the command line: the picture of registries, asking them, and their logins."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import keyring
import pytest

from k8sharden.cli import run
from k8sharden.export.reports import schema
from k8sharden.registry.login import find
from tests.cli.test_login import Kept

POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: web, image: "127.0.0.1:1/web:1"}]}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own to work in."""
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ring() -> Iterator[Kept]:
    """A keyring of its own; the machine's is put back."""
    before, mine = keyring.get_keyring(), Kept()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def test_the_picture_counts_images_and_what_is_pinned(capsys: pytest.CaptureFixture[str]) -> None:
    """Registries with the most images first, each with its share; the sum stands below."""
    assert run(["images", "--demo"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split()[:3] == ["REGISTRY", "IMAGES", "PINNED"]
    assert out[1].startswith("registry.kestrel.example")
    assert "docker.io" in out[3]
    assert "not allowed" in out[3]
    counts = [int(line.split()[1]) for line in out[1:]]
    assert counts[-1] == sum(counts[:-1])


def test_the_picture_of_one_namespace(capsys: pytest.CaptureFixture[str]) -> None:
    """Only what runs there counts."""
    assert run(["images", "--demo", "-n", "office"]) == 0
    out = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in out[1:]]
    assert sorted(names) == ["all", "docker.io", "k8s.gcr.io", "registry.kestrel.example"]
    assert run(["images", "--demo", "-n", "offfice"]) == 2
    assert "There is no namespace 'offfice'" in capsys.readouterr().err


def test_the_picture_as_data_holds_what_registries_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A script gets the same numbers, and each answer with its digest."""
    assert run(["images", "--demo", "--registries", "-o", "json"]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    jsonschema.validate(document, schema("images"))
    hub = next(use for use in document["registries"] if use["registry"] == "docker.io")
    assert (hub["pinned"], hub["outside"]) == (0, 3)
    assert all(each["digest"].startswith("sha256:") for each in document["answers"])
    assert "Registries know" in told.err


def test_no_registry_is_asked_unless_somebody_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """A scan sends reads to the cluster alone: nothing is said of registries."""
    assert run(["scan", "--demo", "--area", "images", "-o", "json"]) == 0
    assert "Registries know" not in capsys.readouterr().err


def test_an_image_is_moved_and_pinned_in_one_write(capsys: pytest.CaptureFixture[str]) -> None:
    """Three findings of one image, one line of the diff: the mirror, the tag and the digest."""
    words = ["--demo", "--registries", "--area", "images", "-n", "office"]
    assert run(["plan", *words, "-o", "json"]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    wiki = next(each for each in document["changes"] if each["resource"]["name"] == "wiki")
    assert len(wiki["findings"]) == 2
    added = [line for line in wiki["diff"].splitlines() if line.startswith("+ ")]
    assert len(added) == 1
    assert "registry.kestrel.example/mirror/requarks/wiki:2.5@sha256:" in added[0]
    assert not any(warning.startswith("Needs testing") for warning in wiki["warnings"])


def test_without_an_answer_a_mirror_needs_testing(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody knows whether the mirror has the image, and the change says so first."""
    words = ["plan", "--demo", "--check", "img-registry", "-n", "office", "-o", "json"]
    assert run(words) == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert any(warning.startswith("Needs testing") for warning in change["warnings"])


def test_a_registry_out_of_reach_is_the_reason_and_no_error(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest of the plan goes on; the sentence names the registry, the image and why."""
    (home / "pod.yaml").write_text(POD)
    assert run(["plan", "-f", "pod.yaml", "--check", "img-no-digest", "--registries"]) == 0
    err = capsys.readouterr().err
    assert "Registries know 0 of 1 images." in err
    assert "127.0.0.1:1 was asked for 127.0.0.1:1/web:1: it refused the connection." in err


def test_the_next_command_asks_again(capsys: pytest.CaptureFixture[str]) -> None:
    """What is offered to be typed leads to the same plan."""
    assert run(["scan", "--demo", "--area", "images", "--registries"]) == 0
    assert "k8sharden plan --area images --registries --demo" in capsys.readouterr().err


def test_a_login_of_a_registry_is_kept_and_taken_out(
    ring: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is piped in, printed nowhere, found when the registry asks, and can be taken out."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret\n"))
    assert run(["login", "--registry", "Registry.example:5000", "--user", "robot"]) == 0
    told = capsys.readouterr()
    assert "s3cret" not in told.out + told.err
    login = find("Registry.example:5000")
    assert login is not None
    assert (login.user, login.password) == ("robot", "s3cret")
    assert run(["logout", "--registry", "Registry.example:5000"]) == 0
    assert not ring.kept
    assert find("Registry.example:5000") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--registry HOST"),
        (["--server", "https://a", "--registry", "b.example"], "--registry HOST"),
        (["--registry", "b.example"], "--user NAME"),
        (["--registry", "b.example/team", "--user", "me"], "is no registry"),
        (["--registry", "https://b.example", "--user", "me"], "is no registry"),
        (["--registry", "b.example", "--user", "a:b"], "without a colon"),
    ],
)
def test_half_a_login_is_refused(
    words: list[str],
    said: str,
    ring: Kept,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each slip has its sentence, and nothing is stored."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret"))
    assert run(["login", *words]) == 2
    assert said in capsys.readouterr().err
    assert not ring.kept


def test_what_was_not_read_is_said_beside_the_numbers(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A workload that is odd may have images, too: a script sees it, and so do people."""
    odd = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: odd}\nspec: []\n"
    (home / "web.yaml").write_text(POD + odd)
    assert run(["images", "-f", "web.yaml", "-o", "json"]) == 0
    told = capsys.readouterr()
    assert "Deployment default/odd" in json.loads(told.out)["unknown"]
    assert "there may be more images in Deployment default/odd" in told.err


@pytest.mark.parametrize("words", [[], ["-n", "shop"], ["--resource", "Pod/shop/web"]])
def test_without_a_list_nobody_knows_which_registries_are_allowed(
    home: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A question that nobody put is unknown, at the gate and for a part as well, until it is."""
    (home / "pod.yaml").write_text(POD)
    gate = ["scan", "-f", "pod.yaml", "--check", "img-registry", "--fail-on-unknown", *words]
    assert run(gate) == 1
    assert "images.allowed_registries" in capsys.readouterr().out
    (home / "config.toml").write_text('[images]\nallowed_registries = ["127.0.0.1:1"]\n')
    assert run(gate) == 0


def test_what_an_allow_list_leaves_open_of_pods_is_not_said_of_others(home: Path) -> None:
    """Somebody who asks about a Namespace alone gets no answer about images."""
    (home / "pod.yaml").write_text(POD)
    gate = ["scan", "-f", "pod.yaml", "--check", "img-registry", "--fail-on-unknown"]
    assert run([*gate, "--resource", "Namespace//shop"]) == 0


def test_no_files_show_what_replicas_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Drift is seen in the status of pods only: files do not pass what they cannot be asked."""
    (home / "pod.yaml").write_text(POD)
    assert run(["scan", "-f", "pod.yaml", "-o", "json"]) == 0
    tally = json.loads(capsys.readouterr().out)["summary"]["areas"]["images"]
    assert tally == {"fail": 1, "pass": 6, "unknown": 1}
