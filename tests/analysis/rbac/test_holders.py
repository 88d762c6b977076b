"""Who holds what, worst first, and what a change will make of it."""

from k8sharden.analysis.rbac.after import changed_by
from k8sharden.analysis.rbac.holders import Holder, holders
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.model import kinds
from k8sharden.model.change import Create, Delete, Patch, SetField
from k8sharden.model.finding import Severity
from tests.remediations import harness

DOCS = harness.documents("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [secrets, pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: harmless}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: wide}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: ada}
- {kind: ServiceAccount, namespace: kube-system, name: own}
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:masters"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: narrow, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: web}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: more, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: harmless}
subjects: [{kind: ServiceAccount, namespace: shop, name: web}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: everything, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: owners}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: lost, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: leavers}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {serviceAccountName: web, containers: [{name: web, image: web}]}}}
""")


def found() -> dict[str, Holder]:
    """Return the holders of the documents by their labels, in order."""
    return {each.label: each for each in holders(harness.inventory(DOCS))}


def test_holders_come_worst_first_and_the_clusters_own_last() -> None:
    """The one that may do most is what somebody looks for; system:masters needs no binding."""
    assert [(each.label, each.severity, each.worst, each.system) for each in found().values()] == [
        ("Group owners", Severity.HIGH, "may do everything in shop", False),
        ("User ada", Severity.HIGH, "may read Secrets", False),
        ("ServiceAccount shop/web", Severity.MEDIUM, "may read Secrets in shop", False),
        (
            "Group leavers",
            None,
            "may do nothing (the role is missing or empty) in shop",
            False,
        ),
        ("ServiceAccount kube-system/own", Severity.HIGH, "may read Secrets", True),
    ]


def test_a_holder_knows_its_bindings_and_what_runs_under_it() -> None:
    """An account without a namespace in a RoleBinding is the one of the binding's own."""
    web = found()["ServiceAccount shop/web"]
    assert [ref.name for ref in web.bindings] == ["more", "narrow"]
    assert [ref.label for ref in web.workloads] == ["Deployment shop/web"]


def test_what_a_group_of_everybody_holds_is_never_harmless() -> None:
    """Beyond health and discovery it is critical without a name, and high with one."""
    docs = harness.documents("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: status, namespace: shop}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: status, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: status}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:unauthenticated"}
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated"}
""")
    words = "may get deployments.apps in shop"
    assert [(each.severity, each.worst) for each in holders(harness.inventory(docs))] == [
        (Severity.CRITICAL, words),
        (Severity.HIGH, words),
    ]


def test_writes_change_a_policy_as_they_will_change_the_cluster() -> None:
    """A new binding, one that goes, one without its first subject; other objects do not count."""
    policy = policy_of(harness.inventory(DOCS))
    wide = kinds.CLUSTER_ROLE_BINDINGS.ref("", "wide")
    narrow = kinds.ROLE_BINDINGS.ref("shop", "narrow")
    new = kinds.ROLES.ref("shop", "new")
    changed = changed_by(
        [
            Create(new, {"metadata": {"name": "new", "namespace": "shop"}}),
            Delete(narrow),
            Patch(wide, (SetField(("subjects",), [{"kind": "User", "name": "eve"}]),)),
            Create(kinds.SERVICE_ACCOUNTS.ref("shop", "new"), {"metadata": {"name": "new"}}),
        ],
        policy,
    )
    after = policy.changed(changed)
    assert set(changed) == {new, narrow, wide}
    assert new in after.roles
    assert narrow not in after.bindings
    assert [each.name for each in after.bindings[wide].subjects or ()] == ["eve"]
