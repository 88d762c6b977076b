"""The narrow API: the few things k8sharden does with a cluster, each by its name.

Source: the Kubernetes API conventions (verbs, dry run, preconditions, field managers, paging).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import msgspec

from k8sharden import errors
from k8sharden.cluster import gojson
from k8sharden.cluster.transport import JSON, JSON_PATCH, Request, Response, Transport
from k8sharden.model.change import AccessReview
from k8sharden.model.decoding import decode
from k8sharden.model.kinds import ResourceType, type_of
from k8sharden.model.meta import FIELD_MANAGER
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

PAGE = 500

_ERRORS: dict[int, type[errors.ApiError]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Expired,
    422: errors.Invalid,
}


class Written(msgspec.Struct, frozen=True):
    """The object as the server has it after a write, and the warnings it gave."""

    object: dict[str, Any]
    warnings: tuple[str, ...] = ()


class Access(msgspec.Struct, frozen=True):
    """The answer of an access review; ``reason`` names the binding that allows."""

    allowed: bool
    reason: str = ""


class Api:
    """A client of one API server, over any transport.

    With ``read_only`` every request that could change something is refused here, at the one place
    that all of them pass.
    """

    def __init__(self, transport: Transport, *, read_only: bool = False) -> None:
        self.transport = transport
        self.read_only = read_only

    @property
    def server(self) -> str:
        """The server's address, for messages."""
        return self.transport.server

    @property
    def fingerprint(self) -> str:
        """What tells this cluster from others where nothing of it may be read."""
        return self.transport.fingerprint

    def get(self, ref: Ref) -> dict[str, Any]:
        """Return the whole object. Raises `NotFound`, `Forbidden` or another `ApiError`."""
        path = type_of(ref).path(ref.namespace, ref.name)
        return _object(self._send(Request("GET", path)))

    def pages(
        self,
        kind: ResourceType,
        namespace: str = "",
        *,
        accept: str = JSON,
        limit: int = PAGE,
        selectors: Mapping[str, str] | None = None,
    ) -> Iterator[bytes]:
        """Yield the raw pages of a list, of one namespace or of all.

        ``selectors`` are ``labelSelector`` and ``fieldSelector``. A list that expires half-way is
        begun anew by the caller: `Expired` is raised.
        """
        asked = {"limit": str(limit), **(selectors or {})}
        query = asked
        while True:
            response = self._send(Request("GET", kind.path(namespace), query, accept=accept))
            yield response.body
            token = _continue_token(response.body)
            if not token:
                return
            query = asked | {"continue": token}

    def raw(self, path: str, *, accept: str = JSON, timeout: float = 30.0) -> bytes:
        """Return the body of a GET, for paths such as ``/metrics`` that hold no objects."""
        return self._send(Request("GET", path, accept=accept), timeout=timeout).body

    def create(self, manifest: dict[str, Any], ref: Ref, *, dry_run: bool = False) -> Written:
        """POST a new object. Raises `Conflict` where one of that name exists."""
        path = type_of(ref).path(ref.namespace)
        body = _json(manifest)
        return self._write(Request("POST", path, _query(dry_run=dry_run), body, dry=dry_run))

    def patch(
        self, ref: Ref, operations: list[dict[str, Any]], *, dry_run: bool = False
    ) -> Written:
        """Send a JSON Patch. A failed ``test`` comes as `Invalid`: re-read to tell drift."""
        path = type_of(ref).path(ref.namespace, ref.name)
        query = _query(dry_run=dry_run)
        body = gojson.encode(operations)
        return self._write(Request("PATCH", path, query, body, JSON_PATCH, dry=dry_run))

    def delete(
        self, ref: Ref, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> Written:
        """DELETE exactly this object at exactly this version, leaving its dependents.

        Raises `Conflict` where it is another object, or has changed.
        """
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Orphan",
            "preconditions": {"uid": uid, "resourceVersion": resource_version},
        }
        if dry_run:
            options["dryRun"] = ["All"]
        path = type_of(ref).path(ref.namespace, ref.name)
        return self._write(Request("DELETE", path, body=_json(options), dry=dry_run))

    def can_i(self, verb: str, kind: ResourceType, namespace: str = "", name: str = "") -> Access:
        """Ask whether we may do this (SelfSubjectAccessReview, which writes nothing)."""
        attributes = {
            "verb": verb,
            "group": kind.group,
            "resource": kind.plural,
            "namespace": namespace,
            "name": name,
        }
        return self._review("selfsubjectaccessreviews", {"resourceAttributes": attributes})

    def may(self, user: str, groups: tuple[str, ...], attributes: dict[str, str]) -> Access:
        """Ask whether somebody may do this (SubjectAccessReview, which writes nothing)."""
        spec = {"user": user, "groups": list(groups), "resourceAttributes": attributes}
        return self._review("subjectaccessreviews", spec)

    def ask(self, question: AccessReview) -> Access:
        """Ask one question of a change about somebody's right (SubjectAccessReview)."""
        spec: dict[str, Any] = {"user": question.user, "groups": list(question.groups)}
        if question.path:
            spec["nonResourceAttributes"] = {"verb": question.verb, "path": question.path}
        else:
            resource, _, subresource = question.resource.partition("/")
            spec["resourceAttributes"] = {
                "verb": question.verb,
                "group": question.group,
                "resource": resource,
                "subresource": subresource,
                "namespace": question.namespace,
                "name": question.name,
            }
        return self._review("subjectaccessreviews", spec)

    def version(self) -> str:
        """Return the server's version, ``v1.36.2``."""
        return str(_object(self._send(Request("GET", "/version"))).get("gitVersion", ""))

    def _review(self, plural: str, spec: dict[str, Any]) -> Access:
        path = f"/apis/authorization.k8s.io/v1/{plural}"
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": _REVIEWS[plural], "spec": spec}
        request = Request("POST", path, body=_json(body), dry=True)
        status = _object(self._send(request)).get("status") or {}
        return Access(bool(status.get("allowed")), one_line(str(status.get("reason", ""))))

    def _write(self, request: Request) -> Written:
        if self.read_only:
            raise errors.Refused(
                f"Read-only: {request.method} {request.path} was not sent. "
                "Start without --read-only to change the cluster."
            )
        response = self._send(request)
        return Written(_object(response), response.warnings)

    def _send(self, request: Request, *, timeout: float = 30.0) -> Response:
        response = self.transport.send(request, timeout=timeout)
        if response.status >= 400:  # noqa: PLR2004 - where HTTP's errors begin
            _raise(response, request)
        return response


_REVIEWS = {
    "selfsubjectaccessreviews": "SelfSubjectAccessReview",
    "subjectaccessreviews": "SubjectAccessReview",
}


class _ListMeta(msgspec.Struct, rename={"token": "continue"}):
    token: str | None = None


class _ListHead(msgspec.Struct):
    metadata: _ListMeta | None = None


def _continue_token(page: bytes) -> str:
    """Return a page's continue token, without decoding its items."""
    try:
        head = decode(page, _ListHead)
    except msgspec.MsgspecError as error:
        raise errors.ClusterUnavailable(
            "The server's answer is no list: is this address an API server?"
        ) from error
    return (head.metadata.token or "") if head.metadata else ""


def _query(*, dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
    return query | {"dryRun": "All"} if dry_run else query


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _object(response: Response) -> dict[str, Any]:
    try:
        value = json.loads(response.body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise errors.ClusterUnavailable(
            "The server's answer is no JSON object: is this address an API server?"
        )
    return value


def _raise(response: Response, request: Request) -> NoReturn:
    """Turn a `Status` answer into the error of its kind; the sentence is the server's, bounded."""
    try:
        status = json.loads(response.body[:100_000])
    except ValueError:
        status = {}
    if not isinstance(status, dict):
        status = {}
    # RBAC's refusal to grant lists what is missing line by line.
    said = str(status.get("message") or f"HTTP {response.status}").replace("\n", " ")
    message = one_line(said, 600)
    raise _ERRORS.get(response.status, errors.ApiError)(
        f"{request.method} {request.path}: {message}",
        status=response.status,
        reason=str(status.get("reason", "")),
    )
