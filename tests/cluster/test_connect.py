"""Kubeconfigs and how they fail: each time one line that says what, where and what to do."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8sharden.cluster import connect as module
from k8sharden.cluster import keyring_store
from k8sharden.cluster import kubeconfig as files
from k8sharden.cluster.connect import connect, contexts
from k8sharden.errors import ClusterUnavailable, InputError, K8shardenError

SECRET = "s3cret-t0ken"  # noqa: S105 - what must never be shown


@pytest.fixture(autouse=True)
def _empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own clusters out of the tests."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


def config(name: str = "training", **user: Any) -> dict[str, Any]:
    """A kubeconfig of one context."""
    return {
        "clusters": [{"name": f"{name}-c", "cluster": {"server": f"https://{name}.example:6443"}}],
        "users": [{"name": f"{name}-u", "user": user or {"token": SECRET}}],
        "contexts": [
            {
                "name": name,
                "context": {"cluster": f"{name}-c", "user": f"{name}-u", "namespace": "shop"},
            }
        ],
        "current-context": name,
    }


def written(path: Path, content: dict[str, Any] | bytes) -> Path:
    """Write a kubeconfig."""
    data = content if isinstance(content, bytes) else yaml.safe_dump(content).encode()
    path.write_bytes(data)
    return path


def test_a_context_is_described(tmp_path: Path) -> None:
    """Each context tells its cluster, server, user and namespace, and whether it is current."""
    (found,) = contexts(written(tmp_path / "c", config()))
    assert (found.name, found.cluster, found.user) == ("training", "training-c", "training-u")
    assert (found.server, found.namespace) == ("https://training.example:6443", "shop")
    assert found.current


def test_several_files_are_merged_as_kubectl_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the files in KUBECONFIG the first to set something wins, and missing ones are skipped."""
    first, second = written(tmp_path / "1", config("one")), written(tmp_path / "2", config("two"))
    paths = [str(first), str(tmp_path / "missing"), str(second)]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(paths))
    assert [(info.name, info.current) for info in contexts()] == [("one", True), ("two", False)]
    assert connect().server == "https://one.example:6443"
    assert connect(context="two").server == "https://two.example:6443"


def test_the_usual_place_is_found(tmp_path: Path) -> None:
    """Without any setting ~/.kube/config is used."""
    folder = tmp_path / "home" / ".kube"
    folder.mkdir(parents=True)
    written(folder / "config", config())
    assert connect().server == "https://training.example:6443"


def test_no_kubeconfig_says_where_it_looked_and_offers_the_demo() -> None:
    """Somebody without a cluster learns that the demo needs none."""
    assert contexts() == ()
    with pytest.raises(InputError, match=r"\.kube/config.*k8sharden demo") as caught:
        connect()
    assert caught.value.exit_code == 2


def test_an_unknown_context_names_the_known_ones(tmp_path: Path) -> None:
    """A misspelt context is answered with the known names and the closest of them."""
    file = written(tmp_path / "c", config())
    with pytest.raises(InputError, match=r"known are training. Did you mean training"):
        connect(kubeconfig=file, context="trainign")


def test_no_current_context_asks_for_one(tmp_path: Path) -> None:
    """Where no context is current, none is guessed."""
    content = config() | {"current-context": ""}
    with pytest.raises(InputError, match="choose one with --context"):
        connect(kubeconfig=written(tmp_path / "c", content))


def bomb() -> bytes:
    """Aliases that unfold to ten thousand million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join([*lines, "clusters: []", "users: []", "contexts: *a9"]).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"# only a comment\n", "is empty"),
        (b"clusters:\n  - name: [", r":\d+ is broken YAML"),
        (b"\x7fELF\x02\x01\x01\x00\xff\xfe", "no text file"),
        (b"abc\x00def", "not YAML|broken YAML"),
        (b"just text", "is no kubeconfig"),
        (b"[1, 2]", "is no kubeconfig"),
        (b"kind: Pod\nmetadata: {}", "is no kubeconfig"),
        (b"clusters: [{cluster: {}}]", "without a name under clusters"),
        (b"contexts: [7]", "without a name under contexts"),
        (b"users: {a: b}", "without a name under users"),
        (b"#" * (files.LARGEST + 1), "larger than 10 MB"),
        (b"contexts: " + b"[" * 5_000, "not YAML|broken YAML"),
        (bomb(), "unfolds to too many values"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_a_broken_file_is_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    """Whatever a file holds, the error names it and what is wrong, on one line."""
    file = written(tmp_path / "broken", content)
    with pytest.raises(InputError, match=said) as caught:
        connect(kubeconfig=file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["missing", "."], ids=["missing", "folder"])
def test_a_named_file_that_cannot_be_read_is_said(tmp_path: Path, path: str) -> None:
    """A file given with --kubeconfig has to be there, and a file."""
    with pytest.raises(InputError, match="cannot be read"):
        connect(kubeconfig=tmp_path / path)


def change(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """A kubeconfig that was damaged."""
    content = config()
    edit(content)
    return content


@pytest.mark.parametrize(
    "content",
    [
        change(lambda c: c["clusters"].clear()),
        change(lambda c: c["clusters"][0].pop("cluster")),
        change(lambda c: c["clusters"][0]["cluster"].update(server=7)),
        change(lambda c: c["contexts"][0].update(context=None)),
        change(lambda c: c["clusters"][0]["cluster"].update({"certificate-authority": "/gone"})),
        change(lambda c: c["clusters"][0]["cluster"].update({"certificate-authority-data": "%"})),
        change(lambda c: c["users"][0].update(user=[SECRET])),
        change(lambda c: c["users"][0].update(user={"exec": SECRET})),
        change(lambda c: c["users"][0].update(user={"auth-provider": {"x": SECRET}})),
        change(lambda c: c["users"][0]["user"].update({"client-certificate-data": SECRET})),
    ],
)
def test_an_odd_context_is_one_line_without_secrets(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    """A context that cannot be used is named, and nothing of its credentials is shown."""
    file = written(tmp_path / "c", content)
    with pytest.raises(K8shardenError, match=r"training") as caught:
        connect(kubeconfig=file).version()
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def plugin(command: str, *arguments: str) -> dict[str, Any]:
    """A user whose credentials come from a program."""
    version = "client.authentication.k8s.io/v1"
    return config(exec={"apiVersion": version, "command": command, "args": list(arguments)})


def test_a_missing_plugin_is_said(tmp_path: Path) -> None:
    """A plugin that is not installed is named."""
    file = written(tmp_path / "c", plugin("no-such-plugin"))
    with pytest.raises(ClusterUnavailable, match=r"no-such-plugin .* was not found: install it"):
        connect(kubeconfig=file)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo not logged in >&2; exit 3", "not logged in"),
        (f"echo {SECRET}", "failed"),
        ("echo '{}'", "failed"),
    ],
)
def test_a_failing_plugin_is_said_and_not_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], script: str, said: str
) -> None:
    """What a plugin fails with is one line of ours; nothing is written over the screen."""
    file = written(tmp_path / "c", plugin("sh", "-c", script))
    with pytest.raises(ClusterUnavailable, match=said) as caught:
        connect(kubeconfig=file)
    assert SECRET not in str(caught.value)
    assert capfd.readouterr() == ("", "")


class _AppsOutput(io.StringIO):
    """Standard output as it is inside the app: it calls itself a terminal, and has no file."""

    def isatty(self) -> bool:
        """Claim to be a terminal."""
        return True

    def fileno(self) -> int:
        """Name no file."""
        return -1


def test_a_plugin_does_not_write_over_the_app(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside the app, what a plugin says goes into our error and not onto the screen."""
    monkeypatch.setattr("sys.stdout", _AppsOutput())
    monkeypatch.setattr("sys.stderr", _AppsOutput())
    file = written(tmp_path / "c", plugin("sh", "-c", "echo not logged in >&2; exit 3"))
    with pytest.raises(ClusterUnavailable, match="not logged in"):
        connect(kubeconfig=file)
    assert capfd.readouterr() == ("", "")


def test_importing_does_not_import_the_client() -> None:
    """The package that knows kubeconfigs is loaded for a connection only: `--help` stays fast."""
    code = (
        "import sys, k8sharden.cluster.connect\n"
        "sys.exit(any(name in sys.modules for name in ('kubernetes', 'keyring', 'textual')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_insecure_clusters_do_not_warn(tmp_path: Path) -> None:
    """A kubeconfig that asks for no verification is honoured without a warning per request."""
    content = change(
        lambda c: c["clusters"][0]["cluster"].update(
            {"insecure-skip-tls-verify": True, "server": "https://127.0.0.1:9"}
        )
    )
    with pytest.raises(ClusterUnavailable, match="refused"):
        connect(kubeconfig=written(tmp_path / "c", content)).version()


def test_from_inside_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a kubeconfig, a pod's service account is used."""
    from kubernetes.config import incluster_config  # noqa: PLC0415 - only here

    for name in ("token", "ca.crt"):
        (tmp_path / name).write_text(SECRET)
    monkeypatch.setattr(module, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert connect().server == "https://10.0.0.1:443"


def test_a_server_takes_its_token_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """--server needs no kubeconfig; its token is the one stored for that address."""
    monkeypatch.setattr(keyring_store, "_get", {"https://a.example": SECRET}.get)
    assert connect(server="https://a.example").server == "https://a.example"
    with pytest.raises(InputError, match=r"k8sharden login --server https://b.example"):
        connect(server="https://b.example")


@pytest.mark.parametrize("server", ["a.example", "ftp://a", "https://", "https://[", ""])
def test_a_server_has_to_be_an_address(server: str) -> None:
    """What is no https address is refused before the keyring is asked."""
    with pytest.raises(InputError):
        connect(server=server)


def test_a_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    """A login that stands in an address is refused on the command line, and never drawn."""
    with pytest.raises(InputError, match="no user and password"):
        connect(server=f"https://joan:{SECRET}@a.example")
    content = change(
        lambda c: c["clusters"][0]["cluster"].update(server=f"https://joan:{SECRET}@a.invalid")
    )
    file = written(tmp_path / "c", content)
    assert contexts(file)[0].server == "https://a.invalid"
    assert connect(kubeconfig=file).server == "https://a.invalid"


def test_a_token_is_not_sent_in_the_clear() -> None:
    """Plain HTTP is for the loopback only."""
    with pytest.raises(InputError, match="plain HTTP"):
        connect(server="http://a.example")


def test_a_hostile_name_is_made_visible(tmp_path: Path) -> None:
    """Escape sequences in a context's name do not reach the terminal."""
    content = json.loads(json.dumps(config()).replace("training", "tr\\u001b[2Jaining"))
    with pytest.raises(InputError, match=r"tr<U\+001B>\[2Jaining"):
        connect(kubeconfig=written(tmp_path / "c", content), context="other")
