"""Opens real clusters: by a context of the kubeconfig, or by an address and its token."""

from collections.abc import Sequence
from pathlib import Path

from k8sharden.cluster.connect import ContextInfo, address, connect, contexts
from k8sharden.cluster.connect import in_cluster as in_cluster  # noqa: PLC0414 - offered here, too
from k8sharden.cluster.tokens import forget_token, store_token, usable
from k8sharden.config import Config
from k8sharden.places.cluster import ClusterPlace


def open_cluster(
    *,
    kubeconfig: Path | None = None,
    context: str | None = None,
    server: str | None = None,
    namespaces: Sequence[str] = (),
    read_only: bool = False,
    settings: Config | None = None,
) -> ClusterPlace:
    """Connect to a cluster, by what the settings say of it. Raises what `connect` raises."""
    chosen = None if server else _chosen(kubeconfig, context)
    name = server or (chosen.name if chosen else "in-cluster")
    mine = (settings or Config()).context(name)
    locked = read_only or mine.read_only
    api = connect(kubeconfig=kubeconfig, context=context, server=server, read_only=locked)
    options = ["--server", server] if server else ["--context", name] if chosen else []
    options += ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    hints = (chosen.namespace,) if chosen and chosen.namespace else ()
    return ClusterPlace(
        api,
        name,
        namespaces=namespaces or hints,
        options=options,
        production=mine.production,
        images=(settings or Config()).images,
    )


def _chosen(kubeconfig: Path | None, context: str | None) -> ContextInfo | None:
    """Return the context that a connection uses; None inside a pod."""
    known = contexts(kubeconfig)
    return next((c for c in known if (c.name == context if context else c.current)), None)


def offered(kubeconfig: Path | None = None) -> tuple[ContextInfo, ...]:
    """Return the contexts to choose from; empty where there is no kubeconfig.

    Raises `InputError` for a file that was named and is not there, and for one that is broken.
    """
    return contexts(kubeconfig)


def log_in(server: str, token: str) -> str:
    """Keep a token for a server in the keyring; return the address to open it by.

    Raises `InputError` for an address or a token that cannot be one, and where no keyring keeps it.
    """
    where = address(server.strip())
    store_token(where, usable(token))
    return where


def log_out(server: str) -> bool:
    """Take the token of a server out of the keyring; False where there was none."""
    return forget_token(address(server.strip()))
