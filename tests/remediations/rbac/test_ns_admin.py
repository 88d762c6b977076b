"""What takes the place of everything in one namespace: admin for people, small Roles for others."""

from typing import Any

import msgspec

from k8sharden.model.change import Change, Create, Delete, NoChange, Patch, SetField
from k8sharden.model.usage import Usage, Use
from remediations.rbac.ns_admin import ITEM
from tests.remediations import harness

Document = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
ADMIN = {
    "apiVersion": f"{RBAC}/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "admin", "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
    "rules": [
        {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list", "watch"]}
    ],
}
KIM = {"apiGroup": RBAC, "kind": "User", "name": "kim"}


def binding(role: str, *subjects: Document, name: str = "all") -> Document:
    """Return a RoleBinding in the namespace tools."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": "tools"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    }


def account(name: str) -> Document:
    """Return a service account of the namespace tools as a subject."""
    return {"kind": "ServiceAccount", "namespace": "tools", "name": name}


def deployment(under: str) -> Document:
    """Return a Deployment that runs under a service account."""
    container = {"name": "main", "image": "registry.kestrel.example/tools/main:1"}
    spec = {"serviceAccountName": under, "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "tools", "name": "main"},
        "spec": {"template": {"spec": spec}},
    }


WEB, DEFAULT = deployment("web"), deployment("default")


def change(*docs: Document) -> Change:
    """Return the change that answers the first finding."""
    answer = harness.remedy(ITEM, list(docs))
    assert isinstance(answer, Change), answer
    return answer


def made(answer: Change) -> dict[str, Document]:
    """Return what is created, by its label."""
    created = [write for write in answer.writes if isinstance(write, Create)]
    return {write.ref.label: write.manifest for write in created}


def test_people_get_admin_before_they_lose_everything() -> None:
    """The new binding comes first, names the same people, and the old one goes last."""
    answer = change(binding("cluster-admin", KIM))
    new = made(answer)["RoleBinding tools/all-admin"]
    assert new["roleRef"]["name"] == "admin"
    assert new["subjects"] == [KIM]
    assert isinstance(answer.writes[-1], Delete)
    assert answer.warnings[0].startswith("Needs testing: ClusterRole admin leaves out quotas")


def test_a_name_that_is_taken_gets_a_number() -> None:
    """Somebody else's binding is never touched."""
    taken = binding("view", KIM, name="all-admin")
    assert "RoleBinding tools/all-admin-2" in made(change(taken, binding("cluster-admin", KIM)))


def test_service_accounts_get_a_role_by_what_they_seem_to_be_for() -> None:
    """One deploys by its name, the other only reads; no binding to admin is made for programs."""
    answer = change(binding("cluster-admin", account("runner"), account("web")), WEB)
    assert sorted(made(answer)) == [
        "Role tools/runner-deployer",
        "Role tools/web-reader",
        "RoleBinding tools/runner-deployer",
        "RoleBinding tools/web-reader",
    ]
    assert len([each for each in answer.warnings if each.startswith("Needs testing")]) == 2


def test_only_the_shared_account_leaves_a_binding_to_admin() -> None:
    """People stay admins, as they were meant to be."""
    answer = change(ADMIN, binding("admin", account("default"), KIM), DEFAULT)
    last = answer.writes[-1]
    assert isinstance(last, Patch)
    assert last.edits == (SetField(("subjects",), [KIM]),)
    assert "Role tools/default-reader" in made(answer)
    assert not any("leaves out quotas" in each for each in answer.warnings)


def test_a_shared_account_alone_takes_the_binding_with_it() -> None:
    """A binding for nobody would be left over."""
    answer = change(ADMIN, binding("admin", account("default")))
    assert isinstance(answer.writes[-1], Delete)


def test_an_audit_log_says_more_than_a_guess() -> None:
    """With a log, the answer is what was used, as for every other binding."""
    seen = harness.inventory([binding("cluster-admin", KIM)])
    usage = Usage(uses=(Use("ada", "get", "", "pods", "tools", allowed=1),))
    facts = msgspec.structs.replace(seen.facts, usage=usage)
    with_log = msgspec.structs.replace(seen, facts=facts, cache={})
    finding = next(iter(ITEM.evaluate(with_log)))
    answer = ITEM.remediate(finding, with_log)
    created = made(answer) if isinstance(answer, Change) else {}
    assert "RoleBinding tools/all-admin" not in created


def test_a_binding_that_is_gone_by_now_needs_no_change() -> None:
    """A finding may be older than the inventory it is answered from."""
    finding = next(iter(ITEM.evaluate(harness.inventory([binding("cluster-admin", KIM)]))))
    answer = ITEM.remediate(finding, harness.inventory([]))
    assert isinstance(answer, NoChange)
    assert "gone" in answer.reason
