"""A token that never ends, deleted and brought back on a real API server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.run import Person
from tests.servers.client import Client
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

SPACE = "token-shop"
SECRETS = f"/api/v1/namespaces/{SPACE}/secrets"
OBJECTS = f"""
apiVersion: v1
kind: Namespace
metadata: {{name: {SPACE}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: robot, namespace: {SPACE}}}
---
apiVersion: v1
kind: Secret
metadata:
  name: robot-token
  namespace: {SPACE}
  annotations: {{kubernetes.io/service-account.name: robot}}
type: kubernetes.io/service-account-token
"""

_LONG_AGO = "kubernetes.io/legacy-token-last-used=2024-02-29"


@pytest.fixture
def server(control_plane_with_controllers: ControlPlane) -> Iterator[ControlPlane]:
    """A server whose controller has filled the Secret with a token."""
    running = control_plane_with_controllers
    running.kubectl("apply", "-f", "-", input=OBJECTS)
    running.wait_until(lambda: bool(_token(running)), "the token is made")
    yield running
    running.kubectl("delete", "namespace", SPACE, "--wait=false")


def _token(server: ControlPlane) -> str:
    command = ("get", "secret", "robot-token", "-n", SPACE, "-o", "go-template={{.data.token}}")
    said = server.kubectl(*command).stdout.strip()
    return "" if "no value" in said else said


def _asked(server: ControlPlane, token: str) -> int:
    """Ask with a token for what everybody with a name may see."""
    return Client(server.url, server.ca_file, token)("GET", "/apis").status


def test_a_deleted_token_is_refused_and_comes_back_with_undo(
    server: ControlPlane, tmp_path: Path
) -> None:
    """Its holder gets a 401 once the Secret is gone; the restored one is the same, and works."""
    command = ("get", "secret", "robot-token", "-n", SPACE, "-o")
    encoded = "go-template={{.data.token | base64decode}}"
    token = server.kubectl(*command, encoded).stdout.strip()
    assert _asked(server, token) == 200

    person = Person(tmp_path, KUBECONFIG=str(server.kubeconfig()))
    chosen = ("--check", "rbac-legacy-token", "--namespace", SPACE)
    # The server wrote down that it was used, so nothing is proposed for it.
    assert "It was last used on 2" in person("plan", *chosen).err
    server.kubectl("label", "secret", "robot-token", "-n", SPACE, "--overwrite", _LONG_AGO)
    applied = person.approve("apply", "-o", "json", *chosen)
    assert applied.code == 0, applied.err
    (change,) = applied.json()["changes"]
    assert (change["kind"], change["result"]) == ("delete", "verified")
    assert token not in applied.out + applied.err
    # It remembers for ten seconds whom it knew.
    server.wait_until(lambda: _asked(server, token) == 401, "the token is refused")

    undone = person.approve("journal", "undo", change["journal"])
    assert undone.code == 0, undone.err
    assert server.kubectl(*command, encoded).stdout.strip() == token
    server.wait_until(lambda: _asked(server, token) == 200, "the token works again")
