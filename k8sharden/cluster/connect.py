"""Connects to a real cluster: by kubeconfig, by address and token, or from inside a pod.

The `kubernetes` package is imported only when a connection is made.
"""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from k8sharden.cluster import kubeconfig as files
from k8sharden.cluster.api import Api
from k8sharden.cluster.kubeconfig import ContextInfo, Kubeconfig
from k8sharden.cluster.tokens import token_for
from k8sharden.errors import ClusterUnavailable, InputError
from k8sharden.model.text import one_line

__all__ = ["ContextInfo", "address", "connect", "contexts", "in_cluster"]

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_CONNECTIONS = 16


def contexts(kubeconfig: Path | None = None) -> tuple[ContextInfo, ...]:
    """Return the contexts of the kubeconfig; empty where there is no file.

    Raises `InputError` for a file that was named and is not there, and for one that is broken.
    """
    found = files.load(kubeconfig)
    return found.contexts() if found else ()


def connect(
    *,
    kubeconfig: Path | None = None,
    context: str | None = None,
    server: str | None = None,
    read_only: bool = False,
) -> Api:
    """Return a client of the chosen cluster; nothing is sent to it yet.

    Raises `InputError` for what cannot be found or used, `ClusterUnavailable` where an exec plugin
    fails, and `Unauthorized` where it hangs.
    """
    if server:
        return _by_address(server, read_only=read_only)
    found = files.load(kubeconfig)
    if found is not None:
        chosen = found.choose(context)
        return _by_kubeconfig(found, chosen, read_only=read_only)
    if in_cluster() and not context:
        return _from_inside(read_only=read_only)
    looked = ", ".join(one_line(str(path), 200) for path in files.places(kubeconfig))
    raise InputError(
        f"No kubeconfig was found (looked at {looked}): give one with --kubeconfig or KUBECONFIG. "
        "`k8sharden demo` needs none."
    )


def in_cluster() -> bool:
    """Whether we run in a pod that has a service account's token."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and (SERVICE_ACCOUNT / "token").exists()


def address(server: str) -> str:
    """Return a server's address as it is used. Raises `InputError` for what is none, or unsafe."""
    try:
        parts = urlsplit(server)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("https", "http"):
        raise InputError(
            f"{one_line(server, 200)} is no server's address: write https://HOST:PORT."
        )
    if parts.username is not None:
        raise InputError("--server takes no user and password: its token comes from the keyring.")
    if parts.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise InputError("A token is not sent over plain HTTP: write https:// in --server.")
    return server.rstrip("/")


def _by_address(server: str, *, read_only: bool) -> Api:
    host = address(server)
    configuration = _configuration()
    configuration.host = host
    configuration.api_key = {"authorization": f"Bearer {token_for(host)}"}
    return _api(configuration, host, "", read_only=read_only)


def _from_inside(*, read_only: bool) -> Api:
    from kubernetes import config  # noqa: PLC0415 - takes long, and only real clusters need it

    configuration = _configuration()
    try:
        config.load_incluster_config(configuration)
    except (config.ConfigException, OSError) as error:
        why = one_line(str(error), 200)
        raise InputError(f"This pod's service account cannot be used: {why}") from error
    return _api(configuration, "this pod's service account", "", read_only=read_only)


def _by_kubeconfig(found: Kubeconfig, chosen: ContextInfo, *, read_only: bool) -> Api:
    from kubernetes import config  # noqa: PLC0415 - as above

    configuration = _configuration()
    from k8sharden.cluster.plugin import bounded  # noqa: PLC0415 - as above

    plugin = found.plugin(chosen.user)
    with bounded(plugin, f"context {chosen.name}") as said:
        try:
            config.load_kube_config(
                os.pathsep.join(str(path) for path in found.paths),
                chosen.name,
                configuration,
                persist_config=False,
            )
        except Exception as error:
            # The package trusts the file, so any error can come of one that is odd.
            raise InputError(_unusable(chosen, error)) from error
    if plugin and not configuration.api_key and not configuration.cert_file:
        raise _plugin_failed(plugin, chosen, said)
    return _api(configuration, f"context {chosen.name}", plugin, read_only=read_only)


def _unusable(chosen: ContextInfo, error: Exception) -> str:
    """Say what is wrong with a context, without what the package quotes of its secrets."""
    what = f"Context {one_line(chosen.name, 80)} of the kubeconfig cannot be used"
    text = str(error)
    if missing := re.match(r"File does not exist: (.*)", text, re.DOTALL):
        return f"{what}: the file {one_line(missing[1], 300)} does not exist."
    if key := re.search(r"Expected key ([\w-]{1,60}) in ", text):
        return f"{what}: {key[1]} is missing."
    return (
        f"{what} ({type(error).__name__}): check its cluster "
        f"{one_line(chosen.cluster, 80)} and user {one_line(chosen.user, 80)}."
    )


def _plugin_failed(plugin: str, chosen: ContextInfo, said: list[str]) -> ClusterUnavailable:
    who = f"The credential plugin {one_line(plugin, 80)} of context {one_line(chosen.name, 80)}"
    why = one_line(said[-1] if said else "it gave no credentials", 300)
    if "No such file or directory" in why:
        return ClusterUnavailable(f"{who} was not found: install it, or add it to PATH.")
    return ClusterUnavailable(f"{who} failed ({why}): run it by hand, and log in again.")


def _configuration() -> Any:
    from kubernetes.client import Configuration  # noqa: PLC0415 - as above

    return Configuration()


def _api(configuration: Any, name: str, plugin: str, *, read_only: bool) -> Api:
    import urllib3  # noqa: PLC0415 - as above
    from kubernetes.client.rest import RESTClientObject  # noqa: PLC0415 - as above

    from k8sharden.cluster.live import LiveTransport, Login  # noqa: PLC0415 - as above
    from k8sharden.cluster.retry import RetryingTransport  # noqa: PLC0415 - as above

    configuration.connection_pool_maxsize = _CONNECTIONS
    if not configuration.verify_ssl:
        # The kubeconfig asks for it; a warning per request would cover the screen.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    try:
        pool = RESTClientObject(configuration).pool_manager
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise InputError(
            f"{one_line(name, 80)} cannot be used ({type(error).__name__}): check its certificates "
            "and its proxy."
        ) from error
    transport = LiveTransport(configuration, pool, Login(name, plugin))
    return Api(RetryingTransport(transport), read_only=read_only)
