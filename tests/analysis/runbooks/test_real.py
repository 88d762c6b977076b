"""What the runbooks say is done, on a real API server: it starts, and the checks pass."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8sharden.analysis.runbooks import audit, encryption
from k8sharden.analysis.runbooks.static_pod import MANIFEST, PATCH
from k8sharden.cluster.collector import collect
from k8sharden.cluster.connect import connect
from k8sharden.cluster.training import objects
from k8sharden.model.change import File
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import SourceKind
from remediations.audit.off import ITEM as AUDIT_OFF
from remediations.secrets.etcd_plain import ITEM as ETCD_PLAIN
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "encryption-check"}}


def commands(runbook: str, containing: str) -> str:
    """Return the block of commands with this in it."""
    blocks: list[str] = re.findall(r"```sh\n(.+?)```", runbook, re.DOTALL)
    return next(block for block in blocks if containing in block)


def text(files: tuple[File, ...], path: str) -> str:
    """Return one file of an artefact."""
    return next(file.text for file in files if file.path == path)


def found(control_plane: ControlPlane) -> list[Finding]:
    """Return what both checks say after a scan."""
    inventory = collect(
        connect(kubeconfig=control_plane.kubeconfig(), read_only=True),
        SourceKind.CLUSTER,
        name="test",
        progress=lambda _: None,
        cancelled=lambda: False,
        clock=lambda: 0.0,
    )
    return [each for item in (ETCD_PLAIN, AUDIT_OFF) for each in item.evaluate(inventory)]


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The encryption configuration, with the key that the runbook's own commands put in."""
    folder = tmp_path_factory.mktemp("node")
    files = encryption.files("kubeadm")
    (folder / "enc.yaml").write_text(text(files, "enc.yaml"))
    etc = folder / "etc"
    script = commands(text(files, "RUNBOOK.md"), "KEY=").replace("/etc/kubernetes", str(etc))
    subprocess.run(["bash", "-euc", script], cwd=folder, check=True, env={**os.environ})
    written = etc / "enc" / "enc.yaml"
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.parent.stat().st_mode & 0o777 == 0o700
    return written.read_text()


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory, configured: str) -> Iterator[ControlPlane]:
    """An API server with both artefacts."""
    folder = tmp_path_factory.mktemp("hardened")
    with started(
        lambda: ControlPlane(folder, encryption_config=configured, audit_policy=audit.POLICY)
    ) as running:
        yield running


def test_before_the_runbooks_both_checks_fail(control_plane: ControlPlane) -> None:
    """A server that was started without the two flags is found out by what it says of itself."""
    assert [(each.check, each.status) for each in found(control_plane)] == [
        ("sec-etcd-plain", "fail"),
        ("aud-off", "fail"),
    ]


def test_after_the_runbooks_both_checks_pass(hardened: ControlPlane) -> None:
    """The server takes the generated files, and once a Secret is written nothing is open."""
    assert [(each.check, each.status) for each in found(hardened)] == [
        ("sec-etcd-plain", "unknown")
    ]
    hardened.request("POST", "/api/v1/namespaces/default/secrets", SECRET).expect(201)
    assert found(hardened) == []


def test_the_audit_log_tells_of_a_marker_and_not_of_a_secret(hardened: ControlPlane) -> None:
    """The runbook's way to verify works, and a password that was written is not in the log."""
    hardened.request("GET", "/api/v1/namespaces/default/configmaps/audit-marker").expect(404)
    body = {**SECRET, "metadata": {"name": "quiet"}, "stringData": {"word": "never-in-the-log"}}
    hardened.request("POST", "/api/v1/namespaces/default/secrets", body).expect(201)
    hardened.wait_until(
        lambda: (
            "secrets/quiet" in hardened.audit_log.read_text()
            or '"name":"quiet"' in hardened.audit_log.read_text()
        ),
        "the log has the Secret's request",
    )
    log = hardened.audit_log.read_text()
    assert "audit-marker" in log
    assert "never-in-the-log" not in log


@pytest.mark.parametrize("subject", [encryption, audit])
def test_the_patch_fits_a_static_pod(
    control_plane: ControlPlane, tmp_path: Path, subject: Any
) -> None:
    """The runbook's kubectl command adds the flags and the mounts, and takes nothing away."""
    pod = next(each for each in objects() if each["metadata"]["name"].startswith("kube-apiserver"))
    manifest, patch = tmp_path / "kube-apiserver.yaml", tmp_path / PATCH
    manifest.write_text(yaml.safe_dump(pod))
    files = subject.files("kubeadm")
    patch.write_text(text(files, PATCH))
    assert f"patch --local -f {MANIFEST} --type=json" in text(files, "RUNBOOK.md")
    arguments = ("patch", "--local", "-f", str(manifest), "--type=json", f"--patch-file={patch}")
    after = yaml.safe_load(control_plane.kubectl(*arguments, "-o", "yaml").stdout)
    before, now = pod["spec"]["containers"][0], after["spec"]["containers"][0]
    added = [word for word in now["command"] if word not in before["command"]]
    assert now["command"][: len(before["command"])] == before["command"]
    assert added == [
        each["value"] for each in yaml.safe_load(text(files, PATCH)) if "command" in each["path"]
    ]
    volumes = {volume["name"] for volume in after["spec"]["volumes"]}
    assert {mount["name"] for mount in now["volumeMounts"]} <= volumes
    assert volumes > {volume["name"] for volume in pod["spec"]["volumes"]}
