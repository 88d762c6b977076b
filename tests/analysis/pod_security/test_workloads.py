"""The level of workloads and namespaces."""

from typing import Any

from k8sharden.analysis.pod_security import Level
from k8sharden.analysis.pod_security.workloads import level_of, namespace_level, namespace_levels
from k8sharden.model.inventory import Inventory
from k8sharden.model.workloads import workloads
from tests.analysis.pod_security.pods import HARDENED, Json, web
from tests.remediations.harness import inventory

RESTRICTED = web(**HARDENED)
BASELINE = web()
PRIVILEGED = web(privileged=True)


def _object(kind: str, spec: Json, version: str = "apps/v1", **metadata: Any) -> Json:
    meta = {"name": kind.lower(), "namespace": "shop", **metadata}
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}


def _deployment(spec: Json, annotations: dict[str, str] | None = None, **metadata: Any) -> Json:
    template = {"metadata": {"annotations": annotations}, "spec": spec}
    return _object("Deployment", {"template": template}, **{"uid": "u1", **metadata})


def _pod(spec: Json, phase: str = "Running", **metadata: Any) -> Json:
    return {**_object("Pod", spec, "v1", **metadata), "status": {"phase": phase}}


OWNED = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "deployment",
        "uid": "u1",
        "controller": True,
    }
]


def _shop(*documents: Json) -> Level:
    return namespace_level(inventory(documents), "shop")


def test_a_workload_has_the_level_of_its_template() -> None:
    """The template's own annotations count, not those of the Deployment around it."""
    key = "container.apparmor.security.beta.kubernetes.io/web"
    (plain,) = workloads(inventory([_deployment(RESTRICTED, annotations=None)]))
    (off,) = workloads(inventory([_deployment(RESTRICTED, {key: "unconfined"})]))
    assert level_of(plain) is Level.RESTRICTED
    assert level_of(off) is Level.PRIVILEGED


def test_a_workload_is_judged_by_the_version_asked_for() -> None:
    """Before 1.8 nothing was said about privilege escalation."""
    early = web(**{**HARDENED, "allowPrivilegeEscalation": None})
    (found,) = workloads(inventory([_deployment(early)]))
    assert level_of(found, 7) is Level.RESTRICTED
    assert level_of(found, 8) is Level.BASELINE


def test_a_namespace_is_as_good_as_its_worst_template() -> None:
    """Also where nothing runs from it today."""
    good, bad = _deployment(RESTRICTED), _deployment(BASELINE, name="b", uid="u2")
    assert _shop(good) is Level.RESTRICTED
    assert _shop(good, bad) is Level.BASELINE
    assert _shop(bad, good) is Level.BASELINE


def test_every_kind_of_template_counts() -> None:
    """A CronJob's template stands deeper, and a bare pod is its own."""
    job = {"jobTemplate": {"spec": {"template": {"spec": PRIVILEGED}}}}
    assert _shop(_object("CronJob", job, "batch/v1")) is Level.PRIVILEGED
    assert _shop(_pod(PRIVILEGED)) is Level.PRIVILEGED


def test_running_pods_count_beside_their_template() -> None:
    """What an operator or a webhook added to a pod stands in no template."""
    template = _deployment(RESTRICTED)
    assert _shop(template, _pod(RESTRICTED, ownerReferences=OWNED)) is Level.RESTRICTED
    assert _shop(template, _pod(PRIVILEGED, ownerReferences=OWNED)) is Level.PRIVILEGED


def test_finished_pods_do_not_count() -> None:
    """They will not be admitted again."""
    for phase in ("Succeeded", "Failed"):
        assert _shop(_deployment(BASELINE), _pod(PRIVILEGED, phase)) is Level.BASELINE


def test_namespaces_do_not_touch_each_other() -> None:
    """Each has the level of what it holds; one with nothing in it meets restricted."""
    found = inventory([_deployment(BASELINE), _deployment(PRIVILEGED, namespace="ci")])
    assert namespace_levels(found) == {"shop": Level.BASELINE, "ci": Level.PRIVILEGED}
    assert namespace_level(found, "empty") is Level.RESTRICTED


def test_versions_are_remembered_apart() -> None:
    """Asking for one version does not decide about another."""
    found: Inventory = inventory([_deployment(web(**{**HARDENED, "runAsUser": 0}))])
    assert namespace_level(found, "shop", 22) is Level.RESTRICTED
    assert namespace_level(found, "shop", 23) is Level.BASELINE
    assert namespace_level(found, "shop") is Level.BASELINE
