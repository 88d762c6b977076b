"""What k8sharden builds on, one fact a test, on both clusters."""

from __future__ import annotations

import functools
import json

import pytest

from k8sharden import errors
from k8sharden.cluster.transport import FLAGZ, METADATA_LIST
from k8sharden.model import kinds
from k8sharden.model.change import AccessReview
from tests.contract.clusters import (
    Cluster,
    at,
    config_map,
    deployment,
    plain,
    pod,
    unique,
)

TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
RBAC = "rbac.authorization.k8s.io"
PRIVATE = "kept-between-us"


def test_failed_test_is_invalid_without_causes(cluster: Cluster) -> None:
    """A JSON Patch whose `test` fails is 422 and says nothing more, as a bad patch is."""
    namespace = cluster.namespace()
    cluster.post(at("configmaps", namespace), config_map(x="1")).expect(201)
    path = at("configmaps", namespace, "settings")
    for operation in (
        {"op": "test", "path": "/data/x", "value": "2"},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "1"},
        {"op": "remove", "path": "/data/nope"},
    ):
        answer = cluster.patch(path, operation)
        assert (answer.status, answer.reason, answer.causes) == (422, "Invalid", [])
        assert answer.message == "the server rejected our request due to an error in our request"


def test_events_are_found_by_what_they_are_about(cluster: Cluster) -> None:
    """A rollout that is watched asks for the events of one object and one reason."""
    namespace = cluster.namespace()
    for name, uid, reason in (
        ("a", "uid-1", "FailedCreate"),
        ("b", "uid-1", "SuccessfulCreate"),
        ("c", "uid-2", "FailedCreate"),
    ):
        about = {"apiVersion": "apps/v1", "kind": "DaemonSet", "namespace": namespace, "uid": uid}
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name},
            "involvedObject": {**about, "name": "agent"},
            "reason": reason,
            "type": "Warning",
        }
        cluster.post(at("events", namespace), event).expect(201)

    def chosen(selector: str) -> list[str]:
        found = cluster.get(at("events", namespace), fieldSelector=selector).expect(200)
        return sorted(each["metadata"]["name"] for each in found["items"])

    assert chosen("involvedObject.uid=uid-1,reason=FailedCreate") == ["a"]
    assert chosen("involvedObject.kind=DaemonSet,involvedObject.name=agent") == ["a", "b", "c"]
    assert chosen("reason!=FailedCreate") == ["b"]
    assert chosen(f"involvedObject.namespace={namespace},type=Normal") == []
    assert cluster.get(at("events", namespace), fieldSelector="spec.nodeName=x").status == 400


def test_test_of_null_holds_where_nothing_is(cluster: Cluster) -> None:
    """A `test` of null on a missing path holds, so absence can be guarded."""
    namespace = cluster.namespace()
    cluster.post(at("configmaps", namespace), config_map(x="1")).expect(201)
    test = {"op": "test", "path": "/data/nope", "value": None}
    cluster.patch(at("configmaps", namespace, "settings"), test).expect(200)


@pytest.mark.parametrize("text", ["a && b", "<x>", "é", "\u2028", "tab\t\x7f/", "\x01\b\f"])
def test_guards_hold_for_every_text(cluster: Cluster, text: str) -> None:
    """The client writes a guard so that the server finds it equal, whatever the characters."""
    namespace = cluster.namespace()
    cluster.post(at("configmaps", namespace), config_map(x=text)).expect(201)
    ref = kinds.CONFIG_MAPS.ref(namespace, "settings")
    guard = {"op": "test", "path": "/data", "value": {"x": text}}
    cluster.api().patch(ref, [guard, {"op": "add", "path": "/data/y", "value": text}])
    assert cluster.api().get(ref)["data"] == {"x": text, "y": text}


def test_guard_is_compared_as_text(cluster: Cluster) -> None:
    """A guard whose ampersand is not escaped as Go does it never holds."""
    namespace = cluster.namespace()
    cluster.post(at("configmaps", namespace), config_map(x="a&b")).expect(201)
    path = at("configmaps", namespace, "settings")
    for written, status in ((b'"a&b"', 422), (rb'"a\u0026b"', 200)):
        patch = b'[{"op":"test","path":"/data/x","value":' + written + b"}]"
        media = "application/json-patch+json"
        cluster.send("PATCH", path, patch, content_type=media).expect(status)


def test_stale_merge_patch_conflicts(cluster: Cluster) -> None:
    """A merge patch with a stale resourceVersion is 409."""
    namespace = cluster.namespace()
    made = cluster.post(at("configmaps", namespace), config_map(x="1")).expect(201)
    path, version = at("configmaps", namespace, "settings"), made["metadata"]["resourceVersion"]
    cluster.merge(path, {"data": {"x": "2"}}).expect(200)
    answer = cluster.merge(path, {"metadata": {"resourceVersion": version}, "data": {"x": "3"}})
    assert (answer.status, answer.reason) == (409, "Conflict")
    assert "the object has been modified" in answer.message


def test_delete_of_another_object_conflicts(cluster: Cluster) -> None:
    """A DELETE whose uid or resourceVersion is not the object's is 409, and deletes nothing."""
    namespace = cluster.namespace()
    made = cluster.post(at("configmaps", namespace), config_map(x="1")).expect(201)
    api, ref = cluster.api(), kinds.CONFIG_MAPS.ref(namespace, "settings")
    version = made["metadata"]["resourceVersion"]
    with pytest.raises(errors.Conflict, match="the UID in the precondition"):
        api.delete(ref, uid="another", resource_version=version)
    with pytest.raises(errors.Conflict, match="the ResourceVersion in the precondition"):
        api.delete(ref, uid=made["metadata"]["uid"], resource_version="1")
    assert api.get(ref)["data"] == {"x": "1"}


def test_orphaning_delete_waits_for_the_garbage_collector(cluster: Cluster) -> None:
    """A DELETE that orphans answers with the object, held by a finalizer that a controller takes.

    A server without controllers keeps it; the cluster in memory collects at once.
    """
    namespace = cluster.namespace()
    made = cluster.post(at("configmaps", namespace), config_map(x="1")).expect(201)
    metadata, ref = made["metadata"], kinds.CONFIG_MAPS.ref(namespace, "settings")
    deleted = cluster.api().delete(
        ref, uid=metadata["uid"], resource_version=metadata["resourceVersion"]
    )
    assert deleted.object["metadata"]["finalizers"] == ["orphan"]
    left = cluster.get(at("configmaps", namespace, "settings"))
    if cluster.is_real:
        assert "deletionTimestamp" in left.expect(200)["metadata"]
    else:
        left.expect(404)


def test_apply_creates_then_merges(cluster: Cluster) -> None:
    """Server-side apply is 201 for a new object, and 200 and merged for one that exists."""
    path = at("configmaps", cluster.namespace(), "settings")
    cluster.apply(path, config_map(x="1"), "one").expect(201)
    merged = cluster.apply(path, config_map(y="2"), "two").expect(200)
    assert merged["data"] == {"x": "1", "y": "2"}


def test_apply_names_the_field_and_its_manager(cluster: Cluster) -> None:
    """Server-side apply over another manager's field is 409 and says whose field it is."""
    path = at("configmaps", cluster.namespace(), "settings")
    cluster.apply(path, config_map(x="1"), "one").expect(201)
    answer = cluster.apply(path, config_map(x="2"), "two")
    assert (answer.status, answer.reason) == (409, "Conflict")
    assert answer.causes == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.x"}
    ]


def test_existing_object_is_not_created(cluster: Cluster) -> None:
    """A POST of an object that exists is 409 AlreadyExists, a dry run's too."""
    namespace = cluster.namespace()
    api, ref = cluster.api(), kinds.CONFIG_MAPS.ref(namespace, "settings")
    api.create(config_map(x="1"), ref)
    for dry_run in (True, False):
        with pytest.raises(errors.Conflict) as refused:
            api.create(config_map(x="1"), ref, dry_run=dry_run)
        assert refused.value.reason == "AlreadyExists"


def test_dry_runs_keep_nothing(cluster: Cluster) -> None:
    """A dry run answers as the write would, and leaves no trace."""
    namespace = cluster.namespace()
    api, ref = cluster.api(), kinds.CONFIG_MAPS.ref(namespace, "settings")
    api.create(config_map(x="1"), ref, dry_run=True)
    with pytest.raises(errors.NotFound):
        api.get(ref)
    before = api.create(config_map(x="1"), ref).object
    operation = {"op": "add", "path": "/data/x", "value": "2"}
    assert api.patch(ref, [operation], dry_run=True).object["data"] == {"x": "2"}
    metadata = before["metadata"]
    uid, version = metadata["uid"], metadata["resourceVersion"]
    api.delete(ref, uid=uid, resource_version=version, dry_run=True)
    assert api.get(ref) == before


def test_dependent_write_cannot_be_dry_run_early(cluster: Cluster) -> None:
    """What needs an object of the same plan is refused until that object is there."""
    name = unique("new")
    api = cluster.api()
    with pytest.raises(errors.NotFound):
        api.create(config_map(), kinds.CONFIG_MAPS.ref(name, "settings"), dry_run=True)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    api.create(namespace, kinds.NAMESPACES.ref("", name))
    api.create(config_map(), kinds.CONFIG_MAPS.ref(name, "settings"), dry_run=True)


def test_binding_keeps_its_role(cluster: Cluster) -> None:
    """A binding's `roleRef` cannot be patched."""
    namespace = cluster.namespace()
    ref = kinds.ROLE_BINDINGS.ref(namespace, "readers")
    role = {"apiGroup": RBAC, "kind": "Role", "name": "old"}
    binding = {"metadata": {"name": "readers"}, "roleRef": role}
    cluster.api().create(binding, ref)
    with pytest.raises(errors.Invalid, match="cannot change roleRef"):
        cluster.api().patch(ref, [{"op": "replace", "path": "/roleRef/name", "value": "new"}])


def test_empty_subjects_are_left_out(cluster: Cluster) -> None:
    """A binding without subjects reads without the field, a role without rules with null."""
    namespace = cluster.namespace()
    ref = {"apiGroup": RBAC, "kind": "Role", "name": "r"}
    body = {"metadata": {"name": "b"}, "roleRef": ref, "subjects": None}
    cluster.post(at(f"rolebindings.{RBAC}", namespace), body).expect(201)
    cluster.post(at(f"roles.{RBAC}", namespace), {"metadata": {"name": "r"}}).expect(201)
    assert "subjects" not in cluster.get(at(f"rolebindings.{RBAC}", namespace, "b")).expect(200)
    assert cluster.get(at(f"roles.{RBAC}", namespace, "r")).expect(200)["rules"] is None


def test_templates_hold_no_ephemeral_containers(cluster: Cluster) -> None:
    """`ephemeralContainers` in a pod template are 422, and cannot be set by patching a pod."""
    namespace = cluster.namespace()
    extra = [{"name": "debug", "image": "registry.test/debug"}]
    body = deployment(ephemeralContainers=extra)
    answer = cluster.post(at("deployments.apps", namespace), body)
    assert (answer.status, answer.reason) == (422, "Invalid")
    assert "ephemeral containers not allowed in pod template" in answer.message
    cluster.post(at("pods", namespace), pod()).expect(201)
    operation = {"op": "add", "path": "/spec/ephemeralContainers", "value": extra}
    cluster.patch(at("pods", namespace, "web"), operation).expect(422)


def test_unknown_field_is_refused(cluster: Cluster) -> None:
    """With strict field validation an unknown field is 400 in a POST and 422 in a patch."""
    namespace = cluster.namespace()
    api, ref = cluster.api(), kinds.CONFIG_MAPS.ref(namespace, "settings")
    with pytest.raises(errors.ApiError, match='unknown field "dat"') as refused:
        api.create(config_map() | {"dat": {}}, ref)
    assert refused.value.status == 400
    api.create(config_map(), ref)
    with pytest.raises(errors.Invalid, match='unknown field "dat"'):
        api.patch(ref, [{"op": "add", "path": "/dat", "value": {}}])


def test_enforcing_warns_of_existing_pods(cluster: Cluster) -> None:
    """A dry run of an enforce label warns of the pods that would not pass, in groups."""
    namespace = cluster.namespace()
    for number in range(3):
        cluster.post(at("pods", namespace), pod(f"web-{number}")).expect(201)
    cluster.post(at("pods", namespace), pod("root", hostNetwork=True, hostPID=True)).expect(201)
    label = {"op": "add", "path": "/metadata/labels/pod-security.kubernetes.io~1enforce"}
    ref = kinds.NAMESPACES.ref("", namespace)
    written = cluster.api().patch(ref, [label | {"value": "restricted"}], dry_run=True)
    common = (
        "allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, "
        "seccompProfile"
    )
    summary = (
        f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level '
        '"restricted:latest"'
    )
    assert written.warnings == (
        summary,
        f"root: host namespaces, {common}",
        f"web-0 (and 2 other pods): {common}",
    )


def test_enforcing_refuses_pods_and_only_warns_of_templates(cluster: Cluster) -> None:
    """A violating Pod is 403, naming control and container; a Deployment is accepted, warned of."""
    namespace = cluster.namespace(**{"pod-security.kubernetes.io/enforce": "baseline"})
    body = pod(hostPID=True)
    body["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    answer = cluster.post(at("pods", namespace), body)
    assert (answer.status, answer.reason) == (403, "Forbidden")
    assert answer.message == (
        'pods "web" is forbidden: violates PodSecurity "baseline:latest": '
        "host namespaces (hostPID=true), "
        'privileged (container "web" must not set securityContext.privileged=true)'
    )
    accepted = cluster.post(at("deployments.apps", namespace), deployment(hostPID=True))
    accepted.expect(201)
    assert accepted.warnings == (
        'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    )


def test_refused_list_names_the_permission(cluster: Cluster) -> None:
    """A list without permission is 403 and names user, verb, resource and scope."""
    with pytest.raises(errors.Forbidden) as refused:
        list(cluster.api("viewer").pages(kinds.SECRETS, "kube-system"))
    assert str(refused.value).endswith(
        'secrets is forbidden: User "viewer" cannot list resource "secrets" in API group "" in the '
        'namespace "kube-system"'
    )
    with pytest.raises(errors.Forbidden, match='in API group "apps" at the cluster scope'):
        list(cluster.api("nobody").pages(kinds.DEPLOYMENTS))


def test_pages_make_the_whole_list(cluster: Cluster) -> None:
    """Pages of a list join to the list, of the time at which it was begun."""
    namespace = cluster.namespace()
    names = [f"settings-{number}" for number in range(5)]
    for name in names:
        cluster.post(at("configmaps", namespace), config_map(name)).expect(201)
    pages = cluster.api().pages(kinds.CONFIG_MAPS, namespace, limit=2)
    found = [json.loads(next(pages))]
    cluster.delete(at("configmaps", namespace, names[-1])).expect(200)
    found += [json.loads(page) for page in pages]
    listed = [item["metadata"]["name"] for page in found for item in page["items"]]
    assert listed == names
    assert found[0]["metadata"]["remainingItemCount"] == 3


def test_malformed_continue_token(cluster: Cluster) -> None:
    """A continue token that makes no sense is 400."""
    answer = cluster.get("/api/v1/configmaps", **{"continue": "nonsense"})
    assert (answer.status, answer.reason) == (400, "BadRequest")
    assert "continue key is not valid" in answer.message


def test_metadata_of_secrets_has_no_values(cluster: Cluster) -> None:
    """Secrets come as metadata only where that is asked for; annotations are a part of that."""
    namespace = cluster.namespace()
    note = {"kubectl.kubernetes.io/last-applied-configuration": PRIVATE}
    secret = {"metadata": {"name": "token", "annotations": note}, "stringData": {"a": "b"}}
    cluster.post(at("secrets", namespace), secret).expect(201)
    found = cluster.get(at("secrets", namespace), accept=METADATA_LIST).expect(200)
    assert found["kind"] == "PartialObjectMetadataList"
    (item,) = found["items"]
    assert set(item) == {"kind", "apiVersion", "metadata"}
    assert item["metadata"]["annotations"] == note


def test_table_of_secrets_has_types_and_no_values(cluster: Cluster) -> None:
    """A table of Secrets tells name, type and number of keys."""
    namespace = cluster.namespace()
    secret = {"metadata": {"name": "token"}, "stringData": {"a": PRIVATE, "b": PRIVATE}}
    cluster.post(at("secrets", namespace), secret).expect(201)
    answer = cluster.get(at("secrets", namespace), accept=TABLE)
    (row,) = answer.expect(200)["rows"]
    assert row["cells"][:3] == ["token", "Opaque", 2]
    assert [column["name"] for column in answer.body["columnDefinitions"]][:3] == [
        "Name",
        "Type",
        "Data",
    ]
    assert PRIVATE not in json.dumps(answer.body)


def test_metrics_tell_that_nothing_is_audited(cluster: Cluster) -> None:
    """Without an audit policy the counter of audit events stays at zero."""
    metrics = cluster.get("/metrics").expect(200).decode()
    assert "\napiserver_audit_event_total 0\n" in metrics


def test_flags_are_shown_to_who_may_read_them(cluster: Cluster) -> None:
    """`/flagz` has the command line in its machine-readable form, for whoever has the right."""
    found = cluster.get("/flagz", accept=FLAGZ).expect(200)
    assert found["kind"] == "Flagz"
    assert found["flags"]["authorization-mode"] == "[RBAC]"
    assert found["flags"]["audit-policy-file"] == ""
    cluster.get("/flagz").expect(406)
    cluster.get("/flagz", accept=FLAGZ, user="viewer").expect(403)


def test_review_names_the_binding(cluster: Cluster) -> None:
    """An access review names the binding that allows, until it is gone."""
    name = unique("readers")
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}
    body = {
        "metadata": {"name": name},
        "roleRef": role,
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": name}],
    }
    cluster.post(at(f"clusterrolebindings.{RBAC}"), body).expect(201)
    api, asked = cluster.api(), {"verb": "list", "resource": "pods"}
    allowed = cluster.until(lambda: api.may(name, (), asked), lambda access: access.allowed)
    assert allowed.reason == (
        f'RBAC: allowed by ClusterRoleBinding "{name}" of ClusterRole "view" to User "{name}"'
    )
    cluster.delete(at(f"clusterrolebindings.{RBAC}", name=name)).expect(200)
    cluster.until(lambda: api.may(name, (), asked), lambda access: not access.allowed)


def test_old_binding_hides_the_new_one(cluster: Cluster) -> None:
    """While an old binding grants a right, a review cannot prove that a new one does."""
    namespace, name = cluster.namespace(), unique("bot")
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}
    account = f"system:serviceaccount:{namespace}:{name}"
    body = {"metadata": {"name": name}, "roleRef": role, "subjects": subjects}
    cluster.post(at(f"clusterrolebindings.{RBAC}"), body).expect(201)
    cluster.post(at(f"rolebindings.{RBAC}", namespace), body).expect(201)
    api, asked = cluster.api(), {"verb": "list", "resource": "pods", "namespace": namespace}
    access = cluster.until(lambda: api.may(account, (), asked), lambda access: access.allowed)
    assert access.reason.startswith(f'RBAC: allowed by ClusterRoleBinding "{name}" of ')
    assert access.reason.endswith(f' to ServiceAccount "{name}/{namespace}"')
    cluster.delete(at(f"clusterrolebindings.{RBAC}", name=name)).expect(200)
    access = cluster.until(
        lambda: api.may(account, (), asked), lambda access: " RoleBinding " in access.reason
    )
    assert access.allowed
    assert access.reason.startswith(f'RBAC: allowed by RoleBinding "{name}/{namespace}" of ')


def test_a_question_has_every_part_of_a_right(cluster: Cluster) -> None:
    """A review tells sub-resources, names, URLs and groups apart."""
    name = unique("crew")
    rules = [
        {
            "apiGroups": ["apps"],
            "resources": ["deployments/scale"],
            "resourceNames": ["web"],
            "verbs": ["patch"],
        },
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]
    metadata = {"name": name}
    cluster.post(at(f"clusterroles.{RBAC}"), {"metadata": metadata, "rules": rules}).expect(201)
    body = {
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": name}],
    }
    cluster.post(at(f"clusterrolebindings.{RBAC}"), body).expect(201)
    api = cluster.api()
    scale = AccessReview("", (name,), "patch", "apps", "deployments/scale", "shop", "web")
    url = AccessReview("ada", (name,), "get", path="/metrics")
    for asked in (scale, url):
        cluster.until(functools.partial(api.ask, asked), lambda access: access.allowed)
    for other in (
        AccessReview("", ("others",), "patch", "apps", "deployments/scale", "shop", "web"),
        AccessReview("", (name,), "get", "apps", "deployments/scale", "shop", "web"),
        AccessReview("", (name,), "patch", "", "deployments/scale", "shop", "web"),
        AccessReview("", (name,), "patch", "apps", "deployments", "shop", "web"),
        AccessReview("", (name,), "patch", "apps", "deployments/scale", "shop", "cart"),
        AccessReview("ada", (name,), "get", path="/healthz/extra"),
    ):
        assert not api.ask(other).allowed, other


def test_namespaced_user_sees_the_own_namespace(cluster: Cluster) -> None:
    """Aggregated roles have rules: who edits a namespace can list its pods, not others'."""
    assert list(cluster.api("namespaced").pages(kinds.PODS, "team-a"))
    with pytest.raises(errors.Forbidden):
        list(cluster.api("namespaced").pages(kinds.PODS, "default"))


def test_deleted_namespace_stays_until_it_is_empty(cluster: Cluster) -> None:
    """A deleted namespace is Terminating, takes nothing new, and without controllers stays so."""
    namespace = cluster.namespace()
    cluster.delete(at("namespaces", name=namespace)).expect(200)
    found = cluster.get(at("namespaces", name=namespace)).expect(200)
    assert found["status"]["phase"] == "Terminating"
    answer = cluster.post(at("configmaps", namespace), config_map())
    assert (answer.status, answer.causes[0]["reason"]) == (403, "NamespaceTerminating")


def test_round_trip_changes_nothing(cluster: Cluster) -> None:
    """An object that is read, deleted and created anew reads the same, bookkeeping aside."""
    namespace = cluster.namespace()
    path = at("deployments.apps", namespace)
    cluster.post(path, deployment()).expect(201)
    before = cluster.get(f"{path}/web").expect(200)
    cluster.delete(f"{path}/web").expect(200)
    metadata = {k: v for k, v in before["metadata"].items() if k in ("name", "labels")}
    cluster.post(path, before | {"metadata": metadata}).expect(201)
    assert plain(cluster.get(f"{path}/web").expect(200)) == plain(before)
