"""A cluster on which nobody has worked yet: nothing that people would have to mend."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from k8sharden.analysis.assess import assess
from k8sharden.analysis.rbac.paths import Scope, worst_paths
from k8sharden.cluster.connect import connect
from k8sharden.model.finding import Finding, Severity, Status
from remediations import rbac
from tests.cluster.fakes import scan
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

KUBEADM = (Path(__file__).parent / "kubeadm.yaml").read_text("utf-8")


@pytest.fixture(scope="module", params=[False, True], ids=["api-server", "controller-manager"])
def fresh(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlPlane]:
    """A new cluster: an API server alone, or with the controllers' accounts as well."""
    folder = tmp_path_factory.mktemp("fresh")
    with started(lambda: ControlPlane(folder, controllers=request.param)) as running:
        yield running


def found(server: ControlPlane) -> list[Finding]:
    """Return what all items of RBAC find."""
    inventory = scan(connect(kubeconfig=server.kubeconfig()).transport)
    return list(assess(rbac.ITEMS, inventory).findings)


def test_nothing_is_found_outside_the_clusters_own_parts(fresh: ControlPlane) -> None:
    """Its own roles and bindings are shown in their bucket, and nothing stays unknown."""
    findings = found(fresh)
    assert [(each.check, each.resource.label) for each in findings if each.counts] == []
    assert all(each.status is Status.FAIL for each in findings)
    # They were looked at: the garbage collector may patch every pod.
    assert any(each.system for each in findings)


def test_nobody_but_the_clusters_own_parts_has_an_escalation_path(fresh: ControlPlane) -> None:
    """What everybody may do leads nowhere; the cluster's own parts get to everything, as meant."""
    inventory = scan(connect(kubeconfig=fresh.kubeconfig()).transport)
    assert worst_paths(inventory) == ()
    own = {path.start: path for path in worst_paths(inventory, system=True)}
    assert own["User system:kube-controller-manager"].reach.scope is Scope.CLUSTER
    assert "Group system:authenticated" not in own


def test_kubeadm_adds_nothing_but_its_way_in_for_emergencies(fresh: ControlPlane) -> None:
    """What joining nodes and the addons hold is the cluster's own; its admins are named, low."""
    fresh.kubectl("apply", "-f", "-", input=KUBEADM)
    counted = [each for each in found(fresh) if each.counts]
    assert [(each.check, each.resource.name, each.severity) for each in counted] == [
        ("rbac-cluster-admin", "kubeadm:cluster-admins", Severity.LOW)
    ]
