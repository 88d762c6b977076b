"""Makes events of what GKE writes to Cloud Logging: one entry per request, in Google's own words.

Source: Google Cloud, GKE audit logging information, and the reference of LogEntry and AuditLog.
``methodName`` is ``io.k8s.GROUP.VERSION.RESOURCE[.SUBRESOURCE].VERB``, ``resourceName`` is
``GROUP/VERSION/[namespaces/NAMESPACE/]RESOURCE/NAME[/SUBRESOURCE]`` with ``core`` for the core
group; the label ``authorization.k8s.io/decision`` and ``authorizationInfo[].granted`` say what was
decided; ``status.code`` is one of google.rpc.Code. That was checked against entries that others
have published, not against a cluster. No groups, no uids: an entry has none. How impersonation and
URLs that are no resources look there is not known: such entries count as foreign.
"""

import re

import msgspec

from k8sharden.evidence.event import Annotations, Event, ObjectRef, Status, User
from k8sharden.model.decoding import decode

_VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d+)?")
_CODES = {0: 200, 5: 404, 6: 409, 7: 403, 10: 409, 16: 401}
"""google.rpc.Code and the HTTP status that it stands for, as far as it matters here."""


class _Principal(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    principal_email: str | None = None


class _Authorization(msgspec.Struct, frozen=True, gc=False):
    granted: bool | None = None


class _Payload(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    method_name: str | None = None
    resource_name: str | None = None
    authentication_info: _Principal | None = None
    authorization_info: list[_Authorization] | None = None
    status: Status | None = None


class _Operation(msgspec.Struct, frozen=True, gc=False):
    """What was long comes twice: its first entry is not its last."""

    first: bool | None = None
    last: bool | None = None


class _Resource(msgspec.Struct, frozen=True, gc=False):
    labels: dict[str, str] | None = None


class _Entry(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    proto_payload: _Payload
    labels: Annotations | None = None
    operation: _Operation | None = None
    resource: _Resource | None = None
    timestamp: str | None = None


def event(value: bytes) -> tuple[Event | None, str]:
    """Return the event that an entry stands for, and the cluster's name.

    None for an entry about something else. Raises msgspec.MsgspecError for what is no entry.
    """
    entry = decode(value, _Entry)
    payload = entry.proto_payload
    about = _about(payload.method_name or "", payload.resource_name or "")
    labels = (entry.resource.labels if entry.resource else None) or {}
    cluster = labels.get("cluster_name", "")
    if about is None:
        return None, cluster
    who = payload.authentication_info
    return Event(
        stage="ResponseStarted" if _open(entry.operation) else "ResponseComplete",
        verb=(payload.method_name or "").rpartition(".")[2],
        user=User(who.principal_email if who else None),
        object_ref=about,
        response_status=Status(_code(payload.status)),
        annotations=Annotations(_decision(entry)),
        stage_timestamp=entry.timestamp,
    ), cluster


def _open(operation: _Operation | None) -> bool:
    return bool(operation and operation.first and not operation.last)


def _code(status: Status | None) -> int:
    return _CODES.get((status.code if status else 0) or 0, 400)


def _decision(entry: _Entry) -> str | None:
    """Return what was decided; where nothing says so, the status is left to tell."""
    if entry.labels and entry.labels.decision:
        return entry.labels.decision
    granted = [each.granted for each in entry.proto_payload.authorization_info or ()]
    return "allow" if granted and all(granted) else None


def _about(method: str, name: str) -> ObjectRef | None:
    """Return the object that is meant; None for a method of something else, or an odd name."""
    words = method.split(".")
    version = next((at for at, word in enumerate(words) if _VERSION.fullmatch(word)), 0)
    kind = words[version + 1 : -1]
    parts = name.split("/")
    if words[:2] != ["io", "k8s"] or not version or not kind or len(parts) <= len(["group", "v1"]):
        return None
    group, _, *rest = parts
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and kind[0] != "namespaces":  # noqa: PLR2004 - namespaces/NAME/RESOURCE
        namespace, rest = rest[1], rest[2:]
    elif kind[0] == "namespaces":
        namespace = rest[1] if len(rest) > 1 else ""
    return ObjectRef(
        resource=kind[0],
        subresource="/".join(kind[1:]),
        namespace=namespace,
        name=rest[1] if len(rest) > 1 else "",
        group="" if group == "core" else group,
    )
