"""Each kind of step alone: the one right, or the few together, that make everything of somebody."""

import pytest

from k8sharden.analysis.rbac.paths import Scope
from k8sharden.model.objects import PolicyRule
from tests.analysis.rbac.made import rule
from tests.analysis.rbac.paths.made import EVE, best, cluster, said

RBAC = "rbac.authorization.k8s.io"
IDENTITY = "authentication.k8s.io"
CSR = "certificates.k8s.io"
ADMISSION = "admissionregistration.k8s.io"

ADMIN = (
    "ServiceAccount shut/admin, which may do everything in the cluster (ClusterRoleBinding admin)."
)
KEYS = "boss-1, which holds the control plane's keys and with them everything in the cluster."
SHUT, OPEN, WIDE = " in shut", " in open", ""
IN_SHUT, IN_OPEN, BY_ALL = "(RoleBinding shut/b)", "(RoleBinding open/b)", "(ClusterRoleBinding b)"


def bind(*verbs: str) -> list[PolicyRule]:
    """Return rules for making bindings with these verbs on ClusterRoles."""
    made = rule("create", "rolebindings clusterrolebindings", RBAC)
    return [made, *(rule(verb, "clusterroles", RBAC) for verb in verbs)]


STEPS: dict[str, tuple[list[PolicyRule], str, str]] = {
    "token": (
        [rule("create", "serviceaccounts/token")],
        SHUT,
        f"may create tokens of service accounts in shut {IN_SHUT}, so it takes one of {ADMIN}",
    ),
    "token of one": (
        [rule("create", "serviceaccounts/token", names="admin")],
        SHUT,
        f"may create tokens of service accounts in shut {IN_SHUT}, so it takes one of {ADMIN}",
    ),
    "pod": (
        [rule("create", "pods")],
        SHUT,
        f"may create pods in shut {IN_SHUT}, so it runs one as {ADMIN}",
    ),
    "cronjob": (
        [rule("create", "cronjobs", "batch")],
        SHUT,
        f"may create cronjobs in shut {IN_SHUT}, so it runs one as {ADMIN}",
    ),
    "pod on a node": (
        [rule("create", "pods")],
        OPEN,
        (
            f"may create pods in open and Pod Security enforces nothing there {IN_OPEN}, so it "
            f"takes over node {KEYS}"
        ),
    ),
    "pod anywhere": (
        [rule("create", "pods")],
        WIDE,
        f"may create pods in every namespace {BY_ALL}, so it runs one as {ADMIN}",
    ),
    "template": (
        [rule("patch", "deployments", "apps")],
        SHUT,
        f"may change deployments in shut, such as web {IN_SHUT}, so it runs it as {ADMIN}",
    ),
    "exec": (
        [rule("create", "pods/exec")],
        SHUT,
        (
            f"may run commands in pods in shut {IN_SHUT}, so it enters a container of Pod "
            f"shut/admin-0, which holds a token of {ADMIN}"
        ),
    ),
    "debug": (
        [rule("patch", "pods/ephemeralcontainers")],
        SHUT,
        (
            f"may add containers to pods in shut {IN_SHUT}, so it enters a container of Pod "
            f"shut/admin-0, which holds a token of {ADMIN}"
        ),
    ),
    "image": (
        [rule("patch", "pods", names="admin-0")],
        SHUT,
        (
            f"may change the images of pods in shut {IN_SHUT}, so it enters a container of Pod "
            f"shut/admin-0, which holds a token of {ADMIN}"
        ),
    ),
    "secret": (
        [rule("list", "secrets")],
        SHUT,
        f"may read Secret shut/admin-token-7x {IN_SHUT}, by its name a token of {ADMIN}",
    ),
    "kubelet": (
        [rule("get", "nodes/proxy")],
        WIDE,
        (
            f"may reach kubelets past the API server (nodes/proxy) {BY_ALL}, so it enters a "
            f"container of Pod shut/admin-0, which holds a token of {ADMIN}"
        ),
    ),
    "bind everywhere": (
        bind("bind"),
        WIDE,
        (
            f"may create ClusterRoleBindings and bind ClusterRoles {BY_ALL}, so it gives itself "
            "everything in the cluster."
        ),
    ),
    "bind here": (
        bind("bind"),
        SHUT,
        (
            f"may create RoleBindings in shut and bind ClusterRoles {IN_SHUT}, so it gives itself "
            f"everything in namespace shut, where it runs a pod as {ADMIN}"
        ),
    ),
    "join a binding": (
        [rule("update", "clusterrolebindings", RBAC), rule("bind", "clusterroles", RBAC, "all")],
        WIDE,
        (
            f"may change ClusterRoleBinding admin and bind ClusterRole all {BY_ALL}, so it gives "
            "itself everything in the cluster."
        ),
    ),
    "escalate": (
        [rule("escalate patch", "clusterroles", RBAC)],
        WIDE,
        (
            f"may write any rule into ClusterRole r, which it holds {BY_ALL}, so it gains "
            "everything in the cluster."
        ),
    ),
    "impersonate an account": (
        [rule("impersonate", "serviceaccounts", names="admin")],
        SHUT,
        f"may impersonate service accounts in shut {IN_SHUT}, so it asks as {ADMIN}",
    ),
    "impersonate masters": (
        [rule("impersonate", "users groups")],
        WIDE,
        (
            f"may impersonate groups and somebody in them, system:masters too {BY_ALL}, which is "
            "everything in the cluster."
        ),
    ),
    "impersonate within bounds": (
        [
            rule("impersonate:serviceaccount", "serviceaccounts", IDENTITY),
            rule("impersonate-on:serviceaccount:create", "serviceaccounts/token"),
        ],
        WIDE,
        (
            f"may impersonate for some requests (serviceaccount) {BY_ALL}, so it asks as "
            "ServiceAccount shut/admin, which may create tokens of service accounts in every "
            f"namespace (ClusterRoleBinding admin), so it takes one of {ADMIN}"
        ),
    ),
    "certificate": (
        [
            rule("create", "certificatesigningrequests", CSR),
            rule("update", "certificatesigningrequests/approval", CSR),
            rule("approve", "signers", CSR, "kubernetes.io/kube-apiserver-client"),
        ],
        WIDE,
        f"may ask for certificates and approve them {BY_ALL}, so it has one made out to {ADMIN}",
    ),
    "certificate of a node": (
        [
            rule("create", "certificatesigningrequests", CSR),
            rule("update", "certificatesigningrequests/approval", CSR),
            rule("approve", "signers", CSR, "kubernetes.io/kube-apiserver-client-kubelet"),
        ],
        WIDE,
        (
            f"may ask for certificates and approve them, those of nodes too {BY_ALL}, so it takes, "
            f"as a node, a token of {ADMIN}"
        ),
    ),
    "webhook": (
        [rule("create", "mutatingwebhookconfigurations", ADMISSION)],
        WIDE,
        (
            f"may create mutating webhooks {BY_ALL}, so every pod is written through it and may "
            f"run as {ADMIN}"
        ),
    ),
    "secret to be filled": (
        [rule("create get", "secrets")],
        OPEN,
        (
            f"may create and read Secrets in open {IN_OPEN}, so it has one filled with a token of "
            "ServiceAccount open/app."
        ),
    ),
}


@pytest.mark.parametrize(("rules", "where", "expected"), STEPS.values(), ids=STEPS)
def test_a_step_is_said_as_it_is(rules: list[PolicyRule], where: str, expected: str) -> None:
    """Who may do what, by which binding, and what that makes of them, in one sentence."""
    seen = cluster({"r": rules, "open/own": [rule("get", "pods")]}, f"b: r to {EVE}{where}",
                   "own: own to ServiceAccount open/app in open")  # fmt: skip
    path = best(seen)
    assert path is not None
    assert path.said == f"{EVE} {expected}"
    assert path.steps[0].before == EVE


BARE = """---
apiVersion: v1
kind: Namespace
metadata: {name: bare, labels: {pod-security.kubernetes.io/enforce: restricted}}
"""


def test_everything_that_is_held_is_a_path_of_one_step() -> None:
    """In the cluster it is the end, and so it is in a namespace where nothing leads on."""
    wide = best(cluster({}, f"b: all to {EVE}"))
    assert wide is not None
    assert wide.reach.scope is Scope.CLUSTER
    assert wide.said == f"{EVE} may do everything in the cluster (ClusterRoleBinding b)."
    narrow = best(cluster({}, f"b: all to {EVE} in bare", world=BARE))
    assert narrow is not None
    assert narrow.reach.label == "everything in namespace bare"
    assert narrow.said == f"{EVE} may do everything in namespace bare (RoleBinding bare/b)."


def test_a_role_of_a_namespace_is_filled_with_everything_there() -> None:
    """Escalation of Roles gains the namespace of the Role that is held, and goes on from there."""
    rules = {"shut/r": [rule("escalate update", "roles", RBAC)]}
    assert said(cluster(rules, f"b: r to {EVE} in shut")) == (
        f"{EVE} may write any rule into Role shut/r, which it holds {IN_SHUT}, so it gains "
        f"everything in namespace shut, where it runs a pod as {ADMIN}"
    )


def test_a_volume_reaches_the_node_past_pod_security() -> None:
    """A claim on a volume of the node's folder passes where the folder itself is refused."""
    volumes, pods = (
        rule("create", "persistentvolumes"),
        rule("create", "pods persistentvolumeclaims"),
    )
    bindings = (f"v: volumes to {EVE}", f"p: pods to {EVE} in bare")
    seen = cluster({"volumes": [volumes], "pods": [pods]}, *bindings, beside=BARE)
    assert said(seen) == (
        f"{EVE} may create pods in bare, claims there, and volumes of any folder of a node "
        f"(ClusterRoleBinding v and RoleBinding bare/p), so it takes over node {KEYS}"
    )


def test_labels_of_pod_security_are_taken_off_first() -> None:
    """Who may change the namespace and start pods in it gets what an open namespace gives."""
    rules = {"r": [rule("patch", "namespaces"), rule("create", "pods")]}
    assert said(cluster(rules, f"b: r to {EVE} in bare", beside=BARE)) == (
        f"{EVE} may create pods in bare and take the Pod Security labels off namespace bare "
        f"(RoleBinding bare/b), so it takes over node {KEYS}"
    )
