"""The rules of Cilium's policies: whom they name, and which ports.

Source: Cilium's documentation (Layer 3, Layer 4 and Layer 7 policies, Deny policies).
"""

from typing import Annotated, Any

import msgspec

from k8sharden.analysis.network.blocks import Block
from k8sharden.analysis.network.cilium_selectors import NotModelled, scope_of
from k8sharden.analysis.network.clauses import (
    HIGHEST,
    Addresses,
    Direction,
    Entities,
    LabelSelector,
    Peer,
    Pods,
    Ports,
    Rule,
    Unmodelled,
)
from k8sharden.model.decoding import convert
from k8sharden.model.meta import Struct

_OF = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_DIGITS = 6
_ADDRESSES = ("FQDNs", "Groups", "Nodes")
"""Peers that are no pods, whatever they are."""


class _Port(Struct, frozen=True, forbid_unknown_fields=True):
    port: str | int = 0
    protocol: str | None = None
    end_port: int | None = None


class _Seven(Struct, frozen=True, forbid_unknown_fields=True):
    http: list[Any] | None = None
    dns: list[Any] | None = None


class _PortRule(Struct, frozen=True, forbid_unknown_fields=True):
    ports: Annotated[list[_Port], msgspec.Meta(min_length=1)]
    rules: _Seven | None = None


class _Range(Struct, frozen=True, forbid_unknown_fields=True):
    cidr: str
    except_: list[str] | None = msgspec.field(name="except", default=None)


def rules_of(raw: list[Any], way: Direction, namespace: str) -> tuple[Rule, ...]:
    """Return a list of rules of a policy of a namespace, or of none, in its order."""
    return tuple(_rule(each, way, namespace) for each in raw)


def _rule(raw: Any, way: Direction, namespace: str) -> Rule:
    if not isinstance(raw, dict):
        return Rule(unsure="a rule that is none")
    said = {key: value for key, value in raw.items() if value is not None}
    only_icmp = bool(said.pop("icmps", None)) and not said.get("toPorts")
    ports, unsure = _ports(said.pop("toPorts", None))
    peers = _peers(said, way, namespace)
    if said.get("authentication") in ({}, {"mode": "disabled"}):
        said.pop("authentication")
    others = ", ".join(filter(None, (unsure, *sorted(key for key in said if said[key]))))
    # Without peers, ports and all, a rule isolates and allows nothing; ICMP is no connection.
    nothing = only_icmp or (peers is None and ports is None and not others)
    return Rule(() if nothing else peers, ports, others)


_PEERS = ("Endpoints", "Entities", "CIDR", "CIDRSet")


def _peers(said: dict[str, Any], way: Direction, namespace: str) -> tuple[Peer, ...] | None:
    """Take the peers out of a rule; None where it names none, which is everybody."""
    prefix = _OF[way]
    found: list[Peer] = []
    named = [key for key in (*_PEERS, *_ADDRESSES, "Services") if f"{prefix}{key}" in said]
    for key in named:
        value, field = said.pop(f"{prefix}{key}"), f"{prefix}{key}"
        if len(named) > 1:
            # Agents differ in whether they take such a rule.
            found.append(Unmodelled(f"{' with '.join(f'{prefix}{each}' for each in named)}"))
        elif key in _PEERS:
            found += _peer(key, value, namespace, field)
        else:
            found.append(Unmodelled(field, key not in _ADDRESSES))
    return tuple(found) if named else None


def _peer(key: str, value: Any, namespace: str, field: str) -> list[Peer]:
    try:
        match key:
            case "Endpoints":
                chosen = convert(value, list[LabelSelector])
                return [Pods(scope_of(each, namespace), hosts=False) for each in chosen]
            case "Entities":
                return [Entities(tuple(convert(value, list[str])))]
            case "CIDR":
                return [Addresses(Block(each), pods=False) for each in convert(value, list[str])]
        return [
            Addresses(Block(each.cidr, tuple(each.except_ or ())), pods=False)
            for each in convert(value, list[_Range])
        ]
    except NotModelled as found:
        return [Unmodelled(f"{field} with {found}")]
    except msgspec.ValidationError:
        return [Unmodelled(field, key in ("Endpoints", "Entities"))]


def _ports(raw: Any) -> tuple[tuple[Ports, ...] | None, str]:
    """Return ports, None for all, and what of them is not modelled."""
    if not raw:
        return None, ""
    try:
        rules = convert(raw, list[_PortRule])
        return tuple(_port(port, _note(rule)) for rule in rules for port in rule.ports), ""
    except (msgspec.ValidationError, NotModelled):
        return None, "toPorts"


def _note(rule: _PortRule) -> str:
    limits = rule.rules or _Seven()
    return "HTTP rules" if limits.http else "DNS rules" if limits.dns else ""


def _port(port: _Port, note: str) -> Ports:
    protocol = (port.protocol or "ANY").upper()
    protocol = "" if protocol == "ANY" else protocol
    text = str(port.port)
    if text.isascii() and text.isdigit():
        # Of very long ones Python refuses to make a number.
        if len(text) > _DIGITS or int(text) > HIGHEST:
            raise NotModelled(f"port {text[:_DIGITS]}")
        first = int(text)
        last = min(max(port.end_port or 0, first), HIGHEST)
        return Ports(protocol, first, last, note=note) if first else Ports(protocol, note=note)
    if text.startswith("0x") or not any(map(str.isalpha, text)):
        raise NotModelled(f"port {text}")
    return Ports(protocol, name=text.lower(), note=note)
