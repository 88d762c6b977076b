"""What replaces cluster-admin: which Roles, where, and for whom there are none."""

from typing import Any

import pytest

from k8sharden.analysis.rbac.parts import STARTING_POINT as ANNOTATION
from k8sharden.model.change import Change, Create, Delete, NoChange, Patch, SetField
from remediations.rbac.cluster_admin import ITEM
from tests.remediations import harness

Document = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"


def binding(name: str, *subjects: Document) -> Document:
    """Return a ClusterRoleBinding to cluster-admin."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": list(subjects),
    }


def account(namespace: str, name: str) -> Document:
    """Return a service account as a subject."""
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


def deployment(namespace: str, name: str, under: str = "default") -> Document:
    """Return a Deployment that runs under a service account."""
    container = {"name": name, "image": f"registry.kestrel.example/{namespace}/{name}:1"}
    spec = {"serviceAccountName": under, "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"template": {"spec": spec}},
    }


def role(namespace: str, name: str) -> Document:
    """Return a Role that somebody wrote."""
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": []}


PIPELINE = binding("ci-pipeline", account("ci", "pipeline"))
RUNNER = deployment("ci", "runner", "pipeline")
WEB = deployment("shop", "web")


def change(*docs: Document) -> Change:
    """Return the change that answers the first finding."""
    answer = harness.remedy(ITEM, list(docs))
    assert isinstance(answer, Change), answer
    return answer


def reason(*docs: Document) -> str:
    """Return why the first finding has no change."""
    answer = harness.remedy(ITEM, list(docs))
    assert isinstance(answer, NoChange), answer
    return answer.reason


READS = ["get", "list", "watch"]


def verbs_of(answer: Change, resource: str) -> list[list[str]]:
    """Return the verbs that the new roles give on a resource, role by role."""
    made = [write.manifest for write in answer.writes if isinstance(write, Create)]
    return [
        rule["verbs"]
        for manifest in made
        for rule in manifest.get("rules", ())
        if resource in rule.get("resources", ())
    ]


def labels(answer: Change) -> list[str]:
    """Name what is written, in order."""
    return [f"{type(write).__name__} {write.ref.label}" for write in answer.writes]


def test_a_pipeline_gets_a_role_in_each_application_namespace_before_it_loses_everything() -> None:
    """Not in its own namespace and not in the cluster's; the old binding goes last."""
    docs = (
        PIPELINE,
        RUNNER,
        WEB,
        deployment("payments", "checkout"),
        deployment("kube-system", "dns"),
    )
    assert labels(change(*docs)) == [
        "Create Role payments/ci-deployer",
        "Create RoleBinding payments/ci-deployer",
        "Create Role shop/ci-deployer",
        "Create RoleBinding shop/ci-deployer",
        "Delete ClusterRoleBinding ci-pipeline",
    ]


def test_the_role_of_a_pipeline_neither_reads_secrets_nor_deletes_nor_changes_rbac() -> None:
    """It rolls out, and says of itself that it is a guess."""
    answer = change(PIPELINE, RUNNER, WEB)
    made, bound, _ = answer.writes
    assert isinstance(made, Create)
    assert isinstance(bound, Create)
    rules = made.manifest["rules"]
    assert not any("secrets" in rule["resources"] or "delete" in rule["verbs"] for rule in rules)
    assert not any(RBAC in rule["apiGroups"] or "*" in rule["verbs"] for rule in rules)
    assert {"deployments", "services"} <= {each for rule in rules for each in rule["resources"]}
    assert "guess" in made.manifest["metadata"]["annotations"][ANNOTATION]
    assert bound.manifest["subjects"] == [account("ci", "pipeline")]
    assert bound.manifest["roleRef"]["name"] == "ci-deployer"
    assert any("guess" in warning for warning in answer.warnings)


def test_people_keep_the_binding_when_a_service_account_leaves_it() -> None:
    """Nobody is locked out: the subjects are patched to the rest, which is named with a reason."""
    ada = {"apiGroup": RBAC, "kind": "User", "name": "ada@kestrel.example"}
    answer = change(binding("mixed", account("ci", "pipeline"), ada), RUNNER, WEB)
    last = answer.writes[-1]
    assert isinstance(last, Patch)
    assert last.edits == (SetField(("subjects",), [ada]),)
    assert any("User ada@kestrel.example is not moved" in each for each in answer.warnings)


def test_masters_stay_in_a_binding_and_are_not_complained_about() -> None:
    """The group that the API server lets pass anyway is kept as it was."""
    masters = {"apiGroup": RBAC, "kind": "Group", "name": "system:masters"}
    answer = change(binding("b", masters, account("ci", "pipeline")), RUNNER, WEB)
    last = answer.writes[-1]
    assert isinstance(last, Patch)
    assert last.edits == (SetField(("subjects",), [masters]),)
    assert not any("masters" in each for each in answer.warnings)


def test_a_name_that_is_taken_gets_a_number() -> None:
    """Somebody else's Role is never touched, and all namespaces get the same name."""
    answer = change(PIPELINE, RUNNER, WEB, deployment("payments", "a"), role("shop", "ci-deployer"))
    names = {write.ref.name for write in answer.writes if isinstance(write, Create)}
    assert names == {"ci-deployer-2"}


def test_a_namespace_that_has_our_role_already_gets_no_second_one() -> None:
    """After one of two bindings was replaced, the other needs no Roles any more."""
    docs = [PIPELINE, RUNNER, WEB]
    first = change(*docs)
    later = [*harness.applied(docs, [first]), binding("ci-second", account("ci", "pipeline"))]
    assert labels(change(*later)) == ["Delete ClusterRoleBinding ci-second"]


def test_an_account_in_two_bindings_gets_its_roles_with_the_first() -> None:
    """Both changes can be applied in any order, and neither makes what the other makes."""
    docs = [binding("a", account("ci", "pipeline")), PIPELINE, RUNNER, WEB]
    seen = harness.inventory(docs)
    first, second = (ITEM.remediate(each, seen) for each in ITEM.evaluate(seen))
    assert isinstance(first, Change)
    assert isinstance(second, Change)
    assert labels(first)[0] == "Create Role shop/ci-deployer"
    assert labels(second) == ["Delete ClusterRoleBinding ci-pipeline"]
    assert "come with ClusterRoleBinding a" in second.warnings[0]


def test_two_pipelines_of_one_namespace_get_roles_with_names_of_their_own() -> None:
    """Else two changes of one plan would make the same object."""
    other = binding("ci-nightly", account("ci", "nightly"))
    docs = [PIPELINE, other, RUNNER, WEB]
    seen = harness.inventory(docs)
    answers = [ITEM.remediate(each, seen) for each in ITEM.evaluate(seen)]
    made = [each for each in answers if isinstance(each, Change)]
    names = [{write.ref.name for write in each.writes[:-1]} for each in made]
    assert names == [{"ci-nightly-deployer"}, {"ci-pipeline-deployer"}]


def test_another_workload_gets_a_role_that_reads_its_own_namespace() -> None:
    """It may need more, which only its owner can say; the review says so."""
    docs = (binding("web", account("shop", "web")), deployment("shop", "web", "web"))
    answer = change(*docs)
    assert labels(answer)[:2] == [
        "Create Role shop/web-reader",
        "Create RoleBinding shop/web-reader",
    ]
    made = answer.writes[0]
    assert isinstance(made, Create)
    verbs = {verb for rule in made.manifest["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}


def test_an_account_that_nothing_runs_under_gets_no_role() -> None:
    """The least that is needed by what is not there is nothing."""
    answer = change(binding("old", account("shop", "old")))
    assert [type(write) for write in answer.writes] == [Delete]
    assert "nothing runs under shop/old" in answer.warnings[0]


def test_what_names_no_account_runs_under_default() -> None:
    """A pod without a service account still gets the token of its namespace's default one."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "shop", "name": "probe"},
        "spec": {"containers": [{"name": "probe", "image": "busybox"}]},
    }
    answer = change(binding("lazy", account("shop", "default")), pod)
    assert labels(answer)[0] == "Create Role shop/default-reader"


def test_an_account_whose_pods_were_not_read_gets_a_role() -> None:
    """Not to have seen its workloads does not mean that there are none."""
    evidence = {"apiVersion": harness.OURS, "kind": "Evidence", "unread": {"pods": "forbidden"}}
    answer = change(binding("old", account("shop", "old")), evidence)
    assert labels(answer)[0] == "Create Role shop/old-reader"


def test_roles_that_could_not_be_read_are_named() -> None:
    """One of the same name would be drift; whoever reviews should know before."""
    evidence = {
        "apiVersion": harness.OURS,
        "kind": "Evidence",
        "unread": {"roles.rbac.authorization.k8s.io": "forbidden", "namespaces": "forbidden"},
    }
    answer = change(PIPELINE, RUNNER, WEB, evidence)
    assert any(each.startswith("Roles of shop could not be read") for each in answer.warnings)
    assert any(each.startswith("Not all namespaces") for each in answer.warnings)


def test_a_pipeline_without_anything_to_deploy_to_is_left_to_people() -> None:
    """No target can be guessed, so none is."""
    assert "no other namespace runs any" in reason(PIPELINE, RUNNER)


def test_a_pipeline_with_more_namespaces_than_anybody_reviews_is_left_to_people() -> None:
    """Hundreds of Roles nobody reads are no improvement that somebody approved."""
    many = [deployment(f"team-{number}", "app") for number in range(31)]
    assert "31 namespaces run" in reason(PIPELINE, RUNNER, *many)


def test_a_namespace_that_is_going_gets_no_role() -> None:
    """The API server refuses to create anything in it."""
    metadata = {"name": "shop", "deletionTimestamp": "2026-03-02T08:00:00Z"}
    going = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    assert "no other namespace" in reason(PIPELINE, RUNNER, WEB, going)


def test_a_subject_that_cannot_be_a_service_account_is_left_alone() -> None:
    """A name with odd characters would be refused in a RoleBinding, or worse, taken for a path."""
    said = reason(binding("odd", account("ci", "../pipeline")), RUNNER, WEB)
    assert "no valid name" in said


def test_a_gitops_operator_reads_everywhere_and_keeps_what_runs_applications() -> None:
    """It compares all namespaces with its repositories; RBAC and Secrets are not its to change."""
    flux = deployment("flux-system", "kustomize-controller", "kustomize-controller")
    answer = change(binding("flux", account("flux-system", "kustomize-controller")), flux, WEB)
    assert labels(answer) == [
        "Create ClusterRole kustomize-controller-gitops",
        "Create ClusterRoleBinding kustomize-controller-gitops",
        "Create Role shop/kustomize-controller-gitops",
        "Create RoleBinding shop/kustomize-controller-gitops",
        "Delete ClusterRoleBinding flux",
    ]
    assert verbs_of(answer, "deployments") == [READS, ["create", "update", "patch", "delete"]]
    assert verbs_of(answer, "secrets") == verbs_of(answer, "roles") == []


@pytest.mark.parametrize(
    ("name", "image", "role", "does"),
    [
        ("prometheus", "quay.io/prometheus/prometheus:v3", "prometheus-scraper", "nodes/metrics"),
        ("traefik", "docker.io/library/traefik:v3", "traefik-ingress", "ingresses/status"),
        ("prometheus", "docker.io/library/web:1", "prometheus-reader", "pods/log"),
    ],
)
def test_a_starting_point_goes_by_the_name_and_the_image(
    name: str, image: str, role: str, does: str
) -> None:
    """A name alone anybody can choose: without the image it only reads its own namespace."""
    runs = deployment("tools", name, name)
    runs["spec"]["template"]["spec"]["containers"][0]["image"] = image
    answer = change(binding("wide", account("tools", name)), runs, WEB)
    assert {write.ref.name for write in answer.writes[:-1]} == {role}
    assert verbs_of(answer, does)
    assert any(each.startswith("Needs testing") for each in answer.warnings)


def test_an_ingress_controller_reads_secrets_beside_itself_only() -> None:
    """Certificates elsewhere are for a Role of their own, which the review asks for."""
    runs = deployment("tools", "traefik", "traefik")
    image = "docker.io/library/traefik:v3"
    runs["spec"]["template"]["spec"]["containers"][0]["image"] = image
    answer = change(binding("wide", account("tools", "traefik")), runs, WEB)
    where = [
        write.ref.namespace
        for write in answer.writes
        if isinstance(write, Create)
        and any("secrets" in rule["resources"] for rule in write.manifest.get("rules", ()))
    ]
    assert where == ["tools"]


def test_a_binding_that_is_gone_by_now_needs_no_change() -> None:
    """A finding may be older than the inventory it is answered from."""
    seen = harness.inventory([PIPELINE])
    finding = next(iter(ITEM.evaluate(seen)))
    answer = ITEM.remediate(finding, harness.inventory([]))
    assert isinstance(answer, NoChange)
    assert "gone" in answer.reason
