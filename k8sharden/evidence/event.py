"""The event of an audit log: only the fields that say who asked for what, and how it was decided.

Source: kubernetes.io, kube-apiserver Audit Configuration (audit.k8s.io/v1). The v1beta1 that API
servers wrote before 1.24 has the same fields, and ``timestamp`` in its oldest form.
"""

from typing import Any

import msgspec


class User(msgspec.Struct, frozen=True, gc=False):
    """Who asked, as the API server's authenticators saw it."""

    username: str | None = None
    uid: str | None = None
    groups: list[str] | None = None


class Impersonated(msgspec.Struct, frozen=True, gc=False):
    """Whom somebody asked as; each key of ``extra`` takes a right of its own."""

    username: str | None = None
    uid: str | None = None
    groups: list[str] | None = None
    extra: dict[str, msgspec.Raw] | None = None


class ObjectRef(msgspec.Struct, frozen=True, gc=False):
    """What was asked for; of a new object the server fills in the name that it was given."""

    resource: str | None = None
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None
    group: str | None = msgspec.field(default=None, name="apiGroup")
    subresource: str | None = None


class Status(msgspec.Struct, frozen=True, gc=False):
    """How it was answered: an HTTP status."""

    code: int | None = None


class Annotations(msgspec.Struct, frozen=True, gc=False):
    """What the authorizer said: ``allow`` or ``forbid``."""

    decision: str | None = msgspec.field(default=None, name="authorization.k8s.io/decision")


class Authentication(msgspec.Struct, frozen=True, gc=False):
    """The verb by which constrained impersonation was allowed, since Kubernetes 1.35."""

    constraint: str | None = msgspec.field(default=None, name="impersonationConstraint")


class Event(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One event. Other JSON decodes as one without a stage."""

    kind: str | None = None
    level: str | None = None
    stage: str | None = None
    verb: str | None = None
    request_uri: str | None = msgspec.field(default=None, name="requestURI")
    user: User | None = None
    impersonated_user: Impersonated | None = None
    object_ref: ObjectRef | None = None
    response_status: Status | None = None
    annotations: Annotations | None = None
    authentication_metadata: Authentication | None = None
    stage_timestamp: str | None = None
    request_received_timestamp: str | None = None
    timestamp: Any = None

    @property
    def told(self) -> bool:
        """Whether it says who asked for what; a core Event of the API says neither."""
        what = self.object_ref is not None or self.request_uri
        return bool(self.stage and self.verb and self.user and what)

    @property
    def when(self) -> str:
        """The time at which the stage was reached; empty where none is told."""
        other = self.timestamp if isinstance(self.timestamp, str) else ""
        return self.stage_timestamp or self.request_received_timestamp or other
