"""The training cluster answers as the cluster in memory, and so as a real server, to every case.

It has controllers, which the API servers of the other tests have not: what they write in between
is left out on both sides.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from k8sharden.cluster.training import training_cluster
from tests.contract.cases import CASES
from tests.contract.cases.steps import Case
from tests.contract.clusters import Cluster
from tests.contract.test_same_answers import told
from tests.servers.fixtures import GRANTS, USERS

REVISION = "deployment.kubernetes.io/revision"


@pytest.fixture(scope="module")
def company() -> Cluster:
    """Return the training cluster, with the users of the suite beside its own."""
    cluster = training_cluster()
    cluster.load(yaml.safe_load_all(GRANTS))
    cluster._users |= {name: tuple(groups) for name, groups in USERS.items()}
    return Cluster(cluster.transport, is_real=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_same_answer(memory_cluster: Cluster, company: Cluster, case: Case) -> None:
    """Each step of the case gets the same answer, but for what controllers report."""
    expected, found = (told(cluster, case) for cluster in (memory_cluster, company))
    assert [_written(each) for each in found] == [_written(each) for each in expected]


def _written(answer: Any) -> Any:
    """Return an answer without what controllers, the scheduler and kubelets write."""
    if isinstance(answer, tuple):
        return tuple(map(_written, answer))
    if isinstance(answer, dict) and "items" in answer:
        return answer | {"items": [_written(each) for each in answer["items"]]}
    if not isinstance(answer, dict) or "spec" not in answer:
        return answer
    value = {key: each for key, each in answer.items() if key != "status"}
    metadata = dict(value["metadata"])
    notes = {k: v for k, v in (metadata.pop("annotations", None) or {}).items() if k != REVISION}
    spec = {key: each for key, each in value["spec"].items() if key != "nodeName"}
    return value | {"metadata": metadata | ({"annotations": notes} if notes else {}), "spec": spec}
