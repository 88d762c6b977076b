"""What a request is about: read from its path, as the API server reads it for authorization.

Source: k8s.io/apiserver, pkg/endpoints/request/requestinfo.go, v1.36.
"""

from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from k8sharden.cluster.memory.failures import Failure, cause, invalid, no_resource
from k8sharden.cluster.transport import Request
from k8sharden.model.kinds import BUILT_IN, EVENTS, ResourceType

_AUTHORIZATION = "authorization.k8s.io"
REVIEWS = tuple(
    ResourceType(_AUTHORIZATION, "v1", f"{kind.lower()}s", kind, namespaced=False)
    for kind in ("SelfSubjectAccessReview", "SubjectAccessReview", "SelfSubjectRulesReview")
)
SERVED = (*BUILT_IN, EVENTS)
"""What the cluster in memory serves where nobody says otherwise."""

_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_ON_COLLECTIONS = {"get": "list", "delete": "deletecollection"}
_GROUPED = 3
_CORE = 2


class User(msgspec.Struct, frozen=True):
    """Who asks."""

    name: str
    groups: tuple[str, ...]


class Attributes(msgspec.Struct, frozen=True):
    """What authorization decides on: a verb on a resource, or on a ``path`` that is none."""

    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def words(self) -> str:
        """The resource with its subresource, as rules write it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


class Call:
    """One request on its way through the server; ``warnings`` gather on it."""

    def __init__(
        self, request: Request, user: User, served: tuple[ResourceType, ...] = SERVED
    ) -> None:
        self.request = request
        self.user = user
        self.served = served
        self.attributes = attributes(request)
        self.warnings: list[str] = []

    @property
    def query(self) -> Mapping[str, str]:
        """The query, unquoted."""
        return self.request.query

    @property
    def kind(self) -> ResourceType:
        """The resource type. Raises the 404 of one that is not served."""
        about = self.attributes
        wanted = (about.group, about.version, about.resource)
        found = next((kind for kind in (*self.served, *REVIEWS) if _words(kind) == wanted), None)
        # The path of a namespaced type names a namespace for everything but lists.
        if found is None or (about.verb not in ("list", "watch") and self._misplaced(found)):
            raise no_resource()
        return found

    def _misplaced(self, kind: ResourceType) -> bool:
        return kind.namespaced and not self.attributes.namespace

    @property
    def namespace(self) -> str:
        """The namespace that the objects are in; empty for cluster-scoped types."""
        return self.attributes.namespace if self.kind.namespaced else ""

    @property
    def name(self) -> str:
        """The object's name."""
        return self.attributes.name

    def dry_run(self, chosen: object = None) -> bool:
        """Whether nothing is to be kept; DeleteOptions of a body come as ``chosen``."""
        value = chosen if chosen is not None else [self.query.get("dryRun") or "All"]
        if value not in ([], ["All"]):
            raise _unsupported_dry_run(self.request.method, value)
        return value == ["All"] if chosen is not None else "dryRun" in self.query

    @property
    def manager(self) -> str:
        """The field manager, which without a word of the client is its user agent."""
        return self.query.get("fieldManager") or "memory"

    @property
    def strictness(self) -> str:
        """What is done with unknown fields: ``Strict``, ``Warn`` or ``Ignore``."""
        return self.query.get("fieldValidation") or "Warn"


def _words(kind: ResourceType) -> tuple[str, str, str]:
    return kind.group, kind.version, kind.plural


def _unsupported_dry_run(method: str, value: object) -> Failure:
    options = {"POST": "CreateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}
    word = options.get(method, "UpdateOptions")
    shown = msgspec.json.encode(value).decode()
    text = f'Unsupported value: {shown}: supported values: "All"'
    kind = ResourceType("meta.k8s.io", "v1", "", word)
    return invalid(kind, "", [cause("FieldValueNotSupported", "dryRun", text)])


def attributes(request: Request) -> Attributes:
    """Read what a request is about from its method and path."""
    verb = _VERBS.get(request.method, request.method.lower())
    parts = [unquote(part) for part in request.path.strip("/").split("/")]
    if parts[0] == "api" and len(parts) > _CORE:
        return _resource(verb, "", parts[1], parts[2:])
    if parts[0] == "apis" and len(parts) > _GROUPED:
        return _resource(verb, parts[1], parts[2], parts[3:])
    return Attributes(verb, path=request.path)


def _resource(verb: str, group: str, version: str, rest: list[str]) -> Attributes:
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > _CORE and rest[2] not in ("status", "finalize"):
            rest = rest[2:]
    resource, name, subresource = [*rest, "", ""][:3]
    verb = verb if name else _ON_COLLECTIONS.get(verb, verb)
    return Attributes(verb, group, version, resource, subresource, namespace, name)
