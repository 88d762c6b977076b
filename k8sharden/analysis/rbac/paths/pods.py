"""Steps by pods: who may start, change or enter one takes its account, and often its node.

A pod runs under any service account of its namespace, and where Pod Security refuses nothing it
takes over the node that it is put on. Who attaches to a container or forwards its ports joins what
runs there, and runs nothing. What a Job's template says is settled when it is made, and of
a pod that runs only the image can be changed.

Source: kubernetes.io, RBAC Good Practices; Pod Security Standards.
"""

from collections.abc import Iterable, Iterator

from k8sharden.analysis.rbac.paths.asks import (
    CHANGE_PODS,
    CHANGE_TEMPLATES,
    CREATE_CLAIMS,
    CREATE_PODS,
    CREATE_VOLUMES,
    DEBUG,
    ENTER,
    ENTER_BY_GET,
    LABEL_NAMESPACES,
)
from k8sharden.analysis.rbac.paths.holdings import Hold
from k8sharden.analysis.rbac.paths.places import Fan, Hub, Need, where
from k8sharden.analysis.rbac.paths.ways import Ways

_TAKES_OVER = ", so it takes over "
_STREAMS_BY_POST = 35
"""The minor version from which on `get` no longer opens a stream into a pod."""

UNREAD = "the API server's configuration or a policy engine may refuse such pods"
"""What is not known of a namespace that no label holds to a level."""


def by_pods(ways: Ways) -> Iterator[Fan]:
    """Yield where whoever may make pods gets to."""
    for hold, need in ways.held.by_binding(CREATE_PODS):
        if hold.names is None:
            may = f"may create {_what(hold)}{where(hold.namespace)}"
            yield Fan(Hub("accounts", hold.namespace), may, ", so it runs one as ", (need,))
            yield from _to_nodes(may, hold, (need,), ways)
            yield from _with_volumes(may, hold, need, ways)
            yield from _with_labels(may, hold, need, ways)


def _what(hold: Hold) -> str:
    return hold.ask.resource


def _to_nodes(may: str, hold: Hold, needs: tuple[Need, ...], ways: Ways) -> Iterator[Fan]:
    """Yield the way to the nodes, where a namespace admits any pod."""
    space = _chosen(hold, ways.world.open)
    if space is not None:
        said = "there" if hold.namespace else f"in {space}"
        said = f"{may} and Pod Security enforces nothing {said}"
        note = "" if ways.world.open[space] else UNREAD
        yield Fan(Hub("nodes"), said, _TAKES_OVER, needs, note)


def _chosen(hold: Hold, spaces: Iterable[str]) -> str | None:
    """Return the first of these namespaces where a right holds."""
    if hold.namespace:
        return hold.namespace if hold.namespace in spaces else None
    return next(iter(spaces), None)


def _with_volumes(may: str, hold: Hold, need: Need, ways: Ways) -> Iterator[Fan]:
    """Yield the way by a volume of a node's folder, which Pod Security does not see in a claim."""
    volumes = ways.need(CREATE_VOLUMES)
    claims = ways.need(CREATE_CLAIMS, hold.namespace)
    if volumes and claims:
        said = f"{may}, claims there, and volumes of any folder of a node"
        yield Fan(Hub("nodes"), said, _TAKES_OVER, (volumes, claims, need))


def _with_labels(may: str, hold: Hold, need: Need, ways: Ways) -> Iterator[Fan]:
    """Yield the way by a namespace whose Pod Security labels it may take off."""
    spaces = (hold.namespace,) if hold.namespace else ways.world.enforcing
    for space in filter(ways.world.enforcing.__contains__, spaces):
        labels = ways.need(LABEL_NAMESPACES, space, space)
        if labels:
            said = f"{may} and take the Pod Security labels off namespace {space}"
            yield Fan(Hub("nodes"), said, _TAKES_OVER, (labels, need), UNREAD)
            return


def by_templates(ways: Ways) -> Iterator[Fan]:
    """Yield where whoever may change what makes pods gets to, as far as there is any."""
    for hold, need in ways.held.by_binding(CHANGE_TEMPLATES):
        spaces: dict[str, tuple[str, str]] = {}
        for ask in need.asks:
            there = ways.world.templates[ask.resource]
            for space in (hold.namespace,) if hold.namespace else there:
                name = next((each for each in there.get(space, ()) if hold.covers(each, space)), "")
                if name:
                    spaces.setdefault(space, (ask.resource, name))
        for space, (resource, name) in spaces.items():
            may = f"may change {resource}{where(space)}, such as {name}"
            yield Fan(Hub("accounts", space), may, ", so it runs it as ", (need,))
            if space in ways.world.open:
                said = f"{may}, and Pod Security enforces nothing there"
                note = "" if ways.world.open[space] else UNREAD
                yield Fan(Hub("nodes"), said, _TAKES_OVER, (need,), note)


def by_entering(ways: Ways) -> Iterator[Fan]:
    """Yield where whoever may enter containers, or put others in their place, gets to."""
    minor = ways.world.minor
    streams = ENTER + (ENTER_BY_GET if minor is None or minor < _STREAMS_BY_POST else ())
    for wanted, said in (
        (streams, "may run commands in pods"),
        (DEBUG, "may add containers to pods"),
        (CHANGE_PODS, "may change the images of pods"),
    ):
        for hold, need in ways.held.by_binding(wanted):
            to = Hub("pods", hold.namespace, hold.names)
            yield Fan(to, f"{said}{where(hold.namespace)}", ", so it enters ", (need,))
