"""Turns what the network and TLS layers raise into one line: what happened, where, what to do."""

import socket
import ssl
import zlib
from collections.abc import Iterator

from urllib3 import exceptions as http

from k8sharden.errors import ClusterUnavailable, K8shardenError, Unauthorized, Unreached
from k8sharden.model.text import one_line


class Broken(ClusterUnavailable):
    """The connection broke before the answer was whole; asking again may help."""


def explain(error: Exception, server: str, timeout: float) -> ClusterUnavailable:
    """Return the error to raise for what a request to ``server`` ended in."""
    causes = list(_chain(error))
    where = one_line(server, 200)
    for kinds, found, sentence in _SENTENCES:
        if any(isinstance(cause, kinds) for cause in causes):
            return found(sentence.format(where=where, timeout=f"{timeout:g}"))
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return Unreached(_tls(tls, where))
    # The other end just left, as a server does that restarts: TLS is not to blame.
    if tls is not None and not isinstance(tls, ssl.SSLEOFError):
        return ClusterUnavailable(_tls(tls, where))
    what = one_line(str(causes[-1]) or type(causes[-1]).__name__, 200)
    if any(isinstance(cause, _BROKEN) for cause in causes):
        return Broken(f"The connection to {where} broke ({what}): try again.")
    return ClusterUnavailable(f"{where} could not be reached: {what}. Check the server's address.")


_BROKEN = (http.ProtocolError, ConnectionError, ssl.SSLEOFError)

_Sentence = tuple[tuple[type[BaseException], ...], type[ClusterUnavailable], str]

_SENTENCES: tuple[_Sentence, ...] = (
    (
        (http.ProxyError, http.ProxySchemeUnknown),
        Unreached,
        (
            "{where} could not be reached through the proxy: check HTTPS_PROXY, NO_PROXY and the "
            "kubeconfig's proxy-url."
        ),
    ),
    (
        (http.NameResolutionError, socket.gaierror),
        Unreached,
        ("The name of {where} could not be resolved: check the address, the network and the VPN."),
    ),
    (
        (ConnectionRefusedError,),
        Unreached,
        "{where} refused the connection: is the cluster running, and the port right?",
    ),
    (
        (http.ReadTimeoutError,),
        ClusterUnavailable,
        "{where} did not answer within {timeout} s: it may be overloaded; try again.",
    ),
    (
        (http.ConnectTimeoutError,),
        Unreached,
        "{where} could not be reached in time: check the network, the VPN and the firewall.",
    ),
    (
        (TimeoutError,),
        ClusterUnavailable,
        "{where} could not be reached in time: check the network, the VPN and the firewall.",
    ),
    (
        (zlib.error,),
        ClusterUnavailable,
        "{where} sent an answer that is damaged: does a proxy in between change it? Try again.",
    ),
    (
        (http.LocationValueError,),
        Unreached,
        "{where} is no server's address: write https://HOST:PORT.",
    ),
)
# NewConnectionError is a ConnectTimeoutError to urllib3, so what tells more comes first.


def _tls(error: ssl.SSLError, where: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = one_line(error.verify_message or str(error), 160)
        return (
            f"The certificate of {where} is not trusted ({why}): check "
            "certificate-authority-data in the kubeconfig, and that the address is the cluster's."
        )
    why = one_line(error.reason or str(error), 160)
    return (
        f"No TLS connection to {where} ({why}): check that the server speaks HTTPS, and the client "
        "certificate."
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, then what caused it; urllib3 puts causes into ``reason`` and ``args``.

    An error of ours among them is that of an earlier request, which is being dealt with: how that
    one ended says nothing of this one.
    """
    queue: list[object] = [error]
    seen: set[int] = set()
    while queue:
        here = queue.pop(0)
        ours = isinstance(here, K8shardenError)
        if ours or not isinstance(here, BaseException) or id(here) in seen:
            continue
        seen.add(id(here))
        yield here
        # An SSLError's reason is a string, which the check above drops.
        queue += [here.__cause__, here.__context__, getattr(here, "reason", None), *here.args]


_LOGINS = {
    "aws": "aws sso login",
    "aws-iam-authenticator": "aws sso login",
    "gke-gcloud-auth-plugin": "gcloud auth login",
    "kubelogin": "az login",
    "doctl": "doctl auth init",
    "tsh": "tsh kube login",
    "oci": "oci session authenticate",
}


def refused_credentials(name: str, command: str) -> Unauthorized:
    """Return the error of a 401; ``command`` is the exec plugin, where there is one."""
    return Unauthorized(
        f"The credentials of {one_line(name, 200)} were refused (401): they may have expired; "
        f"{_log_in_again(command)}.",
        status=401,
        reason="Unauthorized",
    )


def plugin_hung(name: str, command: str, seconds: float) -> Unauthorized:
    """Return the error of an exec plugin that was ended since it did not answer."""
    return Unauthorized(
        f"The credential plugin {one_line(command, 80)} of {one_line(name, 80)} did not answer "
        f"within {seconds:g} s and was ended: it may wait for a browser or for input. Run it by "
        f"hand and {_log_in_again(command)}; then try again.",
        status=401,
        reason="Unauthorized",
    )


def _log_in_again(command: str) -> str:
    hint = _LOGINS.get(command.replace("\\", "/").rpartition("/")[2])
    return "log in again" + (
        f", e.g. `{hint}`" if hint else " with the tool that wrote the kubeconfig"
    )
