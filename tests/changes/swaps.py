"""A binding that allows everything, its swap for one that allows little, and odd authorizers."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.transport import Request, Response, Transport
from k8sharden.model import kinds
from k8sharden.model.change import AccessReview, Change, ChangeKind, Create, Delete, Risk

RBAC = "rbac.authorization.k8s.io"
USER = "system:serviceaccount:ci:pipeline"
GROUPS = ("system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated")

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ci"}}
SUBJECT = {"kind": "ServiceAccount", "name": "pipeline", "namespace": "ci"}
OLD = kinds.CLUSTER_ROLE_BINDINGS.ref("", "pipeline")
ROLE = kinds.ROLES.ref("ci", "pipeline-least")
NEW = kinds.ROLE_BINDINGS.ref("ci", "pipeline-least")

OLD_OBJECT: dict[str, Any] = {
    "apiVersion": OLD.api_version,
    "kind": OLD.kind,
    "metadata": {"name": OLD.name, "labels": {"team": "ci"}},
    "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [SUBJECT],
}
ROLE_OBJECT: dict[str, Any] = {
    "apiVersion": ROLE.api_version,
    "kind": ROLE.kind,
    "metadata": {"name": ROLE.name, "namespace": "ci"},
    "rules": [
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get"]},
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["web"],
            "verbs": ["get"],
        },
    ],
}
NEW_OBJECT: dict[str, Any] = {
    "apiVersion": NEW.api_version,
    "kind": NEW.kind,
    "metadata": {"name": NEW.name, "namespace": "ci"},
    "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": ROLE.name},
    "subjects": [SUBJECT],
}
WRITES = (Create(ROLE, ROLE_OBJECT), Create(NEW, NEW_OBJECT), Delete(OLD))


def right(verb: str, resource: str, name: str = "", *, allowed: bool) -> AccessReview:
    """Return a question about a right of the pipeline in its namespace."""
    return AccessReview(
        USER, GROUPS, verb, resource=resource, namespace="ci", name=name, allowed=allowed
    )


KEPT = (
    right("get", "pods", allowed=True),
    right("get", "pods/log", "web-0", allowed=True),
    right("get", "configmaps", "web", allowed=True),
)
GONE = (
    right("get", "configmaps", "other", allowed=False),
    right("get", "secrets", allowed=False),
    AccessReview(USER, GROUPS, "get", path="/metrics"),
)


def swap(*reviews: AccessReview) -> Change:
    """Return the swap, with its own questions or others."""
    asked = reviews or (*KEPT, *GONE)
    return Change(ChangeKind.GROUP, "Swap it", Risk.ACCESS, WRITES, reviews=asked)


class Authorizer:
    """A cluster whose authorizer is behind, or says what a test wants.

    It knows the cluster as it was until ``behind`` questions were asked since a write. Where there
    are ``several``, they answer in turn, and only the last one is behind. ``says`` overrules an
    answer; None leaves it.
    """

    def __init__(self, cluster: MemoryCluster) -> None:
        self.cluster = cluster
        self.behind = 0
        self.several = 1
        self.asked: list[str] = []
        self.says: Callable[[str], bool | None] = lambda _: None
        self._inner = cluster.transport()
        self._known: Transport | None = None
        self._left = 0
        self.server, self.fingerprint = "memory", "memory"

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Answer a question as the authorizer, and pass on everything else."""
        if request.path.endswith("/subjectaccessreviews"):
            return self._answer(request, timeout)
        if request.method != "GET" and not request.dry and self.behind:
            before = self._known or MemoryCluster(self.cluster.objects()).transport()
            self._known, self._left = before, self.behind
        return self._inner.send(request, timeout=timeout)

    def _answer(self, request: Request, timeout: float) -> Response:
        spec = json.loads(request.body)["spec"]
        about = spec.get("resourceAttributes") or spec["nonResourceAttributes"]
        told = about.get("resource") or about["path"]
        self.asked.append(told)
        late = len(self.asked) % self.several == 0
        if self._left:
            self._left -= late
        else:
            self._known = None
        line = self._known if self._known and late else self._inner
        answer = line.send(request, timeout=timeout)
        said = self.says(told)
        if said is None:
            return answer
        body = json.loads(answer.body) | {"status": {"allowed": said}}
        return msgspec.structs.replace(answer, body=json.dumps(body).encode())
