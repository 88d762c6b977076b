"""Default denies: what closes a direction for every pod of a namespace, whoever wrote it how.

A NetworkPolicy without rules does, and so may policies of the network plug-ins' own kinds. What
they choose by expressions that are not read here is unknown, and named.

Sources: the API references of networking.k8s.io/v1, cilium.io/v2, policy.networking.k8s.io and
crd.projectcalico.org; docs.cilium.io, Policy Enforcement Modes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.network.cilium import homes, may_be_unseen, settings
from k8sharden.analysis.network.clauses import NAME, LabelSelector
from k8sharden.analysis.network.cni import enforcement
from k8sharden.analysis.network.doubts import odd
from k8sharden.analysis.network.isolation import in_namespace
from k8sharden.analysis.network.plugins import CILIUM
from k8sharden.analysis.network.policies import Direction, directions
from k8sharden.analysis.selectors import chooses, is_empty
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import ResourceType
from k8sharden.model.meta import Struct
from k8sharden.model.ref import Ref

_DNS = 53


class Default(msgspec.Struct, frozen=True):
    """Whether a namespace is closed, and ``by`` which policy; none where the plug-in does it.

    ``closed`` is None where that is unknown; ``said`` then tells why, as the end of a sentence.
    """

    closed: bool | None
    by: Ref | None = None
    said: str = ""


def default_of(namespace: str, way: Direction, inventory: Inventory) -> Default:
    """Say whether a direction is denied by default for every pod of a namespace."""
    for policy in in_namespace(kinds.NETWORK_POLICIES, n.NetworkPolicy, namespace, inventory):
        if denies_all(policy, way):
            return Default(closed=True, by=kinds.NETWORK_POLICIES.ref(namespace, policy.name))
    known = enforcement(inventory)
    if known is not None and known.mode == "always":
        return Default(closed=True)
    unsure = [Default(None, said=_SETTINGS)] if _may_be_always(inventory) else []
    unsure += [
        Default(None, doubt.ref, doubt.said)
        for doubt in odd(inventory)
        if doubt.scope.namespace in ("", namespace)
    ]
    for ref, closed in _others(namespace, way, inventory):
        if closed:
            return Default(closed=True, by=ref)
        if closed is None:
            said = f"{ref.label} chooses its pods by expressions that are not read"
            unsure.append(Default(None, ref, said))
    return unsure[0] if unsure else Default(closed=False)


_SETTINGS = (
    "Cilium may deny whatever no policy allows (enable-policy: always), and its settings were not "
    "read"
)


def _may_be_always(inventory: Inventory) -> bool:
    """Whether Cilium is or may be there, and nobody could read how it is set."""
    known, whole = enforcement(inventory), inventory.whole
    if known is not None and known.plugin == CILIUM:
        return any(settings(namespace, whole) is None for namespace in homes(whole))
    return known is not None and may_be_unseen(whole)


def denies_all(policy: n.NetworkPolicy, way: Direction) -> bool:
    """Whether a policy selects every pod of its namespace and lets nothing through.

    Outwards it may let DNS through, since nothing works without: many write it so.
    """
    if way not in directions(policy) or not is_empty(policy.spec.pod_selector):
        return False
    if way is Direction.INGRESS:
        return not policy.spec.ingress
    return all(map(_is_dns, policy.spec.egress or ()))


def _is_dns(rule: n.Rule) -> bool:
    return bool(rule.ports) and all(
        port.port == _DNS and not port.end_port for port in rule.ports or ()
    )


def _others(
    namespace: str, way: Direction, inventory: Inventory
) -> Iterator[tuple[Ref, bool | None]]:
    """Yield the policies of other kinds, with whether each closes a namespace by default."""
    known = {each.name: each.metadata.label for each in inventory.namespaces}
    here = {NAME: namespace, **known.get(namespace, {})}
    unread = namespace not in known and not inventory.entry(kinds.NAMESPACES).covers(namespace)
    for kind, judge in _JUDGES.items():
        for item in inventory.of(kind, n.Loose):
            if not kind.namespaced or item.namespace == namespace:
                specs = [each for each in (item.spec, *(item.specs or ())) if each is not None]
                answers = {judge(spec, way, here) if _fits(spec) else None for spec in specs}
                if unread and any(judge({**spec, **_ANYWHERE}, way, here) for spec in specs):
                    answers.add(None)
                best = next((each for each in (True, None) if each in answers), False)
                yield kind.ref(item.namespace, item.name), best


Json = Mapping[str, Any]

_ANYWHERE: Json = {"endpointSelector": {}, "subject": {"namespaces": {}}}
"""What chooses every namespace, to see whether only labels keep a policy from one."""


class _Peer(Struct, frozen=True):
    namespaces: LabelSelector | None = None
    networks: list[str] | None = None


class _Rule(Struct, frozen=True):
    from_: list[_Peer] | None = msgspec.field(name="from", default=None)
    to: list[_Peer] | None = None


class _Subject(Struct, frozen=True):
    namespaces: LabelSelector | None = None


class _Spec(Struct, frozen=True):
    """What is looked at of all of these kinds, to see whether it has the shape that it must."""

    endpoint_selector: LabelSelector | None = None
    subject: _Subject | None = None
    types: list[str] | None = None
    ingress: list[_Rule] | None = None
    egress: list[_Rule] | None = None


def _fits(spec: Json) -> bool:
    """Whether a specification can be judged; a file may hold one that no API server takes."""
    try:
        convert(spec, _Spec)
    except msgspec.ValidationError:
        return False
    return True


_NAMESPACE = "io.kubernetes.pod.namespace"
_LABELS = "io.cilium.k8s.namespace.labels."


def _cilium(spec: Json, way: Direction, here: Mapping[str, str]) -> bool | None:
    """Judge Cilium's: an empty rule isolates and lets nothing through; no rule is about nobody."""
    rules, isolates = spec.get(way.value) or (), spec.get("enableDefaultDeny")
    if not rules or any(rules):
        return False
    if isinstance(isolates, Mapping) and isolates.get(way.value) is False:
        return False
    labels = {_NAMESPACE: here[NAME]}
    labels |= {f"{_LABELS}{key}": value for key, value in here.items()}
    selector = _plain(spec.get("endpointSelector") or {})
    return chooses(selector, labels)


def _plain(selector: Json) -> dict[str, Any]:
    """Return a selector without the sources that Cilium writes before labels."""
    expressions = [
        {**each, "key": _bare(str(each.get("key")))}
        for each in selector.get("matchExpressions") or ()
    ]
    labels = {_bare(key): value for key, value in (selector.get("matchLabels") or {}).items()}
    return {"matchLabels": labels, "matchExpressions": expressions}


def _bare(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:").removeprefix("k8s.")


def _tiered(spec: Json, way: Direction, here: Mapping[str, str]) -> bool | None:
    """Judge those of administrators: a rule that denies everybody on every port."""
    subject = (spec.get("subject") or {}).get("namespaces")
    if subject is None or not chooses(subject, here):
        return False
    word = "from" if way is Direction.INGRESS else "to"
    return any(
        rule.get("action") == "Deny" and _all_ports(rule) and _everybody(rule.get(word) or (), way)
        for rule in spec.get(way.value) or ()
    )


def _all_ports(rule: Json) -> bool:
    return not rule.get("ports") and not rule.get("protocols")


def _everybody(peers: Any, way: Direction) -> bool:
    namespaces = any("namespaces" in peer and is_empty(peer["namespaces"]) for peer in peers)
    networks = any("0.0.0.0/0" in (peer.get("networks") or ()) for peer in peers)
    return namespaces and (way is Direction.INGRESS or networks)


_EVERY = ("", "all()")


def _calico(spec: Json, way: Direction, _here: Mapping[str, str]) -> bool | None:
    """Judge Calico's: no rule, or none that allows. Its expressions are not read."""
    rules = spec.get(way.value) or ()
    if way.type not in (spec.get("types") or ()) or not all(map(_denies, rules)):
        return False
    chosen = [str(spec.get(key) or "").strip() for key in ("selector", "namespaceSelector")]
    if all(each in _EVERY for each in chosen):
        return True
    # It may choose every pod of this namespace, and it may not.
    return None


def _denies(rule: Json) -> bool:
    return rule.get("action") == "Deny"


_JUDGES: Mapping[ResourceType, Callable[[Json, Direction, Mapping[str, str]], bool | None]] = {
    kinds.CILIUM_POLICIES: _cilium,
    kinds.CILIUM_CLUSTERWIDE_POLICIES: _cilium,
    kinds.CLUSTER_NETWORK_POLICIES: _tiered,
    kinds.BASELINE_ADMIN_NETWORK_POLICIES: _tiered,
    kinds.ADMIN_NETWORK_POLICIES: _tiered,
    kinds.CALICO_POLICIES: _calico,
    kinds.CALICO_GLOBAL_POLICIES: _calico,
}
