"""Which controls a template does not meet, and the findings made of it."""

from k8sharden.analysis.containers import Defect
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import host_namespaces, privileged
from k8sharden.analysis.pod_security.refusals import (
    all_refusals,
    at_fault,
    field_at_fault,
    refusals,
    refused,
)
from k8sharden.model.workloads import Workload, workloads
from remediations.pod_security import allow_privilege_escalation
from tests.remediations import harness
from tests.remediations.harness import Document

PRIVILEGED = {"name": "agent", "securityContext": {"privileged": True}}


def _deployment(**spec: object) -> Document:
    template = {"spec": {"containers": [{"name": "web"}, PRIVILEGED], **spec}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": template},
    }


def _workload(**spec: object) -> Workload:
    (found,) = workloads(harness.inventory([_deployment(**spec)]))
    return found


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    field = field_at_fault(workload, refusal, "hostPID")
    return Defect("It is bad.", field, at_fault(workload, refusal), evidence={"mine": 1})


def test_a_restricted_control_does_not_hide_its_baseline_twin() -> None:
    """An item per control needs both answers, where a level needs only the stricter."""
    said = refusals(_workload(volumes=[{"name": "host", "hostPath": {"path": "/"}}]))
    assert {"hostPathVolumes", "restrictedVolumes"} <= set(said)


def test_the_version_decides_which_controls_there_are() -> None:
    """Running as root by number is refused since 1.23 only; the newest counts by default."""
    root = _workload(securityContext={"runAsUser": 0})
    assert "runAsUser" not in refusals(root, 22)
    assert "runAsUser" in refusals(root, 23)
    assert "runAsUser" in refusals(root)


def test_the_clusters_version_is_the_one_that_judges() -> None:
    """A scan says what this cluster would refuse, and works it out once."""
    source = harness.TRAINING
    old = type(source)(source.kind, source.name, source.cluster_uid, "v1.22.1")
    inventory = harness.inventory([_deployment(securityContext={"runAsUser": 0})], old)
    (said,) = all_refusals(inventory).values()
    assert "runAsUser" not in said
    assert all_refusals(inventory) is all_refusals(inventory)


def test_a_finding_names_the_control_and_keeps_the_servers_words() -> None:
    """Whoever knows the standards finds them again; the item's own evidence stays."""
    inventory = harness.inventory([_deployment()])
    item = allow_privilege_escalation.ITEM
    (found,) = refused(item, inventory, (privileged.CONTROL,), _defect)
    assert found.path == "spec.template.spec.containers[1].hostPID"
    assert found.evidence == {
        "containers": ["agent"],
        "control": "privileged",
        "refusal": 'privileged (container "agent" must not set securityContext.privileged=true)',
        "mine": 1,
    }


def test_the_first_control_speaks_for_the_workload() -> None:
    """One defect is one finding, also where an item stands for two controls."""
    inventory = harness.inventory([_deployment(hostPID=True)])
    item, controls = allow_privilege_escalation.ITEM, (host_namespaces.CONTROL, privileged.CONTROL)
    (found,) = refused(item, inventory, controls, _defect)
    assert found.evidence["control"] == "hostNamespaces"
    assert found.path == "spec.template.spec.hostPID"


def test_an_item_may_leave_a_refusal_to_another_item() -> None:
    """Where its defect is None there is no finding."""
    inventory = harness.inventory([_deployment()])
    item = allow_privilege_escalation.ITEM
    assert list(refused(item, inventory, (privileged.CONTROL,), lambda _w, _r: None)) == []
