"""The log that a real API server writes is read as what was really asked."""

import io
from collections.abc import Iterator

import pytest

from k8sharden.cluster.collector import collect
from k8sharden.cluster.connect import connect
from k8sharden.evidence.read import read_logs
from k8sharden.evidence.whose import Whose, judge
from k8sharden.evidence.words import oddities
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.usage import Usage
from tests.servers.client import Client
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
"""
SHOP = "/api/v1/namespaces/shop"
ROBOT = "system:serviceaccount:shop:robot"
APPLY = "application/apply-patch+yaml"
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}}
GRANT = {
    "metadata": {"name": "robot"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
    "subjects": [{"kind": "ServiceAccount", "namespace": "shop", "name": "robot"}],
}


def work(running: ControlPlane) -> None:
    """Ask for this and that, as people and programs do."""
    ask = running.request
    ask("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}}).expect(201)
    ask("POST", f"{SHOP}/serviceaccounts", {"metadata": {"name": "robot"}}).expect(201)
    bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings"
    ask("POST", bindings, GRANT).expect(201)
    given = ask("POST", f"{SHOP}/serviceaccounts/robot/token", {"spec": {}}).expect(201).json()
    robot = Client(running.url, running.ca_file, given["status"]["token"])
    running.wait_until(lambda: robot("GET", f"{SHOP}/pods").status == 200, "the robot may read")
    robot("GET", f"{SHOP}/configmaps/gone").expect(404)
    made = {"metadata": {"generateName": "made-"}}
    robot("POST", f"{SHOP}/configmaps", made).expect(201)
    robot("PATCH", f"{SHOP}/configmaps/applied?fieldManager=t", CONFIG, content_type=APPLY).expect(
        201
    )
    robot("GET", f"{SHOP}/pods?watch=true&timeoutSeconds=1").expect(200)
    robot("GET", "/api/v1/nodes").expect(403)
    robot("GET", "/version?x=1").expect(200)
    Client(running.url, running.ca_file, "wrong")("GET", f"{SHOP}/secrets").expect(401)
    running.kubectl("get", "pods", "-n", "shop", "--as", "ada", "--as-group", "team", check=False)
    running.kubectl("get", "pods", "-n", "shop", "--as", ROBOT)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server that logs every request, after some work."""
    folder = tmp_path_factory.mktemp("audited")
    with started(lambda: ControlPlane(folder, audit_policy=POLICY)) as running:
        work(running)
        running.wait_until(
            lambda: '"impersonatedUser":{"username":"' + ROBOT in running.audit_log.read_text(),
            "the log has the last request",
        )
        yield running


@pytest.fixture(scope="module")
def usage(audited: ControlPlane) -> Usage:
    """What its log shows."""
    return read_logs([str(audited.audit_log)], io.BytesIO())


@pytest.fixture(scope="module")
def inventory(audited: ControlPlane) -> Inventory:
    """The cluster."""
    api = connect(kubeconfig=audited.kubeconfig(), read_only=True)
    return collect(
        api,
        SourceKind.CLUSTER,
        name="test",
        progress=lambda _: None,
        cancelled=lambda: False,
        clock=lambda: 0.0,
    )


def test_a_service_account_used_what_it_was_allowed(usage: Usage) -> None:
    """Also what was not there; a new name is none yet; what an apply makes takes create too."""
    mine = {(each.verb, each.resource or each.path, each.name): each for each in usage.of(ROBOT)}
    allowed = {key for key, each in mine.items() if each.allowed}
    assert allowed == {
        ("list", "pods", ""),
        ("get", "configmaps", "gone"),
        ("create", "configmaps", ""),
        ("patch", "configmaps", "applied"),
        ("watch", "pods", ""),
        ("get", "/version", ""),
    }
    assert mine["create", "configmaps", ""].allowed == 2
    assert mine["watch", "pods", ""].allowed == 1
    assert mine["list", "nodes", ""].denied == 1


def test_an_apply_that_makes_an_object_takes_create(audited: ControlPlane) -> None:
    """Who may only patch is refused: that is why such a request counts as both."""
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"]}]
    roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop"
    audited.request("POST", f"{roles}/roles", {"metadata": {"name": "p"}, "rules": rules})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "p"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "patcher"}
    binding = {"metadata": {"name": "p"}, "roleRef": role, "subjects": [subject]}
    audited.request("POST", f"{roles}/rolebindings", binding).expect(201)
    words = ("--as", "patcher", "--server-side", "-f", "-")
    new = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new","namespace":"shop"}}'
    audited.wait_until(
        lambda: (
            "yes"
            in audited.kubectl(
                "auth", "can-i", "patch", "configmaps", "-n", "shop", "--as", "patcher", check=False
            ).stdout
        ),
        "patcher may patch",
    )
    done = audited.kubectl("apply", *words, input=new, check=False)
    assert "cannot create resource" in done.stderr
    known = new.replace('"new"', '"applied"')
    audited.kubectl("apply", *words, "--force-conflicts", input=known)


def test_nobody_is_no_user(usage: Usage) -> None:
    """A token that is wrong is no denied request: nobody was asked whether it is allowed."""
    assert not [use for use in usage.uses if use.resource == "secrets" and use.namespace == "shop"]


def test_impersonation_is_seen_from_both_sides(usage: Usage) -> None:
    """The request counts for whom it was made as, and the right to do so for who made it."""
    assert [use.denied for use in usage.of("ada") if use.resource] == [1]
    assert "team" in usage.groups["ada"]
    used = {(use.resource, use.name): use for use in usage.of("admin") if "impersonate" in use.verb}
    whom = {("users", "ada"), ("groups", "team"), ("serviceaccounts", "robot")}
    assert whom <= used.keys()
    # Since 1.36 the server asks for the constrained right first, and for what is done with it.
    constrained = used["users", "ada"].verb != "impersonate"
    assert constrained == (("pods", "") in used)


def test_the_log_is_recognised_as_this_clusters(usage: Usage, inventory: Inventory) -> None:
    """By the uid of the robot; every line was understood."""
    assert judge(usage, inventory).whose is Whose.THIS
    assert oddities(usage.reading) == ""
    other = Usage(uids={ROBOT: ("0000",)}, uses=usage.uses)
    assert judge(other, inventory).whose is Whose.ANOTHER
