"""Ownership: each tool by its own marks, and look-alikes that own nothing."""

from typing import Any

import pytest

from k8sharden.analysis.ownership import Owner, OwnerKind, owner_of_object

HELM = {"meta.helm.sh/release-name": "wiki", "meta.helm.sh/release-namespace": "office"}
TRACKED = "argocd.argoproj.io/tracking-id"
KUSTOMIZATION = {
    "kustomize.toolkit.fluxcd.io/name": "apps",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
}
RELEASE = {"helm.toolkit.fluxcd.io/name": "wiki", "helm.toolkit.fluxcd.io/namespace": "office"}
CSV = {"apiVersion": "operators.coreos.com/v1alpha1", "kind": "ClusterServiceVersion"}
RECONCILE = "kustomize.toolkit.fluxcd.io/reconcile"


def deployment(**metadata: Any) -> dict[str, Any]:
    """Return Deployment shop/web with this metadata."""
    names = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": names | metadata}


def by_manager(name: str, **more: Any) -> dict[str, Any]:
    """Return a Deployment of which somebody wrote fields."""
    return deployment(managedFields=[{"manager": name, "operation": "Update"} | more])


def owned_by(api_version: str, kind: str, *, controller: bool = True) -> dict[str, Any]:
    """Return a Deployment with an owner reference."""
    reference = {"apiVersion": api_version, "kind": kind, "name": "x", "controller": controller}
    return deployment(ownerReferences=[reference])


@pytest.mark.parametrize(
    ("value", "kind", "name"),
    [
        (deployment(annotations=HELM), "helm", "wiki"),
        (by_manager("helm"), "helm", ""),
        (deployment(annotations={TRACKED: "web:apps/Deployment:shop/web"}), "argocd", "web"),
        (by_manager("argocd-controller"), "argocd", ""),
        (by_manager("argocd-controller", operation="Apply"), "argocd", ""),
        (deployment(labels=KUSTOMIZATION), "flux", "apps"),
        (deployment(labels=RELEASE, annotations=HELM), "flux", "wiki"),
        (by_manager("kustomize-controller"), "flux", ""),
        (by_manager("helm-controller"), "flux", ""),
        (deployment(labels={"olm.owner": "prom.v1", "olm.managed": "true"}), "olm", "prom.v1"),
        (deployment(labels={"olm.operatorframework.io/owner-name": "prom"}), "olm", "prom"),
        (deployment(ownerReferences=[CSV | {"name": "prom.v1"}]), "olm", "prom.v1"),
        (
            deployment(labels={"addonmanager.kubernetes.io/mode": "Reconcile"}),
            "addon-manager",
            "Reconcile",
        ),
        (owned_by("monitoring.coreos.com/v1", "Prometheus"), "operator", "Prometheus/x"),
    ],
)
def test_each_tool_is_told_by_its_marks(value: dict[str, Any], kind: str, name: str) -> None:
    """By labels, annotations, owner references or field managers; each says what it would do."""
    owner = owner_of_object(value)
    assert (owner.kind, owner.name) == (kind, name)
    assert owner.reverts
    assert owner.warning.startswith(f"{owner.title} manages this object: ")


@pytest.mark.parametrize(
    "value",
    [
        deployment(),
        deployment(labels={"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "wiki-7.2.1"}),
        deployment(labels={"app.kubernetes.io/instance": "web"}),
        deployment(annotations={TRACKED: "web:apps/Deployment:shop/other"}),
        deployment(annotations={TRACKED: "web:apps/Deployment:stage/web"}),
        deployment(annotations={TRACKED: "web:/Service:shop/web"}),
        deployment(labels={"kubernetes.io/cluster-service": "true"}),
        owned_by("apps/v1", "Deployment"),
        owned_by("example.com/v1", "Site", controller=False),
        by_manager("kubectl-client-side-apply"),
        by_manager("argocd-controller", subresource="status"),
        {"kind": "Deployment", "metadata": {"labels": 7, "managedFields": "x"}},
        {"kind": "Deployment", "metadata": {"managedFields": [None, {"manager": None}]}},
    ],
)
def test_look_alikes_own_nothing(value: dict[str, Any]) -> None:
    """A rendered chart, a copied annotation, a label of charts, a status writer."""
    assert owner_of_object(value) == Owner()


def test_argo_cd_writes_its_destination_for_objects_without_a_namespace() -> None:
    """A Namespace is tracked by kind and name, whatever namespace stands in the annotation."""
    tracked = {TRACKED: "web:/Namespace:shop/shop"}
    value = {"kind": "Namespace", "metadata": {"name": "shop", "annotations": tracked}}
    assert owner_of_object(value).key == "argocd/web"


def test_the_older_label_of_argo_cd_counts_beside_its_field_manager() -> None:
    """With Argo CD's own writes on the object the label names the application."""
    value = by_manager("argocd-controller")
    value["metadata"]["labels"] = {"app.kubernetes.io/instance": "web"}
    assert owner_of_object(value).key == "argocd/web"


@pytest.mark.parametrize(
    ("labels", "annotations"),
    [
        (KUSTOMIZATION, {RECONCILE: "disabled"}),
        (KUSTOMIZATION | {RECONCILE: "Disabled"}, {}),
        (KUSTOMIZATION, {"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}),
        ({"addonmanager.kubernetes.io/mode": "EnsureExists"}, {}),
    ],
)
def test_an_owner_that_was_told_to_leave_it_alone_reverts_nothing(
    labels: dict[str, str], annotations: dict[str, str]
) -> None:
    """The owner is known, and does not stand in the way."""
    owner = owner_of_object(deployment(labels=labels, annotations=annotations))
    assert owner.kind is not OwnerKind.NONE
    assert not owner.reverts
    assert not owner.warning
