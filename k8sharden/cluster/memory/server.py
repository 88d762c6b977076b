"""The cluster in memory: authorization, then routing, behind one lock."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping

from k8sharden.cluster.memory import apply, decode, deletion, lists, rbac, reviews, views, writes
from k8sharden.cluster.memory.admission import Admission
from k8sharden.cluster.memory.bootstrap import bootstrap, loaded
from k8sharden.cluster.memory.failures import (
    Failure,
    forbidden,
    method_not_allowed,
    no_resource,
)
from k8sharden.cluster.memory.paths import Paths
from k8sharden.cluster.memory.requests import REVIEWS, SERVED, Attributes, Call, User
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.cluster.transport import Request, Response, Transport
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

ADMIN = "admin"
_EVERYBODY = "system:authenticated"
_ACCOUNT = "system:serviceaccount:"
_ACCOUNTS = "system:serviceaccounts"
_SERVED = ("", "status")
_Answer = tuple[int, Object]


class MemoryCluster:
    """A Kubernetes API server with its storage, as far as k8sharden needs one.

    ``objects`` are loaded as `load` does. ``version`` is what ``/version`` says, ``metrics`` the
    text of ``/metrics``, ``flags`` the command line that ``/flagz`` shows, and ``users`` the
    groups of each user beside ``admin``, who is in system:masters. ``served`` are its
    types. Safe to use from several threads. What a real cluster's controllers do a moment later to
    roles that aggregate and to what a deletion orphans happens here at once; there are no other
    controllers.
    """

    def __init__(
        self,
        objects: Iterable[Object] = (),
        *,
        version: str = "v1.36.2",
        metrics: str = "",
        flags: Mapping[str, str] | None = None,
        users: Mapping[str, tuple[str, ...]] | None = None,
        served: tuple[ResourceType, ...] = SERVED,
    ) -> None:
        self._served = served
        self._lock = threading.RLock()
        self._store = Store()
        self._filled: set[str] = set()
        self._users = {ADMIN: (rbac.MASTERS,), **(users or {})}
        self._metrics = metrics
        self._flags = flags
        self._paths = Paths(version, self.metrics, self.flags)
        self._admission = Admission(
            self._store,
            int(version.split(".")[1]),
            # Off by default in the server, and on in every cluster that an installer makes.
            allow_privileged=(flags or {}).get("allow-privileged", "true") == "true",
        )
        self.load(bootstrap())
        self.load(objects)

    def load(self, objects: Iterable[Object]) -> None:
        """Put objects in as they are, status and owners included; only defaults are filled in.

        Raises ValueError for a kind that is not served, or a field of another type.
        """
        with self._lock:
            for each in objects:
                kind, value = loaded(each, self._served)
                self._store.put(kind, value)
            self._aggregate()

    def objects(self) -> tuple[Object, ...]:
        """Return a copy of every stored object."""
        with self._lock:
            self._settle()
            return tuple(json.loads(json.dumps(each)) for each in self._store.all())

    def compact(self) -> None:
        """Forget the past, so that the pages of lists begun before have expired."""
        with self._lock:
            self._store.forget()

    def transport(self, user: str = ADMIN) -> Transport:
        """Return a transport whose requests are this user's.

        Every service account's name has its groups. Raises KeyError for a stranger.
        """
        groups = _groups_of(user) or self._users[user]
        return _MemoryTransport(self, User(user, (*groups, _EVERYBODY)))

    def metrics(self) -> str:
        """Return the text of ``/metrics``."""
        return self._metrics

    def flags(self) -> Mapping[str, str] | None:
        """Return the command line that ``/flagz`` shows; None where it is not served."""
        return self._flags

    def answer(self, request: Request, user: User) -> Response:
        """Answer one request."""
        with self._lock:
            self._settle()
            call = Call(request, user, self._served)
            try:
                status, body = self._handle(call)
            except Failure as failure:
                status, body = failure.code, failure.body()
            self._answered(call, status)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(status, text, tuple(dict.fromkeys(call.warnings)))

    def _settle(self) -> None:
        """Let a cluster that has controllers do what is due."""

    def _answered(self, call: Call, status: int) -> None:
        """Let a cluster that keeps an audit log write this request down."""

    def _handle(self, call: Call) -> tuple[int, Object | bytes]:
        self._authorize(call, call.attributes)
        if call.attributes.path:
            return self._paths.answer(call)
        if call.attributes.subresource not in _SERVED:
            raise no_resource()
        kind = call.kind
        status, value = self._act(call)
        if kind is kinds.CLUSTER_ROLES and call.request.method != "GET" and not call.dry_run():
            self._aggregate()
        return status, value

    def _authorize(self, call: Call, about: Attributes) -> None:
        decision = rbac.decide(self._store, call.user, about)
        if decision.allowed:
            return
        who = f'User "{call.user.name}" cannot {about.verb}'
        reason = f": {decision.reason}" if decision.reason else ""
        if about.path:
            message = f'forbidden: {who} path "{about.path}"{reason}'
            raise Failure(403, "Forbidden", message, {})
        scope = (
            f'in the namespace "{about.namespace}"' if about.namespace else "at the cluster scope"
        )
        why = f'{who} resource "{about.words}" in API group "{about.group}" {scope}{reason}'
        raise forbidden(ResourceType(about.group, "", about.resource, ""), about.name, why)

    def _act(self, call: Call) -> _Answer:
        if call.kind in REVIEWS:
            return self._review(call)
        action = _ACTIONS.get(call.attributes.verb)
        if action is None:
            raise method_not_allowed()
        return action(self, call)

    def _review(self, call: Call) -> _Answer:
        if call.attributes.verb != "create":
            raise method_not_allowed()
        return 201, reviews.review(self._store, call, decode.body_object(call))

    def _get(self, call: Call) -> _Answer:
        return 200, views.one(call, self._store.get(call.kind, call.namespace, call.name))

    def _list(self, call: Call) -> _Answer:
        return 200, views.many(call, *lists.page(self._store, call))

    def _create(self, call: Call) -> _Answer:
        if call.attributes.name:
            raise method_not_allowed()
        return 201, views.one(call, writes.create(self._store, self._admission, call))

    def _update(self, call: Call) -> _Answer:
        return 200, views.one(call, writes.update(self._store, self._admission, call))

    def _patch(self, call: Call) -> _Answer:
        if not call.request.content_type.startswith(decode.APPLY_PATCH):
            return 200, views.one(call, writes.patch(self._store, self._admission, call))
        if self._store.find(call.kind, call.namespace, call.name) is None:
            about = call.attributes
            self._authorize(call, Attributes("create", about.group, about.version, about.resource,
                                             "", about.namespace, about.name))  # fmt: skip
        status, value = apply.apply(self._store, self._admission, call)
        return status, views.one(call, value)

    def _delete(self, call: Call) -> _Answer:
        value = deletion.delete(self._store, call)
        return 200, value if value["kind"] == "Status" else views.one(call, value)

    def _aggregate(self) -> None:
        """Fill the ClusterRoles that gather the rules of others, which may gather as well."""
        # Roles that gather from each other in a ring may never come to rest.
        for _ in list(self._store.of(kinds.CLUSTER_ROLES)):
            changed = False
            for role in self._store.of(kinds.CLUSTER_ROLES):
                rules, uid = rbac.aggregated(self._store, role), role["metadata"]["uid"]
                # What somebody else wrote into a role stays where there is nothing to fill it with.
                if rules is None or not (rules or uid in self._filled):
                    continue
                self._filled.add(uid)
                if rules != (role.get("rules") or []):
                    self._store.put(kinds.CLUSTER_ROLES, role | {"rules": rules or None})
                    changed = True
            if not changed:
                return


def _groups_of(user: str) -> tuple[str, ...]:
    """Return the groups of a service account by its user name, none where it is no such name."""
    namespace, _, name = user.removeprefix(_ACCOUNT).partition(":")
    known = user.startswith(_ACCOUNT) and namespace and name
    return (_ACCOUNTS, f"{_ACCOUNTS}:{namespace}") if known else ()


_ACTIONS: dict[str, Callable[[MemoryCluster, Call], _Answer]] = {
    "get": MemoryCluster._get,  # noqa: SLF001 - a table of its own methods
    "list": MemoryCluster._list,  # noqa: SLF001 - the same
    "create": MemoryCluster._create,  # noqa: SLF001 - the same
    "update": MemoryCluster._update,  # noqa: SLF001 - the same
    "patch": MemoryCluster._patch,  # noqa: SLF001 - the same
    "delete": MemoryCluster._delete,  # noqa: SLF001 - the same
}


class _MemoryTransport:
    """One user's way to a cluster in memory."""

    def __init__(self, cluster: MemoryCluster, user: User) -> None:
        self._cluster = cluster
        self._user = user

    @property
    def server(self) -> str:
        """The address, for messages."""
        return "memory"

    @property
    def fingerprint(self) -> str:
        """The same for every cluster in memory: its `kube-system` can always be read."""
        return "memory"

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:  # noqa: ARG002 - at once
        """Answer at once."""
        return self._cluster.answer(request, self._user)
