"""The whole flow on a real API server, by the command line; kubectl is the witness."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from k8sharden.export.reports import schema
from remediations.rbac import ITEMS as RBAC
from tests.e2e.company import snapshot
from tests.e2e.proxy import recording, through
from tests.e2e.run import Person
from tests.e2e.test_training import KINDS, OVERRIDES
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

REVIEWS = "/apis/authorization.k8s.io/v1/self"


@pytest.fixture
def person(tmp_path: Path, company: ControlPlane) -> Person:
    """Somebody whose kubeconfig is the admin's."""
    return Person(tmp_path, KUBECONFIG=str(company.kubeconfig()))


def test_everything_is_applied_verified_and_undone(person: Person, company: ControlPlane) -> None:
    """Every kind of change goes in and comes back; kubectl sees it; the end equals the start."""
    before = snapshot(company)
    applied = person.approve("apply", "--no-wait", "-o", "json", *OVERRIDES)
    # Levels that count on rollouts are not enforced while nobody waits for these.
    assert applied.code == 5, applied.err
    document = applied.json()
    jsonschema.validate(document, schema("plan"))
    results = {(change["kind"], change["result"]) for change in document["changes"]}
    done = {(kind, "verified") for kind in KINDS}
    assert results == done | {("artefact", "skipped"), ("patch", "skipped")}

    web = json.loads(company.kubectl("get", "deployment", "web", "-n", "shop", "-o", "json").stdout)
    (container,) = web["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert "@sha256:" in container["image"]
    assert company.kubectl("get", "clusterrolebinding", "ci-pipeline", check=False).returncode == 1
    can = ("auth", "can-i", "--as", "system:serviceaccount:ci:pipeline")
    assert company.kubectl(*can, "patch", "deployments", "-n", "shop").stdout.strip() == "yes"
    refused = company.kubectl(*can, "get", "secrets", "-n", "shop", check=False)
    assert refused.stdout.strip() == "no"
    for name in ("default-deny-ingress", "default-deny-egress", "allow-egress-cart"):
        assert ("NetworkPolicy", "shop", name) not in before
        company.kubectl("get", "networkpolicy", name, "-n", "shop")
    left = person("plan", "-o", "json").json()["changes"]
    again = [each["resource"] for each in left if each["kind"] == "patch"]
    narrower = {each["name"] for each in again if each["kind"] == "NetworkPolicy"}
    # These had to be open while Grafana had a port of the nodes, and a runner the nodes' network.
    assert narrower == {"allow-ingress-grafana", "allow-ingress-registry-mirror"}
    assert {each["kind"] for each in again} == {"Namespace", "NetworkPolicy"}

    entries = [change["journal"] for change in document["changes"] if change["journal"]]
    undone = person.approve("journal", "undo", *entries, "--no-wait", "-o", "json")
    assert undone.code == 0, undone.err
    results = {(change["kind"], change["result"]) for change in undone.json()["changes"]}
    assert results == {(kind, "undone") for kind in KINDS | {"create"}}
    assert snapshot(company) == before


def test_the_server_is_asked_before_anything_is_written(
    person: Person, company: ControlPlane
) -> None:
    """A review sends dry runs only, and shows what the server warns of."""
    before = snapshot(company)
    shown = person("apply", "--check", "net-no-default-deny-ingress", "--check", "rt-rofs")
    assert shown.code == 4
    assert "Not confirmed" in shown.err
    assert snapshot(company) == before


def test_a_scan_sends_only_reads(person: Person, company: ControlPlane, tmp_path: Path) -> None:
    """A recording proxy sees GETs and access reviews, by scan, plan and a read-only apply."""
    with recording(company) as (address, seen):
        config = str(through(address, company.kubeconfig(), tmp_path))
        assert person("scan", "--kubeconfig", config, "-o", "json").code == 0
        assert person("plan", "--kubeconfig", config).code == 0
        assert person("apply", "--kubeconfig", config, "--read-only").code == 4
    assert len(seen) > 15
    writes = [one for one in seen if one[0] != "GET" and not one[1].startswith(REVIEWS)]
    assert not writes


def test_a_viewer_gets_unknown_with_the_missing_permission(
    person: Person, company: ControlPlane
) -> None:
    """Who may not list cluster roles or secrets is told so, and never that all is well."""
    config = str(company.kubeconfig("almost-viewer"))
    document = person("scan", "--kubeconfig", config, "-o", "json").json()
    jsonschema.validate(document, schema("scan"))
    rbac = [finding for finding in document["findings"] if finding["area"] == "rbac"]
    assert {finding["status"] for finding in rbac} == {"unknown"}
    assert any("list clusterrolebindings" in finding["message"] for finding in rbac)
    assert document["summary"]["areas"]["rbac"] == {
        "fail": 0,
        "pass": 0,
        "unknown": len(RBAC),
    }
    covered = {line["resource"]: line for line in document["coverage"]}
    assert covered["secrets"]["status"] == "forbidden"
    assert covered["secrets"]["checks"] == ["rbac-legacy-token", "sec-etcd-plain"]
    assert person("scan", "--kubeconfig", config, "--fail-on-unknown").code == 1


def test_a_namespace_only_user_gets_a_useful_scan(person: Person, company: ControlPlane) -> None:
    """Who may read one namespace sees its findings, and that the rest is not known."""
    config = str(company.kubeconfig("shop-only", namespace="shop"))
    document = person("scan", "--kubeconfig", config, "-o", "json").json()
    failing = [f for f in document["findings"] if f["status"] == "fail"]
    assert {"rt-rofs", "img-no-digest"} <= {finding["check"] for finding in failing}
    assert {finding["resource"]["namespace"] or "shop" for finding in failing} == {"shop"}
    assert document["source"]["cluster_uid"].startswith("fingerprint:")
    unknown = {f["check"] for f in document["findings"] if f["status"] == "unknown"}
    # Calico's and Cilium's policies may not be listed there, and one of them might deny.
    assert {"rbac-cluster-admin", "rt-rofs", "net-no-default-deny-ingress"} <= unknown


def test_the_printed_role_is_enough_to_scan(person: Person, company: ControlPlane) -> None:
    """Whoever is given what `permissions` prints has nothing unknown for want of a right."""
    role = person("permissions").out
    company.kubectl("apply", "-f", "-", input=role)
    company.kubectl(
        "create", "clusterrolebinding", "scanner", "--clusterrole=k8sharden-scan", "--user=nobody"
    )
    try:
        config = str(company.kubeconfig("nobody"))
        document = person("scan", "--kubeconfig", config, "-o", "json").json()
        # Gatekeeper has no templates there, and so no kind of constraint.
        absent = [each["resource"] for each in document["coverage"] if each["status"] == "absent"]
        assert absent == ["*.constraints.gatekeeper.sh"]
        assert {line["status"] for line in document["coverage"]} == {"read", "absent"}
    finally:
        company.kubectl("delete", "clusterrolebinding/scanner", "clusterrole/k8sharden-scan")


def test_drift_between_plan_and_apply_is_refused(person: Person, company: ControlPlane) -> None:
    """An image that changed since the plan was shown stops the apply with exit code 4."""
    chosen = ("--resource", "Deployment/payments/checkout")
    digest = person("plan", *chosen, "-o", "json").json()["digest"]
    pull = '{"spec":{"template":{"spec":{"containers":[{"name":"checkout","image":"x:2"}]}}}}'
    company.kubectl("patch", "deployment", "checkout", "-n", "payments", "-p", pull)
    try:
        refused = person("apply", *chosen, "--yes", "--digest", digest)
        assert refused.code == 4
        assert "Nothing was done" in refused.err
    finally:
        company.kubectl("rollout", "undo", "deployment/checkout", "-n", "payments", check=False)


def test_kubectl_diff_agrees_with_the_exported_patch(person: Person, company: ControlPlane) -> None:
    """The exported state, patched by git, is what the server then holds."""
    folder = person.home / "out"
    chosen = ("--resource", "Deployment/shop/cart")
    assert person("export", *chosen, "--format", "manifests", "--out", str(folder)).code == 0
    diff = person("plan", *chosen, "-o", "diff").out
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=folder, check=True)
    planned = company.kubectl(
        "apply", "--dry-run=server", "-o", "json", "-f", str(folder / "shop/deployment-cart.yaml")
    )
    (container,) = json.loads(planned.stdout)["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
