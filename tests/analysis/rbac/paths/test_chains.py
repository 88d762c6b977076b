"""Chains of steps, cycles, and which of several ways is shown."""

import pytest

from k8sharden.analysis.rbac.paths import Scope, escalation, path_through, starts, worst_paths
from k8sharden.model import kinds
from tests.analysis.rbac.made import EVERYTHING, policy, rule, subject, who
from tests.analysis.rbac.paths.made import EVE, best, cluster, said, with_policy
from tests.remediations.harness import FILES

ROLES = {
    "token": [rule("create", "serviceaccounts/token")],
    "exec": [rule("create", "pods/exec")],
    "read": [rule("get", "pods")],
    "shut/one": [rule("impersonate", "serviceaccounts", names="admin")],
}
TO_APP = f"first: token to {EVE} in open"
TO_PLAIN = "second: token to ServiceAccount open/app in shut"
TO_ADMIN = "third: one to ServiceAccount shut/plain in shut"


def test_a_chain_is_one_sentence_and_as_many_steps() -> None:
    """Each step begins where the one before ended, and each names its own binding."""
    only_plain = {**ROLES, "token": [rule("create", "serviceaccounts/token", names="app plain")]}
    path = best(cluster(only_plain, TO_APP, TO_PLAIN, TO_ADMIN))
    assert path is not None
    assert path.said == (
        "User eve may create tokens of service accounts in open (RoleBinding open/first), so it "
        "takes one of ServiceAccount open/app, which may create tokens of service accounts in shut "
        "(RoleBinding shut/second), so it takes one of ServiceAccount shut/plain, which may "
        "impersonate service accounts in shut (RoleBinding shut/third), so it asks as "
        "ServiceAccount shut/admin, which may do everything in the cluster (ClusterRoleBinding "
        "admin)."
    )
    assert [step.before for step in path.steps[1:]] == [step.after for step in path.steps[:-1]]
    assert [ref.name for step in path.steps for ref in step.bindings] == [
        "first", "second", "third", "admin"
    ]  # fmt: skip


def test_the_shortest_way_is_shown() -> None:
    """A detour is passed over where one step does it."""
    path = best(cluster(ROLES, TO_APP, TO_PLAIN, f"direct: token to {EVE} in shut"))
    assert path is not None
    assert len(path.steps) == 2


def test_what_rests_on_nothing_unread_is_shown_first() -> None:
    """Of two ways of the same length, the one without a doubt."""
    roles = {**ROLES, "secrets": [rule("get", "secrets")]}
    told = said(cluster(roles, f"a: secrets to {EVE} in shut", f"b: exec to {EVE} in open",
                        f"c: token to {EVE} in shut"))  # fmt: skip
    assert "takes one of ServiceAccount shut/admin" in told


def test_a_circle_comes_to_an_end() -> None:
    """Accounts that lead to each other lead nowhere else."""
    back = "back: token to ServiceAccount shut/plain in open"
    only_plain = {**ROLES, "token": [rule("create", "serviceaccounts/token", names="app plain")]}
    path = best(cluster(only_plain, TO_APP, TO_PLAIN, back))
    assert path is not None
    assert path.reach.label == "ServiceAccount open/app"


def test_somebody_without_rights_is_no_gain() -> None:
    """To become an account that holds nothing is no path, unless it is asked for."""
    seen = cluster(ROLES, TO_APP)
    assert best(seen) is None
    asked = escalation(who(EVE), seen, who("ServiceAccount open/app"))
    assert asked is not None
    assert asked.path.reach.label == "ServiceAccount open/app"


def test_an_account_that_only_bindings_know_is_whoever_makes_it() -> None:
    """A binding to an account that is gone waits for the next one of its name."""
    maker = [rule("create", "serviceaccounts serviceaccounts/token")]
    waiting = "w: all to ServiceAccount open/gone"
    roles = {**ROLES, "maker": maker, "half": [rule("create", "serviceaccounts")]}
    assert said(cluster(roles, waiting, f"b: maker to {EVE} in open")) == (
        "User eve may create service accounts in open and use them (RoleBinding open/b), so it "
        "takes the name, with its bindings, of ServiceAccount open/gone, which may do everything "
        "in the cluster (ClusterRoleBinding w)."
    )
    assert not said(cluster(roles, waiting, f"b: half to {EVE} in open"))
    assert not said(cluster(roles, waiting, f"b: maker to {EVE} in shut"), "User sam")


def test_a_group_and_everybody_are_starts_too() -> None:
    """What a group is given is everybody's in it: accounts of a namespace, all who log in."""
    for group in ("staff", "system:serviceaccounts:open", "system:authenticated"):
        seen = cluster(ROLES, f"g: token to Group {group} in shut")
        assert said(seen, f"Group {group}").startswith(f"Group {group} may create tokens")
    assert said(seen, "ServiceAccount open/app").startswith("ServiceAccount open/app may create")


def test_a_role_that_was_bound_on_the_way_counts_from_then_on() -> None:
    """Who may bind one role that leads on gets there by a step more."""
    rbac = "rbac.authorization.k8s.io"
    binder = [rule("create", "rolebindings", rbac), rule("bind", "clusterroles", rbac, "token")]
    told = said(cluster({**ROLES, "binder": binder}, f"b: binder to {EVE} in shut"))
    assert "so it makes itself User eve with ClusterRole token in shut, which may create" in told


def test_from_a_workload_begins_in_its_container() -> None:
    """Whoever takes over a pod holds its account, and where it is privileged its node."""
    seen = cluster(ROLES, beside=PRIVILEGED)
    one = escalation(kinds.PODS.ref("shut", "admin-0"), seen)
    assert one is not None
    assert one.path.said.startswith("A container of Pod shut/admin-0 holds a token of Service")
    other = escalation(kinds.PODS.ref("open", "tool-0"), seen)
    assert other is not None
    assert other.path.said == (
        "A container of Pod open/tool-0 is privileged, so whoever is inside takes over node "
        "worker-1, which runs a pod of ServiceAccount shut/admin, which may do everything in the "
        "cluster (ClusterRoleBinding admin)."
    )
    assert escalation(kinds.PODS.ref("shut", "silent-0"), seen) is None


PRIVILEGED = """
---
apiVersion: v1
kind: Pod
metadata: {name: tool-0, namespace: open}
spec:
  nodeName: worker-1
  automountServiceAccountToken: false
  containers: [{name: tool, securityContext: {privileged: true}}]
"""


@pytest.mark.parametrize(
    ("mount", "user", "leads"),
    [
        ("/", "{}", True),
        ("/run/containerd/containerd.sock", "{runAsUser: 0}", True),
        ("/", "{runAsUser: 1000}", False),
        ("/var/lib/kubelet", "{runAsNonRoot: true}", False),
        ("/etc/localtime", "{}", False),
    ],
)
def test_a_folder_of_the_node_leads_on_for_root(mount: str, user: str, *, leads: bool) -> None:
    """The whole disk or the runtime's socket is the node, but only to a user who may read it."""
    pod = PRIVILEGED.replace(
        "securityContext: {privileged: true}",
        f"securityContext: {user}, volumeMounts: [{{name: host, mountPath: /host}}]",
    )
    volume = f"  volumes: [{{name: host, hostPath: {{path: {mount}}}}}]\n"
    found = escalation(kinds.PODS.ref("open", "tool-0"), cluster({}, beside=pod + volume))
    assert (found is not None) is leads


def test_manifests_count_what_they_would_run() -> None:
    """No pod runs there yet: templates stand for pods, and bindings for their accounts."""
    roles = {"token": ROLES["token"], "all": EVERYTHING}
    known = policy(roles, "a: all to ServiceAccount shop/web", f"b: token to {EVE} in shop")
    seen = with_policy(known.roles, known.bindings, DEPLOYED, FILES)
    assert "takes one of ServiceAccount shop/web, which may do everything" in said(seen)
    one = escalation(kinds.DEPLOYMENTS.ref("shop", "web"), seen)
    assert one is not None
    assert one.path.reach.scope is Scope.CLUSTER


DEPLOYED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {serviceAccountName: web, containers: [{name: web}]}}}
"""


def test_a_finding_tells_the_path_that_goes_by_its_binding() -> None:
    """The worst of its subjects' paths, where the binding is one of its steps."""
    seen = cluster(ROLES, f"b: token to User sam, {EVE} in shut", f"c: token to {EVE} in open")
    subjects = [subject("User sam"), subject(EVE)]
    path = path_through(kinds.ROLE_BINDINGS.ref("shut", "b"), subjects, seen)
    assert path is not None
    assert path.start == "User eve"
    assert path_through(kinds.ROLE_BINDINGS.ref("open", "c"), subjects, seen) is None


def test_everybody_has_one_path_and_the_worst_is_first() -> None:
    """The strongest reach, then the fewest steps; the cluster's own parts only when asked for."""
    seen = cluster(
        ROLES,
        f"b: token to {EVE} in shut",
        "c: all to Group staff",
        "d: read to User sam",
        "e: all to User system:kube-scheduler",
        "f: all to Group system:masters",
    )
    found = worst_paths(seen)
    assert [path.start for path in found] == [
        "Group staff", "ServiceAccount shut/admin", "User eve"
    ]  # fmt: skip
    own = {path.start for path in worst_paths(seen, system=True)}
    assert own == {path.start for path in found} | {"User system:kube-scheduler"}
    assert "Group system:masters" not in {each.label for each in starts(seen, system=True)}
