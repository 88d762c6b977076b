"""What the evidence about the API servers proves: encryption at rest, audit logging.

Source: kubernetes.io, Encrypting Confidential Data at Rest and Auditing; the metrics of
kube-apiserver v1.36. What is not proven is unknown, never a pass.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from k8sharden.model.evidence import ApiServerFlags, ControlPlane
from k8sharden.model.finding import Status
from k8sharden.model.inventory import Inventory

ENCRYPTION_FLAG = "encryption-provider-config"
AUDIT_FLAGS = ("audit-policy-file", "audit-log-path", "audit-webhook-config-file")

_TRANSFORMED = "apiserver_storage_transformation_operations_total"
_ENCRYPTED = re.compile(r"k8s:enc:(?!identity)")
_EKS_ENCRYPTS_SINCE = (1, 28)
_NAMED = 5


class Verdict(msgspec.Struct, frozen=True):
    """A verdict in one sentence, with the evidence that it rests on."""

    status: Status
    reason: str
    evidence: Mapping[str, Any] = {}


def encryption(inventory: Inventory) -> Verdict:
    """Say whether Secrets are encrypted before they are stored in etcd."""
    plane = inventory.control_plane
    bare = [server.source for server in _seen(plane) if not server.flags.get(ENCRYPTION_FLAG)]
    writes = _secret_writes(plane)
    evidence = {"flags": _flags(plane, (ENCRYPTION_FLAG,)), "secret writes": writes}
    if plane.distribution.lower() == "eks" and _minor(inventory) >= _EKS_ENCRYPTS_SINCE:
        return Verdict(Status.PASS, "EKS encrypts all API data since 1.28.", evidence)
    if bare:
        return Verdict(
            Status.FAIL,
            f"{_some(bare, plane)} without --{ENCRYPTION_FLAG}: Secrets lie in etcd and its "
            "backups in plain text.",
            evidence,
        )
    return _by_writes(plane, writes, evidence)


def _by_writes(plane: ControlPlane, writes: dict[str, float], evidence: dict[str, Any]) -> Verdict:
    """Judge by what the API server wrote, since a configuration alone may begin with identity."""
    encrypted = any(_ENCRYPTED.match(prefix) for prefix in writes)
    plain = any(not _ENCRYPTED.match(prefix) for prefix in writes)
    if encrypted and not plain:
        good = "The API server encrypts the Secrets it writes."
        return _of_all(plane, Verdict(Status.PASS, good, evidence))
    if plain and not encrypted:
        return Verdict(
            Status.FAIL,
            "An encryption configuration is there, but its first provider is identity: the API "
            "server wrote Secrets to etcd in plain text.",
            evidence,
        )
    if encrypted:
        why = "Since its start the API server wrote Secrets both ways: restart it, then scan again."
    elif plane.samples is None:
        why = "/metrics, which shows how Secrets are written, could not be read."
    elif _seen(plane):
        why = (
            f"--{ENCRYPTION_FLAG} is set, which does not tell whether its first provider encrypts, "
            "and no Secret was written since the start: create one, then scan again."
        )
    else:
        why = "No flags were seen, and /metrics shows no Secret that was written."
    return Verdict(Status.UNKNOWN, why, evidence)


def _secret_writes(plane: ControlPlane) -> dict[str, float]:
    """Return how many Secrets were written, by the prefix they got; empty means plain text."""
    writes: dict[str, float] = {}
    for sample in plane.family(_TRANSFORMED):
        labels = sample.labels
        mine = labels.get("resource") == "secrets" and labels.get("status", "OK") == "OK"
        prefix = labels.get("transformer_prefix", "")
        # Keys inside an envelope are counted too, under prefixes such as `key1:`.
        outer = prefix in ("", "identity") or prefix.startswith("k8s:enc:")
        if mine and outer and labels.get("transformation_type") == "to_storage" and sample.value:
            writes[prefix] = writes.get(prefix, 0) + sample.value
    return writes


def auditing(inventory: Inventory) -> Verdict:
    """Say whether the API servers record who did what."""
    plane = inventory.control_plane
    silent = [server.source for server in _seen(plane) if not _records(server.flags)]
    events = plane.family("apiserver_audit_event_total")
    levels = plane.family("apiserver_audit_level_total")
    total = sum(sample.value for sample in events)
    evidence = {"flags": _flags(plane, AUDIT_FLAGS), "events": total if events else None}
    if plane.managed:
        why = "The provider runs the API server; whether its audit log reaches you cannot be seen."
        return Verdict(Status.UNKNOWN, why, evidence)
    if silent:
        return Verdict(
            Status.FAIL,
            f"{_some(silent, plane)} without audit logging: nobody can tell later who read a "
            "Secret or changed a role.",
            evidence,
        )
    if _seen(plane) or levels or total:
        good = "The API servers have an audit policy."
        return _of_all(plane, Verdict(Status.PASS, good, evidence))
    if events:
        return Verdict(
            Status.FAIL,
            "The API server has no audit policy: its metrics count no audit event at all.",
            evidence,
        )
    return Verdict(Status.UNKNOWN, "Neither flags nor audit metrics could be read.", evidence)


def speaks_for_all(plane: ControlPlane) -> bool:
    """Whether what was seen is the evidence of every API server, and not of one of several."""
    pods = [server for server in _seen(plane) if not server.source.startswith("/")]
    return len(pods) >= (plane.replicas or 1) or plane.replicas == 1


def _of_all(plane: ControlPlane, good: Verdict) -> Verdict:
    """Return a pass where the evidence speaks for every API server, else that nobody knows."""
    if plane.managed or speaks_for_all(plane):
        return good
    how_many = "an unknown number of" if plane.replicas is None else str(plane.replicas)
    why = (
        f"One of {how_many} API servers was asked, and is well set up; the others run where their "
        "command lines cannot be seen: compare them with this one."
    )
    return Verdict(Status.UNKNOWN, why, good.evidence)


def _records(flags: Mapping[str, str]) -> bool:
    """Whether there is a policy, and somewhere to send events to: each alone records nothing."""
    policy, *sinks = (flags.get(flag) for flag in AUDIT_FLAGS)
    return bool(policy) and any(sinks)


def _seen(plane: ControlPlane) -> tuple[ApiServerFlags, ...]:
    """Return the API servers whose command line was seen; one without any flag was not."""
    return tuple(server for server in plane.servers if server.flags)


def _flags(plane: ControlPlane, names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    return {
        server.source: {name: server.flags.get(name, "") for name in names}
        for server in _seen(plane)
    }


def _some(sources: list[str], plane: ControlPlane) -> str:
    """Begin a sentence about these API servers, out of all that were seen."""
    # What answers /flagz is one of the static pods, where there are any: no server of its own.
    named = [source for source in sources if not source.startswith("/")] or sources
    who = ", ".join(named[:_NAMED]) + (" and others" if len(named) > _NAMED else "")
    who = who[0].upper() + who[1:]
    verb = "runs" if len(named) == 1 else "run"
    every = len(sources) == len(_seen(plane))
    return f"{who} {verb}" if every else f"{who}, unlike the other API servers, {verb}"


def _minor(inventory: Inventory) -> tuple[int, int]:
    """Return the server's version as numbers; zeros where it is not known."""
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})", inventory.source.server_version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
