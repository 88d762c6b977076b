"""Requests to which both clusters give the same answer, to the letter of the sentence."""

from __future__ import annotations

import copy
import json
import re
import time
from typing import Any

import pytest

from tests.contract.cases import CASES
from tests.contract.cases.steps import RBAC, Case
from tests.contract.clusters import Cluster, plain

pytestmark = pytest.mark.real
WATCHED_SECONDS = 0.1  # until the server's authorizer has seen what was granted
_VOLATILE = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    r"|test-\d+|contract-\d+|10\.\d+\.\d+\.\d+"
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_same_answer(both: tuple[Cluster, Cluster], case: Case) -> None:
    """The cluster in memory answers each step of the case as the real server does."""
    memory, real = (told(cluster, case) for cluster in both)
    assert memory == real


def told(cluster: Cluster, case: Case) -> list[Any]:
    """What a cluster answers to the steps of a case, without what differs from run to run."""
    namespace = cluster.namespace(**case.labels)
    answers: list[Any] = []
    for step in case.steps:
        if cluster.is_real and any(RBAC in before.path for before in case.steps):
            time.sleep(WATCHED_SECONDS)
        path = step.path.replace("{ns}", namespace)
        body = json.loads(json.dumps(step.body).replace("{ns}", namespace))
        answer = cluster.send(
            step.method,
            path,
            body,
            content_type=step.content_type,
            accept=step.accept,
            user=step.user,
            **step.query,
        )
        if not case.sentences and answer.status >= 400:
            answers.append((answer.status, answer.reason))
        else:
            answers.append((answer.status, steady(answer.body), steady(answer.warnings)))
    return answers


def steady(value: Any) -> Any:
    """A body without bookkeeping, and with what is random replaced."""
    value = copy.deepcopy(value)
    if isinstance(value, dict) and value.get("kind", "").endswith("List"):
        value = value | {"metadata": {}, "items": [plain(each) for each in value["items"]]}
    elif isinstance(value, dict) and "metadata" in value:
        value = plain(value)
    for rules in ("resourceRules", "nonResourceRules"):
        # The real server knows no order of bindings.
        if isinstance(value, dict) and rules in value.get("status", {}):
            value["status"][rules].sort(key=lambda rule: json.dumps(rule, sort_keys=True))
    if isinstance(value, dict) and "causes" in (value.get("details") or {}):
        # The real server checks metadata up to four times over and repeats what it finds.
        causes = value["details"]["causes"]
        value["details"]["causes"] = [c for n, c in enumerate(causes) if c not in causes[:n]]
    return json.loads(_VOLATILE.sub("-", json.dumps(value)))
