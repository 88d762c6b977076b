"""A real control plane in a temporary folder: etcd, the API server and, if wanted, controllers.

There are no nodes: nothing schedules or runs pods. `kubelet` plays their part.
"""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from k8sharden.cluster.evidence import REPLICAS_PATH
from tests.servers import flags, roles
from tests.servers.binaries import CONTROLLERS, Binaries, find
from tests.servers.client import JSON, Answer, Client
from tests.servers.credentials import ADMIN, CONTROLLER_MANAGER, Credentials
from tests.servers.processes import Process, ServerDied, environment, free_ports, stop_all

START_SECONDS = 90.0
POLL_SECONDS = 0.05
READY_ANSWER_SECONDS = 2.0
KUBECTL_SECONDS = 120
PORT_RACES_ALLOWED = 3
SYSTEM_NAMESPACES = ("default", "kube-system")


class Unavailable(Exception):
    """There are no servers to run on this machine; the message says why."""


class ControlPlane:
    """A cluster's control plane, from `with` to the end of its block.

    The servers end with the thread that entered the block, so enter it on the main one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: Mapping[str, Sequence[str]] | None = None,
        controllers: bool | tuple[str, ...] = False,
        audit_policy: str | None = None,
        encryption_config: str | None = None,
        api_server_flags: Mapping[str, str] | None = None,
        binaries: Binaries | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.audit_log = self.folder / "audit.log"
        self.url = ""
        self.version = ""
        self._binaries = binaries or _found()
        if controllers and not self._binaries.has_controllers:
            raise Unavailable(f"{self._binaries.folder} holds no {CONTROLLERS}")
        self._credentials = Credentials(self.folder / "credentials", users or {})
        files = self._file_flags(audit_policy, encryption_config)
        own_flags = {**files, **(api_server_flags or {})}
        self._settings = flags.Settings(self.folder, self._credentials, controllers, own_flags)
        self._processes: list[Process] = []
        self._names = itertools.count(1)

    def _file_flags(self, audit_policy: str | None, encryption: str | None) -> dict[str, str]:
        chosen: dict[str, str] = {}
        if audit_policy is not None:
            chosen["audit-policy-file"] = self._written("audit-policy.yaml", audit_policy)
            chosen["audit-log-path"] = str(self.audit_log)
        if encryption is not None:
            chosen["encryption-provider-config"] = self._written("encryption.yaml", encryption)
        return chosen

    def _written(self, name: str, content: str) -> str:
        file = self.folder / name
        file.write_text(content)
        return str(file)

    # Life

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def processes(self) -> Mapping[str, int]:
        """The ids of the running servers, by name."""
        return {process.name: process.pid for process in self._processes}

    def stop(self) -> None:
        """Stop all servers. Their files stay, for whoever reads the logs."""
        stop_all(self._processes[::-1])
        self._processes.clear()

    def _start(self) -> None:
        for races_left in reversed(range(PORT_RACES_ALLOWED)):
            try:
                self._start_servers()
            except ServerDied as death:
                if not (death.port_taken and races_left):
                    raise
                self.stop()
            else:
                return

    def _start_servers(self) -> None:
        client_port, peer_port, port = free_ports(3)
        self.url = f"https://127.0.0.1:{port}"
        # The API server waits for etcd by itself, so both start at once.
        self._run("etcd", flags.etcd(self._settings, client_port, peer_port))
        self._run("kube-apiserver", flags.api_server(self._settings, port, client_port))
        self.wait_until(self._is_ready, "the API server is ready")
        self.version = str(self.request("GET", "/version").expect(200).json()["gitVersion"])
        if self._settings.controllers is True:
            self._start_controllers()
        else:
            roles.fill(self.request)
            if self._settings.controllers:
                self._run_controllers()

    def _start_controllers(self) -> None:
        self._run_controllers()
        self.wait_until(lambda: self.has_service_account("default"), "there are service accounts")
        self.wait_until(lambda: roles.are_filled(self.request), "aggregated roles have rules")

    def _run_controllers(self) -> None:
        config = self.kubeconfig(CONTROLLER_MANAGER)
        self._run(CONTROLLERS, flags.controller_manager(self._settings, config))

    def _run(self, name: str, arguments: Sequence[str]) -> None:
        command = [str(self._binaries.path(name)), *arguments]
        self._processes.append(Process(command, self.folder / f"{name}.log"))

    def _is_ready(self) -> bool:
        # /readyz does not wait for the namespaces, nor for the server's own endpoint, which it
        # creates a moment later.
        namespaces = (f"/api/v1/namespaces/{name}" for name in SYSTEM_NAMESPACES)
        paths = ["/readyz", *namespaces, REPLICAS_PATH]
        # Where the port was lost to a program that never answers, our server is already dead.
        ask = Client(self.url, self.ca_file, self.admin_token, READY_ANSWER_SECONDS)
        return all(ask("GET", path).status == 200 for path in paths)

    def wait_until(
        self, condition: Callable[[], bool], what: str, seconds: float = START_SECONDS
    ) -> None:
        """Wait for a condition; fail at once when a server dies, and by name when time is up."""
        deadline = time.monotonic() + seconds
        while not _holds(condition):
            for process in self._processes:
                process.check()
            if time.monotonic() > deadline:
                logs = "\n".join(f"{p.name}:\n{p.tail()}" for p in self._processes)
                raise TimeoutError(f"after {seconds:.0f} s it is still not so that {what}\n{logs}")
            time.sleep(POLL_SECONDS)

    # Access

    @property
    def ca_file(self) -> Path:
        """The certificate authority that signed the server's certificate."""
        return self._credentials.authority.certificate

    @property
    def admin_token(self) -> str:
        """The bearer token of the cluster's administrator."""
        return self.token(ADMIN)

    def token(self, user: str) -> str:
        """The bearer token of one of the users given at the start."""
        return self._credentials.token(user)

    def kubeconfig(
        self, user: str = ADMIN, *, context: str = "test", namespace: str = "default"
    ) -> Path:
        """A kubeconfig file with the user's token."""
        return self._credentials.token_kubeconfig(self.url, user, context, namespace)

    def client_cert_kubeconfig(self, user: str, groups: Sequence[str] = ()) -> Path:
        """A kubeconfig file with a client certificate, of a user that need not be known yet."""
        return self._credentials.certificate_kubeconfig(self.url, user, groups)

    def client(self, user: str = ADMIN) -> Client:
        """That user's plain HTTP client."""
        return Client(self.url, self.ca_file, self.token(user))

    def request(
        self, method: str, path: str, body: object = None, *, content_type: str = JSON
    ) -> Answer:
        """One request as the administrator; a refusal is an answer too."""
        return self.client()(method, path, body, content_type=content_type)

    def kubectl(
        self,
        *arguments: str,
        user: str = ADMIN,
        input: str | None = None,  # noqa: A002 - its name in subprocess.run
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as a user. A failure carries what kubectl said."""
        config = self.kubeconfig(user)
        command = [str(self._binaries.path("kubectl")), f"--kubeconfig={config}", *arguments]
        done = subprocess.run(
            command,
            input=input,
            capture_output=True,
            text=True,
            env=environment(self.folder),
            timeout=KUBECTL_SECONDS,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(arguments)} failed: {done.stderr}")
        return done

    def create_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        """A new namespace of its own for a test that shares the cluster with others."""
        name = f"test-{next(self._names)}"
        body = {"metadata": {"name": name, "labels": dict(labels or {})}}
        self.request("POST", "/api/v1/namespaces", body).expect(201)
        if self._settings.controllers is True:
            self.wait_until(lambda: self.has_service_account(name), f"{name} takes pods")
        return name

    def has_service_account(self, namespace: str) -> bool:
        """Whether the namespace has its default service account, without which it takes no pods."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
        return self.request("GET", path).status == 200


def _found() -> Binaries:
    found = find()
    if isinstance(found, str):
        raise Unavailable(found)
    return found


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except OSError:  # the server does not listen yet
        return False
