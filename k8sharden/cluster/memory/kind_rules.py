"""The rules of the kinds that hold no pods: network policies, data, services, namespaces.

Source: k8s.io/kubernetes, pkg/apis/{core,networking}/validation, v1.36.
"""

import ipaddress
import json
import re
from typing import Any

from k8sharden.cluster.memory import names
from k8sharden.cluster.memory.failures import (
    Cause,
    forbidden_value,
    invalid_value,
    required,
    unsupported,
)
from k8sharden.cluster.memory.store import Object

_HIGHEST_PORT = 65535
_PSA = "pod-security.kubernetes.io/"
_LEVELS = ("privileged", "baseline", "restricted")
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_IMMUTABLE = "field is immutable"


def labels(field: str, found: dict[str, str]) -> list[Cause]:
    """Say what is wrong with labels."""
    causes = []
    for key, value in found.items():
        causes += [invalid_value(field, _shown(key), text) for text in names.label_key(key)]
        causes += [invalid_value(field, _shown(value), text) for text in names.label_value(value)]
    return causes


def label_selector(field: str, selector: Object) -> list[Cause]:
    """Say what is wrong with a label selector."""
    causes = labels(f"{field}.matchLabels", selector.get("matchLabels") or {})
    for number, each in enumerate(selector.get("matchExpressions") or ()):
        where, operator = f"{field}.matchExpressions[{number}]", each["operator"]
        if operator in ("In", "NotIn") and not each.get("values"):
            text = "must be specified when `operator` is 'In' or 'NotIn'"
            causes.append(required(f"{where}.values", text))
        if operator in ("Exists", "DoesNotExist") and each.get("values"):
            text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            causes.append(forbidden_value(f"{where}.values", text))
        if operator not in _OPERATORS:
            text = "not a valid selector operator"
            causes.append(invalid_value(f"{where}.operator", _shown(operator), text))
        key = each["key"]
        causes += [invalid_value(f"{where}.key", _shown(key), t) for t in names.label_key(key)]
    return causes


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def namespace(value: Object) -> list[Cause]:
    """Say what is wrong with the Pod Security labels of a namespace."""
    causes = []
    found = value["metadata"].get("labels") or {}
    for mode in ("enforce", "audit", "warn"):
        level, version = found.get(f"{_PSA}{mode}"), found.get(f"{_PSA}{mode}-version")
        if level is not None and level not in _LEVELS:
            text = f"must be one of {', '.join(_LEVELS)}"
            causes.append(invalid_value(f"metadata.labels[{_PSA}{mode}]", _shown(level), text))
        if version is not None and not re.fullmatch(r"latest|v1\.(0|[1-9]\d*)", version):
            field = f"metadata.labels[{_PSA}{mode}-version]"
            causes.append(invalid_value(field, _shown(version), 'must be "latest" or "v1.x"'))
    return causes


def data(value: Object) -> list[Cause]:
    """Say what is wrong with the keys of a ConfigMap or Secret."""
    return [
        invalid_value(f"{part}[{key}]", _shown(key), text)
        for part in ("data", "binaryData")
        for key in value.get(part) or {}
        for text in names.data_key(key)
    ]


def data_changed(value: Object, old: Object) -> list[Cause]:
    """Say what a change of a ConfigMap or Secret may not touch."""
    causes = []
    if value.get("type") != old.get("type"):
        causes.append(invalid_value("type", _shown(value.get("type")), _IMMUTABLE))
    if old.get("immutable"):
        text = f"{_IMMUTABLE} when `immutable` is set"
        causes += [
            forbidden_value(field, text)
            for field in ("immutable", "data", "binaryData")
            if value.get(field) != old.get(field)
        ]
    return causes


def service(value: Object) -> list[Cause]:
    """Say what is wrong with a Service."""
    spec = value["spec"]
    ports = spec.get("ports") or []
    causes = []
    if not ports and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        causes.append(required("spec.ports"))
    for number, each in enumerate(ports):
        where = f"spec.ports[{number}]"
        if len(ports) > 1 and not each.get("name"):
            causes.append(required(f"{where}.name"))
        causes += port(f"{where}.port", each["port"])
    return causes


def service_changed(value: Object, old: Object) -> list[Cause]:
    """Say what a change of a Service may not touch."""
    now, before = value["spec"].get("clusterIP"), old["spec"].get("clusterIP")
    if before in (None, "", now):
        return []
    return [invalid_value("spec.clusterIPs[0]", _shown([now]), "may not change once set")]


def port(field: str, number: Any) -> list[Cause]:
    """Say what is wrong with a port."""
    if isinstance(number, int) and not 1 <= number <= _HIGHEST_PORT:
        text = f"must be between 1 and {_HIGHEST_PORT}, inclusive"
        return [invalid_value(field, str(number), text)]
    if isinstance(number, str) and not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", number):
        text = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        return [invalid_value(field, _shown(number), text)]
    return []


def network_policy(value: Object) -> list[Cause]:
    """Say what is wrong with a NetworkPolicy."""
    spec = value["spec"]
    causes = label_selector("spec.podSelector", spec["podSelector"])
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(spec.get(direction) or ()):
            where = f"spec.{direction}[{number}]"
            for place, each in enumerate(rule.get("ports") or ()):
                causes += _policy_port(f"{where}.ports[{place}]", each)
            for place, peer in enumerate(rule.get(peers) or ()):
                causes += _peer(f"{where}.{peers}[{place}]", peer)
    kinds = spec.get("policyTypes") or []
    if len(kinds) > len(("Ingress", "Egress")):
        text = "may not specify more than two policyTypes"
        return [*causes, invalid_value("spec.policyTypes", _shown(kinds), text)]
    return causes + [
        unsupported(f"spec.policyTypes[{number}]", each, ("Ingress", "Egress"))
        for number, each in enumerate(kinds)
        if each not in ("Ingress", "Egress")
    ]


def _policy_port(where: str, value: Object) -> list[Cause]:
    causes = []
    if value["protocol"] not in _PROTOCOLS:
        causes.append(unsupported(f"{where}.protocol", value["protocol"], _PROTOCOLS))
    return causes + port(f"{where}.port", value.get("port"))


def _peer(where: str, peer: Object) -> list[Cause]:
    causes = []
    for name in ("podSelector", "namespaceSelector"):
        if peer.get(name) is not None:
            causes += label_selector(f"{where}.{name}", peer[name])
    if peer.get("ipBlock") is not None:
        causes += _block(f"{where}.ipBlock", peer["ipBlock"])
    if not peer:
        causes.append(required(where, "must specify a peer"))
    elif "ipBlock" in peer and len(peer) > 1:
        causes.append(forbidden_value(where, "may not specify both ipBlock and another peer"))
    return causes


def _block(where: str, block: Object) -> list[Cause]:
    cidr = block["cidr"]
    if not cidr:
        return [required(f"{where}.cidr")]
    try:
        whole = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        whole = None
    if whole is None or "/" not in cidr:
        text = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
        return [invalid_value(f"{where}.cidr", _shown(cidr), text)]
    if str(whole.network_address) != cidr.partition("/")[0]:
        text = "must not have bits set beyond the prefix length"
        return [invalid_value(f"{where}.cidr", _shown(cidr), text)]
    return []
