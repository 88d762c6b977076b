"""The command lines of the servers: which flags, and why these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.credentials import Credentials
from tests.servers.pki import KeyPair, service_account_keys

ISSUER = "https://kubernetes.default.svc"


@dataclass(slots=True)
class Settings:
    """What a control plane is started with, apart from its ports."""

    folder: Path
    credentials: Credentials
    controllers: bool | tuple[str, ...]
    api_server: Mapping[str, str] = field(default_factory=dict)
    serving: KeyPair = field(init=False)
    service_accounts: KeyPair = field(init=False)

    def __post_init__(self) -> None:
        self.serving = self.credentials.authority.server()
        self.service_accounts = service_account_keys(self.folder)


def etcd(settings: Settings, client_port: int, peer_port: int) -> list[str]:
    """A single member whose data nobody will miss, hence no fsync."""
    client, peer = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
    flags = {
        "name": "test",
        "data-dir": str(settings.folder / f"etcd-{client_port}"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"test={peer}",
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }
    return _rendered(flags)


def api_server(settings: Settings, port: int, etcd_port: int) -> list[str]:
    """RBAC and two ways to authenticate, on the loopback only; the caller's flags come on top."""
    credentials, accounts = settings.credentials, settings.service_accounts
    flags = {
        "etcd-servers": f"http://127.0.0.1:{etcd_port}",
        "bind-address": "127.0.0.1",
        # Only written down, as an endpoint of the Service kubernetes, where no loopback may be.
        "advertise-address": "192.0.2.10",
        "secure-port": str(port),
        "tls-cert-file": str(settings.serving.certificate),
        "tls-private-key-file": str(settings.serving.key),
        "cert-dir": str(settings.folder),
        "client-ca-file": str(credentials.authority.certificate),
        "token-auth-file": str(credentials.token_file),
        "authorization-mode": "RBAC",
        "allow-privileged": "true",  # off by default, yet on in every cluster there is
        "service-account-issuer": ISSUER,
        "service-account-key-file": str(accounts.certificate),
        "service-account-signing-key-file": str(accounts.key),
        "service-cluster-ip-range": "10.0.0.0/24",
    }
    if settings.controllers is not True:
        # Nobody creates default service accounts, and without them every pod would be refused.
        flags["disable-admission-plugins"] = "ServiceAccount"
    return _rendered({**flags, **settings.api_server})


def controller_manager(settings: Settings, kubeconfig: Path) -> list[str]:
    """The controllers under their own service accounts, as every installer sets them up."""
    flags = {
        "kubeconfig": str(kubeconfig),
        "leader-elect": "false",
        "secure-port": "0",
        "service-account-private-key-file": str(settings.service_accounts.key),
        "root-ca-file": str(settings.credentials.authority.certificate),
        "use-service-account-credentials": "true",
        # The default of 20 a second is for clusters that others use too.
        "kube-api-qps": "300",
        "kube-api-burst": "600",
        # No node has a kubelet here: after the default minute each would count as dead.
        "node-startup-grace-period": "24h",
    }
    if isinstance(settings.controllers, tuple):
        flags["controllers"] = ",".join(settings.controllers)
    return _rendered(flags)


def _rendered(flags: Mapping[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in flags.items()]
