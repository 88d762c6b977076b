"""The users of a test cluster: their tokens, client certificates and kubeconfig files."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from tests.servers.pki import Authority, KeyPair

ADMIN = "admin"
CONTROLLER_MANAGER = "system:kube-controller-manager"


class Credentials:
    """Writes what the server reads (the token file) and what its clients read (kubeconfigs)."""

    def __init__(self, folder: Path, users: Mapping[str, Sequence[str]]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._users = {ADMIN: ["system:masters"], CONTROLLER_MANAGER: [], **users}
        self._tokens = {name: secrets.token_hex(16) for name in self._users}
        self.authority = Authority(folder)
        self.token_file = folder / "tokens.csv"
        self.token_file.touch(mode=0o600)
        self.token_file.write_text("".join(map(self._token_line, self._users)))

    def _token_line(self, user: str) -> str:
        groups = ",".join(self._users[user])
        return f'{self._tokens[user]},"{user}",uid-{quote(user)},"{groups}"\n'

    def token(self, user: str) -> str:
        """The bearer token of a user that the cluster was started with."""
        return self._tokens[user]

    def token_kubeconfig(self, url: str, user: str, context: str, namespace: str) -> Path:
        """A kubeconfig that holds the user's token."""
        return self._kubeconfig(url, user, context, namespace, {"token": self.token(user)})

    def certificate_kubeconfig(self, url: str, user: str, groups: Sequence[str]) -> Path:
        """A kubeconfig that holds a new client certificate of any user and groups."""
        pair = self.authority.client(user, groups, quote(f"client {user}", safe=""))
        return self._kubeconfig(url, user, "certificate", "default", _embedded(pair))

    def _kubeconfig(
        self, url: str, user: str, context: str, namespace: str, credential: Mapping[str, str]
    ) -> Path:
        authority = _encoded(self.authority.certificate)
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": context,
                    "cluster": {"server": url, "certificate-authority-data": authority},
                }
            ],
            "users": [{"name": user, "user": credential}],
            "contexts": [
                {
                    "name": context,
                    "context": {"cluster": context, "user": user, "namespace": namespace},
                }
            ],
            "current-context": context,
        }
        file = self._folder / (quote(f"{context} {user} {namespace}", safe="") + ".kubeconfig")
        # Whole or not at all: another thread, or a program it started, may be reading it.
        fresh = file.with_suffix(f".{threading.get_ident()}")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(config, indent=1))  # JSON is YAML
        return fresh.replace(file)


def _embedded(pair: KeyPair) -> dict[str, str]:
    return {
        "client-certificate-data": _encoded(pair.certificate),
        "client-key-data": _encoded(pair.key),
    }


def _encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
