"""What the lesson promises of ci-deployer, asked of the API server before and after."""

import pytest

from k8sharden.cluster.api import Api
from k8sharden.cluster.training import objects, training_cluster
from k8sharden.model.change import Change, Create
from k8sharden.model.kinds import DEPLOYMENTS, ROLES, SECRETS, ResourceType
from remediations.rbac.cluster_admin import ITEM
from tests.remediations import harness

PIPELINE = "system:serviceaccount:ci:pipeline"
GROUPS = ("system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated")


def may(api: Api, verb: str, kind: ResourceType, namespace: str) -> bool:
    """Ask whether the pipeline may do this."""
    about = {"verb": verb, "group": kind.group, "resource": kind.plural, "namespace": namespace}
    return api.may(PIPELINE, GROUPS, about).allowed


@pytest.fixture(scope="module")
def hardened() -> Api:
    """The training cluster after the change that answers ci-pipeline."""
    api = Api(training_cluster().transport())
    seen = harness.inventory(objects())
    finding = next(each for each in ITEM.evaluate(seen) if each.resource.name == "ci-pipeline")
    change = ITEM.remediate(finding, seen)
    assert isinstance(change, Change)
    *created, gone = change.writes
    for write in created:
        assert isinstance(write, Create)
        api.create(write.manifest, write.ref)
    metadata = api.get(gone.ref)["metadata"]
    api.delete(gone.ref, uid=metadata["uid"], resource_version=metadata["resourceVersion"])
    return api


def test_before_the_pipeline_may_do_everything() -> None:
    """The attack of the lesson works on the training cluster as it is."""
    api = Api(training_cluster().transport())
    assert may(api, "get", SECRETS, "payments")
    assert may(api, "delete", ROLES, "kube-system")


@pytest.mark.parametrize(
    ("verb", "kind", "namespace", "allowed"),
    [
        ("create", DEPLOYMENTS, "shop", True),
        ("patch", DEPLOYMENTS, "payments", True),
        ("delete", DEPLOYMENTS, "shop", False),
        ("create", DEPLOYMENTS, "kube-system", False),
        ("create", DEPLOYMENTS, "ci", False),
        ("get", SECRETS, "payments", False),
        ("list", SECRETS, "", False),
        ("create", ROLES, "shop", False),
    ],
)
def test_afterwards_it_may_roll_out_and_nothing_else(
    hardened: Api, verb: str, kind: ResourceType, namespace: str, *, allowed: bool
) -> None:
    """The right that is kept is there, and each one that was the danger is gone."""
    assert may(hardened, verb, kind, namespace) is allowed
