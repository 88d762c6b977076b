"""What looks like a step and is none: names, namespaces, versions and halves that block it."""

import pytest

from k8sharden.analysis.rbac.paths import unread
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.objects import PolicyRule
from tests.analysis.rbac.made import rule
from tests.analysis.rbac.paths.made import EVE, WORLD, best, cluster, said

RBAC = "rbac.authorization.k8s.io"
IDENTITY = "authentication.k8s.io"
CSR = "certificates.k8s.io"
ADMISSION = "admissionregistration.k8s.io"
SHUT, WIDE = " in shut", ""

ASK = rule("create", "certificatesigningrequests", CSR)
APPROVE = rule("update", "certificatesigningrequests/approval", CSR)

BLOCKED: dict[str, tuple[list[PolicyRule], str]] = {
    "a token of another account": ([rule("create", "serviceaccounts/token", names="plain")], SHUT),
    "a new pod has no name": ([rule("create", "pods", names="admin-0")], SHUT),
    "another pod's shell": ([rule("create", "pods/exec", names="silent-0")], SHUT),
    "a shell by get since 1.35": ([rule("get", "pods/exec")], SHUT),
    "ports only": ([rule("create", "pods/portforward pods/attach")], SHUT),
    "logs only": ([rule("get", "pods/log")], SHUT),
    "scale only": ([rule("patch", "deployments/scale", "apps")], SHUT),
    "the template of another": ([rule("patch", "deployments", "apps", "api")], SHUT),
    "the template of a job": ([rule("patch", "jobs", "batch")], SHUT),
    "another Secret": ([rule("get", "secrets", names="password")], SHUT),
    "a Secret made and not read": ([rule("create", "secrets")], SHUT),
    "another group's pods": ([rule("create", "pods", "metrics.k8s.io")], SHUT),
    "kubelets by a RoleBinding": ([rule("get", "nodes/proxy")], SHUT),
    "the kubelet of another node": ([rule("get", "nodes/proxy", names="worker-9")], WIDE),
    "the kubelets' figures": ([rule("get", "nodes/metrics")], WIDE),
    "binding without bind": ([rule("create", "clusterrolebindings", RBAC)], WIDE),
    "bind without binding": ([rule("bind", "clusterroles", RBAC)], WIDE),
    "bind of a weak role": (
        [rule("create", "clusterrolebindings", RBAC), rule("bind", "clusterroles", RBAC, "weak")],
        WIDE,
    ),
    "bind of the other kind": (
        [rule("create", "clusterrolebindings", RBAC), rule("bind", "roles", RBAC)],
        WIDE,
    ),
    "joining a binding of another name": (
        [rule("update", "clusterrolebindings", RBAC, "b"), rule("bind", "clusterroles", RBAC)],
        WIDE,
    ),
    "escalate without update": ([rule("escalate", "clusterroles", RBAC)], WIDE),
    "update without escalate": ([rule("update", "clusterroles", RBAC)], WIDE),
    "escalate of a role of others": ([rule("escalate update", "clusterroles", RBAC, "weak")], WIDE),
    "escalate of ClusterRoles here": ([rule("escalate update", "clusterroles", RBAC)], SHUT),
    "a group and nobody in it": ([rule("impersonate", "groups")], WIDE),
    "another account": ([rule("impersonate", "serviceaccounts", names="plain")], SHUT),
    "an account as a user": (
        [rule("impersonate", "users", names="system:serviceaccount:shut:admin")],
        WIDE,
    ),
    "users by a RoleBinding": ([rule("impersonate", "users groups")], SHUT),
    "impersonation for reading": (
        [
            rule("impersonate:serviceaccount", "serviceaccounts", IDENTITY),
            rule("impersonate-on:serviceaccount:get", "pods"),
        ],
        WIDE,
    ),
    "an approved certificate of nobody": ([APPROVE, rule("approve", "signers", CSR)], WIDE),
    "a certificate that waits": ([ASK, APPROVE], WIDE),
    "another signer's": ([ASK, APPROVE, rule("approve", "signers", CSR, "example.com/web")], WIDE),
    "a webhook that validates": (
        [rule("create update", "validatingwebhookconfigurations", ADMISSION)],
        WIDE,
    ),
    "a webhook that is not there": (
        [rule("update", "mutatingwebhookconfigurations", ADMISSION)],
        WIDE,
    ),
    "a policy that is not bound": (
        [rule("create", "mutatingadmissionpolicies", ADMISSION)],
        WIDE,
    ),
    "a volume and no pod": ([rule("create", "persistentvolumes persistentvolumeclaims")], WIDE),
    "labels and no pod": ([rule("patch", "namespaces")], WIDE),
    "a URL": ([PolicyRule(["*"], non_resource_urls=["*"])], WIDE),
}


@pytest.mark.parametrize(("rules", "where"), BLOCKED.values(), ids=BLOCKED)
def test_it_does_not_lead_to_everything(rules: list[PolicyRule], where: str) -> None:
    """A right for another name, place, version or half of what is needed is no step."""
    seen = cluster({"r": rules, "weak": [rule("get", "pods")]}, f"b: r to {EVE}{where}")
    assert not said(seen)


def test_an_older_server_opens_shells_by_get() -> None:
    """Before 1.35 a WebSocket begins with a get, and that was enough."""
    old = Source(SourceKind.CLUSTER, "old", "uid", "v1.34.2")
    seen = cluster({"r": [rule("get", "pods/exec")]}, f"b: r to {EVE} in shut", source=old)
    assert "may run commands in pods in shut" in said(seen)


def test_an_older_server_knows_no_bounded_impersonation() -> None:
    """The verbs mean nothing before 1.36, whatever a role says."""
    rules = [
        rule("impersonate:serviceaccount", "serviceaccounts", IDENTITY),
        rule("impersonate-on:serviceaccount:create", "serviceaccounts/token"),
    ]
    old = Source(SourceKind.CLUSTER, "old", "uid", "v1.35.0")
    assert not said(cluster({"r": rules}, f"b: r to {EVE}", source=old))


def test_a_pod_without_a_token_is_worth_nothing() -> None:
    """A container of another pod of the same account has no token to take."""
    silent = WORLD.split("---\napiVersion: v1\nkind: Pod\nmetadata: {name: admin-0")[0]
    pod = WORLD[WORLD.index("---\napiVersion: v1\nkind: Pod\nmetadata: {name: silent-0") :]
    seen = cluster({"r": [rule("create", "pods/exec")]}, f"b: r to {EVE} in shut",
                   world=silent + pod)  # fmt: skip
    assert not said(seen)


def test_a_managed_control_plane_has_no_node_to_take() -> None:
    """Where its nodes are not among the nodes, only the accounts of pods are to be had."""
    world = WORLD.replace('labels: {node-role.kubernetes.io/control-plane: ""}', "labels: {}")
    rules = {"r": [rule("create", "pods")]}
    told = said(cluster(rules, f"b: r to {EVE} in open", world=world))
    assert "node worker-1, which runs a pod of ServiceAccount shut/admin" in told


def test_a_secret_whose_name_says_nothing_may_be_anybodys() -> None:
    """The annotation's value is not read, and the path says what it rests on."""
    world = WORLD.replace("admin-token-7x", "robot")
    path = best(cluster({"r": [rule("get", "secrets")]}, f"b: r to {EVE} in shut", world=world))
    assert path is not None
    assert "which may be a token of ServiceAccount shut/admin" in path.said
    assert path.notes == (
        "Secret robot holds the token of some account of shut, and nobody read of which",
    )


def test_a_label_that_is_missing_is_a_doubt_and_one_that_allows_is_none() -> None:
    """The API server's configuration may hold a namespace to a level; a label overrules it."""
    rules, bound = {"r": [rule("create", "pods")]}, f"b: r to {EVE} in open"
    unsure = best(cluster(rules, bound))
    label = "{name: open, labels: {pod-security.kubernetes.io/enforce: privileged}}"
    sure = best(cluster(rules, bound, world=WORLD.replace("{name: open}", label, 1)))
    assert unsure is not None
    assert sure is not None
    assert unsure.notes == (
        "the API server's configuration or a policy engine may refuse such pods",
    )
    assert not sure.notes


def test_what_was_not_read_is_named() -> None:
    """A list that was forbidden or an odd object leaves open whether there are more paths."""
    gap = "---\n{apiVersion: tests.k8sharden/v1, kind: Evidence, unread: {secrets: forbidden}}\n"
    odd = (
        "---\n{apiVersion: tests.k8sharden/v1, kind: Evidence, "
        "odd: [{apiVersion: v1, kind: Pod, namespace: shop, name: web}]}\n"
    )
    assert unread(cluster({})) == ()
    assert unread(cluster({}, beside=gap)) == ("secrets",)
    assert unread(cluster({}, beside=odd)) == ("pods",)
