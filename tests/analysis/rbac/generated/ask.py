"""Load sets of roles and bindings into a cluster, and ask its authorizer."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from k8sharden.analysis.selectors import chooses
from k8sharden.cluster.transport import Request, Transport
from k8sharden.model import kinds
from tests.analysis.rbac.generated.questions import Question
from tests.analysis.rbac.generated.sets import GROUP

Json = dict[str, Any]

REVIEW = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
CONNECTIONS = 4
SETTLED_SECONDS = 60.0
POLL_SECONDS = 0.05


def load(cluster: Transport, objects: Iterable[Json]) -> None:
    """Create objects in order."""
    for value in objects:
        kind = kinds.BY_KIND[value["apiVersion"], value["kind"]]
        _post(cluster, kind.path(value["metadata"].get("namespace", "")), value)


def ask(cluster: Transport, questions: Sequence[Question]) -> list[bool]:
    """Return what the authorizer says to each question."""
    with ThreadPoolExecutor(CONNECTIONS) as workers:
        return list(workers.map(lambda question: _allowed(cluster, question.review), questions))


def settle(cluster: Transport, sentinel: str) -> None:
    """Wait until aggregated roles are filled and the authorizer has seen all that was written.

    It watches four types, each in the order of its writes: what is written last is seen last.
    """
    until(lambda: _is_filled(cluster), "aggregated roles hold what they are filled from")
    rule = {"verbs": ["get"], "apiGroups": [sentinel], "resources": ["sentinels"]}
    for scope, space in (("ClusterRole", ""), ("Role", "default")):
        metadata = {"name": sentinel, **({"namespace": space} if space else {})}
        user = f"{sentinel}-{scope}"
        binding: Json = {
            "roleRef": {"apiGroup": GROUP, "kind": scope, "name": sentinel},
            "subjects": [{"kind": "User", "name": user, "apiGroup": GROUP}],
        }
        api = {"apiVersion": f"{GROUP}/v1", "metadata": metadata}
        load(
            cluster,
            [
                {**api, "kind": scope, "rules": [rule]},
                {**api, **binding, "kind": f"{scope}Binding"},
            ],
        )
        asked = {"verb": "get", "group": sentinel, "resource": "sentinels", "namespace": space}
        review = {"spec": {"user": user, "resourceAttributes": asked}}
        until(lambda review=review: _allowed(cluster, review), f"{user} is allowed")  # type: ignore[misc]


def _is_filled(cluster: Transport) -> bool:
    """Whether each aggregated role holds what those that it selects hold, if that is anything."""
    body = cluster.send(Request("GET", kinds.CLUSTER_ROLES.path())).body
    roles: list[Json] = json.loads(body)["items"]
    gathered = {
        role["metadata"]["name"]: _rules(_selected(role, roles))
        for role in roles
        if "aggregationRule" in role
    }
    return all(
        gathered.get(role["metadata"]["name"]) in (None, set(), _rules([role])) for role in roles
    )


def _selected(role: Json, roles: Iterable[Json]) -> list[Json]:
    selectors = role["aggregationRule"]["clusterRoleSelectors"]
    return [
        other
        for other in roles
        if other is not role
        and any(chooses(each, other["metadata"].get("labels") or {}) for each in selectors)
    ]


def _rules(roles: Iterable[Json]) -> set[str]:
    return {json.dumps(rule, sort_keys=True) for role in roles for rule in role.get("rules") or ()}


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait, by the clock, until something holds."""
    deadline = time.monotonic() + SETTLED_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"it is still not so that {what}"
        time.sleep(POLL_SECONDS)


def _allowed(cluster: Transport, review: Json) -> bool:
    answer = _post(cluster, REVIEW, review)
    assert not answer["status"].get("evaluationError", "").startswith("internal"), answer
    return bool(answer["status"].get("allowed"))


def _post(cluster: Transport, path: str, body: Json) -> Json:
    answer = cluster.send(Request("POST", path, body=json.dumps(body).encode()))
    assert answer.status == 201, answer.body
    decoded: Json = json.loads(answer.body)
    return decoded
