"""Evidence about the control plane: its static pods, then /flagz, then /metrics.

Static pods show every replica; the other two answer for the one that was reached, and the
endpoints of the Service `kubernetes` tell how many there are. Sources: the component's flags,
KEP-4828 (flagz), the metrics of k8s.io/apiserver, and its endpoint reconciler.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from k8sharden.cluster.api import Api
from k8sharden.cluster.metrics import samples
from k8sharden.cluster.progress import Progress, Tell
from k8sharden.cluster.transport import FLAGZ
from k8sharden.errors import (
    ApiError,
    ClusterUnavailable,
    Forbidden,
    NotFound,
    Unauthorized,
)
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import decode
from k8sharden.model.evidence import ApiServerFlags, ControlPlane, Sample
from k8sharden.model.inventory import Coverage, Entry, Inventory
from k8sharden.model.text import one_line

FLAGS_PATH = "/flagz"
METRICS_PATH = "/metrics"
SLICES = "endpointslices.discovery.k8s.io"
REPLICAS_PATH = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
SYSTEM = "kube-system"

_NOT_ACCEPTABLE = 406
_LIST = re.compile(r"\A\[(.*)\]\Z", re.DOTALL)
_ALPHA = FLAGZ.replace("v1beta1", "v1alpha1")

T = TypeVar("T")


class Observed(msgspec.Struct, frozen=True):
    """The evidence, and the ledger's lines for the paths it was read from."""

    control_plane: ControlPlane
    entries: tuple[Entry, ...]


def observe(api: Api, inventory: Inventory, progress: Tell) -> Observed:
    """Gather what tells how the API servers are set up. Raises `Unauthorized`."""
    servers = list(static_pods(inventory.pods))
    missing = [] if servers else [_no_static_pods(inventory)]
    flags, flags_entry = _ask(api, FLAGS_PATH, _flagz, progress)
    found, metrics_entry = _ask(api, METRICS_PATH, _metrics, progress)
    if flags is not None:
        servers.append(ApiServerFlags(FLAGS_PATH, flags))
    entries = [flags_entry, metrics_entry]
    replicas = None
    if missing:
        replicas, entry = _ask(api, SLICES, _replicas, progress, permission=f"{SLICES} in default")
        entries.append(entry)
    missing += [_sentence(entry) for entry in entries if entry.status is not Coverage.READ]
    control_plane = ControlPlane(
        servers=tuple(servers), samples=found, missing=tuple(missing), replicas=replicas
    )
    return Observed(control_plane, tuple(entries))


def static_pods(pods: Iterable[o.Pod]) -> Iterable[ApiServerFlags]:
    """Yield the flags of each API server that runs as a pod in `kube-system`."""
    for pod in pods:
        if pod.namespace == SYSTEM and pod.metadata.label.get("component") == "kube-apiserver":
            words = [
                word
                for container in pod.spec.containers or ()
                if "apiserver" in container.name
                for word in (*(container.command or ()), *(container.args or ()))
            ]
            name = one_line(f"static pod {SYSTEM}/{pod.name}", 300)
            yield ApiServerFlags(name, parse_flags(words))


def parse_flags(words: Iterable[str]) -> dict[str, str]:
    """Read ``--flag=value``, ``--flag value`` and ``--flag``, as pflag does; the last one counts.

    Underscores in a flag's name are dashes to the API server.
    """
    flags: dict[str, str] = {}
    open_flag = ""
    for word in words:
        if word.startswith("--") and len(word) > len("--"):
            name, equals, value = word[2:].partition("=")
            open_flag = "" if equals else name.replace("_", "-")
            flags[name.replace("_", "-")] = value if equals else "true"
        elif open_flag:
            flags[open_flag] = word
            open_flag = ""
    return flags


def _no_static_pods(inventory: Inventory) -> str:
    if not inventory.entry(kinds.PODS).covers(SYSTEM):
        return f"Static pods: missing permission: list pods in {SYSTEM}."
    return (
        f"Static pods: no API server runs as a pod in {SYSTEM}; it is managed or embedded "
        "elsewhere."
    )


def _ask(
    api: Api,
    path: str,
    question: Callable[[Api], T],
    progress: Tell,
    permission: str = "",
) -> tuple[T | None, Entry]:
    """Put one question, and write its outcome down for the ledger.

    ``permission`` is what one has to be allowed to get, where that is not the path.
    """
    progress(Progress(path, 0, 1, finished=False))
    try:
        return question(api), Entry(path, Coverage.READ)
    except Unauthorized:
        raise
    except Forbidden:
        wanted = f"get {permission or path}"
        return None, Entry(path, Coverage.FORBIDDEN, "may not be read", permission=wanted)
    except NotFound:
        return None, Entry(path, Coverage.ABSENT, "the server does not have it")
    except (ApiError, ClusterUnavailable, ValueError, msgspec.MsgspecError) as error:
        return None, Entry(path, Coverage.ERROR, one_line(str(error), 300))
    finally:
        progress(Progress(path, 1, 1, finished=True))


class _Endpoint(msgspec.Struct):
    addresses: list[str] = []


class _EndpointSlice(msgspec.Struct):
    endpoints: list[_Endpoint] | None = None


def _replicas(api: Api) -> int | None:
    """GET the endpoints that the API servers write down for themselves, and count them."""
    found = decode(api.raw(REPLICAS_PATH), _EndpointSlice).endpoints or ()
    return len({address for each in found for address in each.addresses}) or None


class _Flagz(msgspec.Struct):
    flags: Mapping[str, str]


def _flagz(api: Api) -> Mapping[str, str]:
    """GET /flagz, in the version of 1.36 or in the one before."""
    try:
        body = api.raw(FLAGS_PATH, accept=FLAGZ)
    except ApiError as error:
        if error.status != _NOT_ACCEPTABLE:
            raise
        body = api.raw(FLAGS_PATH, accept=_ALPHA)
    flags = decode(body, _Flagz).flags
    # Lists come in Go's brackets here, and without on a command line.
    return {name: _LIST.sub(r"\1", value) for name, value in flags.items()}


def _metrics(api: Api) -> tuple[Sample, ...]:
    return samples(api.raw(METRICS_PATH, accept="text/plain"))


def _sentence(entry: Entry) -> str:
    why = f"missing permission: {entry.permission}" if entry.permission else entry.detail
    return f"{entry.resource}: {why}."
