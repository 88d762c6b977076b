"""The pytest plugin that hands real API servers to tests, each started once per test run.

Load it from the top: `pytest_plugins = ["tests.servers.fixtures"]`. Where there are no servers the
tests are skipped and the summary says so; on CI they fail, since there nothing is to be skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.servers.control_plane import ControlPlane, Unavailable
from tests.servers.kubelet import Kubelet

ABOUT = "real API server tests: "
USERS: Mapping[str, Sequence[str]] = {
    "viewer": ["viewers"],  # ClusterRole view, everywhere: no secrets, no roles, no nodes
    "namespaced": ["team-a-devs"],  # ClusterRole edit, in the namespace team-a only
    "auditor": ["auditors"],  # reads every resource of every group, secrets included
    "nobody": [],  # has no rights but those of everybody who is known
}

GRANTS = """
apiVersion: v1
kind: Namespace
metadata: {name: team-a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: viewers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: viewers}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: team-a-devs, namespace: team-a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: team-a-devs}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: read-everything}
rules:
- {apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}
- {nonResourceURLs: ["*"], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: auditors}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: read-everything}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: auditors}]
"""

_outcome: dict[str, str] = {}


def report_line() -> str:
    """One sentence for the end of a test run: did the real servers run, and if not, why."""
    ran = f"ran against kube-apiserver {_outcome.get('version')}"
    skipped = f"SKIPPED, because {_outcome.get('reason')}"
    said = {
        (False, False): "none was selected",
        (True, False): ran,
        (False, True): skipped,
        (True, True): f"{ran}, but some were {skipped}",
    }
    return ABOUT + said["version" in _outcome, "reason" in _outcome]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Close every run with that sentence."""
    # Not in the conftest: a plugin that is imported before pytest loads it is not rewritten,
    # which is a warning, and a warning is an error here.
    terminalreporter.line(report_line())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker of pytest-xdist, pass the outcome on to the process that prints the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["real_servers"] = dict(_outcome)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist passed on."""
    _outcome.update(getattr(node, "workeroutput", {}).get("real_servers", {}))


@contextmanager
def started(make: Callable[[], ControlPlane]) -> Iterator[ControlPlane]:
    """Run a control plane, or skip where there is none: for tests with one of their own."""
    reason = ""
    try:
        control_plane = make()
    except Unavailable as unavailable:
        reason = str(unavailable)
    if reason:  # outside the handler, whose exception would be shown along with the reason
        refuse(reason)
    with control_plane:
        _outcome["version"] = control_plane.version
        yield control_plane


def refuse(reason: str) -> NoReturn:
    """Skip a test for want of a server, or fail it where nothing is to be skipped."""
    _outcome["reason"] = reason
    if os.environ.get("CI") == "true":
        pytest.fail(f"{ABOUT}{reason}; on CI nothing is skipped", pytrace=False)
    pytest.skip(reason)


def _with_users(folder: Path, *, controllers: bool) -> ControlPlane:
    return ControlPlane(folder, users=USERS, controllers=controllers)


def _grant(control_plane: ControlPlane) -> None:
    control_plane.kubectl("apply", "-f", "-", input=GRANTS)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server without controllers, with the users of `USERS`."""
    folder = tmp_path_factory.mktemp("control-plane")
    with started(lambda: _with_users(folder, controllers=False)) as running:
        _grant(running)
        yield running


@pytest.fixture(scope="session")
def control_plane_with_controllers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ControlPlane]:
    """An API server with the controller manager, with the users of `USERS`."""
    folder = tmp_path_factory.mktemp("controllers")
    with started(lambda: _with_users(folder, controllers=True)) as running:
        _grant(running)
        yield running


@pytest.fixture(scope="session")
def control_plane_with_garbage_collector(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ControlPlane]:
    """An API server that lets go of what is deleted, and where nothing else acts by itself."""
    folder = tmp_path_factory.mktemp("garbage-collector")
    only = ("garbage-collector-controller",)
    with started(lambda: ControlPlane(folder, controllers=only)) as running:
        yield running


@pytest.fixture
def kubelet(control_plane_with_controllers: ControlPlane) -> Kubelet:
    """The kubelet's part on the control plane that has controllers."""
    return Kubelet(control_plane_with_controllers.request)
