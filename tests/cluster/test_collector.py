"""The collector: what it reads, what it cannot, and what it says of both."""

import json
import threading
import time
from typing import Any

import pytest

from k8sharden.cluster.progress import Progress
from k8sharden.cluster.transport import METADATA_LIST, Request, Response
from k8sharden.errors import Cancelled, ClusterUnavailable, Unauthorized
from k8sharden.model import kinds
from k8sharden.model.admission import MOST_CONSTRAINTS, Constraint
from k8sharden.model.inventory import Coverage
from tests.cluster.fakes import KUBE_SYSTEM, Answers, Scripted, page, refusal, scan

PODS = kinds.PODS.path()
FORBIDDEN = refusal(403, "Forbidden")


def pod(name: str, namespace: str = "shop") -> dict[str, object]:
    """The least of a pod."""
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"containers": []}}


def test_source_and_time_are_filled() -> None:
    """An inventory says which cluster it is, of which version, read when."""
    inventory = scan(Scripted())
    assert inventory.source.cluster_uid == "the-cluster"
    assert inventory.source.server_version == "v1.36.2"
    assert inventory.source.name == "test"
    assert inventory.scanned_at == 1_700_000_000.0


def test_every_type_is_listed_and_in_the_ledger() -> None:
    """Each scanned type has its line, and an empty list counts as read."""
    inventory = scan(Scripted())
    for kind in kinds.SCANNED:
        assert inventory.entry(kind).complete, kind.key


def test_pages_are_followed_to_the_end() -> None:
    """A list in pages is read by its continue tokens, in order."""
    pages = [page([pod("a")], "one"), page([pod("b")], "two"), page([pod("c")])]
    transport = Scripted({PODS: pages})
    assert [item.name for item in scan(transport).pods] == ["a", "b", "c"]
    asked = [r.query.get("continue") for r in transport.requests if r.path == PODS]
    assert asked == [None, "one", "two"]


def test_only_gets_are_sent() -> None:
    """A scan reads and does nothing else."""
    transport = Scripted({PODS: FORBIDDEN})
    scan(transport)
    assert {request.method for request in transport.requests} == {"GET"}


def test_secrets_are_asked_for_as_metadata_and_lose_annotation_values() -> None:
    """Values of secrets are never asked for, and one in an annotation is dropped at once."""
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}
    secret = {"metadata": {"name": "s", "namespace": "shop", "annotations": applied}}
    transport = Scripted({kinds.SECRETS.path(): page([secret])})
    inventory = scan(transport)
    accepts = {r.accept for r in transport.requests if r.path == kinds.SECRETS.path()}
    assert accepts == {METADATA_LIST}
    assert list(inventory.objects["secrets"][0].metadata.annotation) == list(applied)
    assert "hunter2" not in repr(inventory)


def test_a_forbidden_list_falls_back_to_namespaces() -> None:
    """What may not be listed for the cluster is listed where it may be, and the rest is named."""
    answers: Answers = {
        PODS: FORBIDDEN,
        kinds.NAMESPACES.path(): page([KUBE_SYSTEM, {"metadata": {"name": "shop"}}]),
        kinds.PODS.path("shop"): page([pod("web")]),
        kinds.PODS.path("kube-system"): FORBIDDEN,
    }
    inventory = scan(Scripted(answers))
    entry = inventory.entry(kinds.PODS)
    assert [item.name for item in inventory.pods] == ["web"]
    assert (entry.status, entry.namespaces) == (Coverage.READ, frozenset({"shop"}))
    assert entry.permission == "list pods in all namespaces"
    assert not entry.complete


def test_a_namespace_that_fails_halfway_is_not_counted() -> None:
    """In the fallback, a list that breaks leaves its namespace unknown and none of its objects."""
    answers: Answers = {
        PODS: FORBIDDEN,
        kinds.PODS.path("shop"): [page([pod("web")], "more"), refusal(500, "InternalError")],
        kinds.PODS.path("ci"): page([pod("runner", "ci")]),
    }
    inventory = scan(Scripted(answers), namespaces=["shop", "ci"])
    assert inventory.entry(kinds.PODS).namespaces == frozenset({"ci"})
    assert [item.name for item in inventory.pods] == ["runner"]


def test_namespaces_that_may_not_be_listed_are_read_by_name() -> None:
    """A user of one namespace gets that Namespace object, with its labels."""
    shop = Response(200, b'{"metadata": {"name": "shop", "labels": {"team": "books"}}}')
    answers = {kinds.NAMESPACES.path(): FORBIDDEN, kinds.NAMESPACES.path(name="shop"): shop}
    inventory = scan(Scripted(answers), namespaces=["shop", "gone"])
    assert [item.metadata.label for item in inventory.namespaces] == [{"team": "books"}]
    assert inventory.entry(kinds.NAMESPACES).namespaces == frozenset({"shop"})


def test_a_forbidden_cluster_scoped_type_is_forbidden() -> None:
    """A type without namespaces has no fallback; the missing permission is named."""
    entry = scan(Scripted({kinds.NODES.path(): FORBIDDEN})).entry(kinds.NODES)
    assert (entry.status, entry.permission) == (Coverage.FORBIDDEN, "list nodes")


def test_an_absent_group_is_absent() -> None:
    """A 404 of a list means that the server lacks the type, so that there are no objects of it."""
    entry = scan(Scripted({kinds.CRON_JOBS.path(): refusal(404, "NotFound")})).entry(
        kinds.CRON_JOBS
    )
    assert entry.status is Coverage.ABSENT
    assert entry.complete


@pytest.mark.parametrize(
    "failure", [refusal(500, "InternalError"), ClusterUnavailable("did not answer within 30 s")]
)
def test_a_failed_list_is_an_error_without_objects(failure: Response | Exception) -> None:
    """A list that fails half-way is unknown as a whole, and the others count."""
    answers: Answers = {
        PODS: [page([pod("a")], "more"), failure],
        kinds.JOBS.path(): page([pod("j")]),
    }
    inventory = scan(Scripted(answers))
    assert inventory.entry(kinds.PODS).status is Coverage.ERROR
    assert inventory.pods == ()
    assert len(inventory.objects["jobs.batch"]) == 1


def test_an_expired_list_begins_anew() -> None:
    """A continue token that expires starts that list again, counting nothing twice."""
    gone = refusal(410, "Expired")
    pages = [page([pod("a")], "old"), gone, page([pod("a")], "new"), page([pod("b")])]
    assert [item.name for item in scan(Scripted({PODS: pages})).pods] == ["a", "b"]


def test_a_list_that_always_expires_ends_in_an_error() -> None:
    """Starting anew is bounded."""
    answers = {PODS: lambda r: refusal(410, "Expired") if "continue" in r.query else page([], "t")}
    assert scan(Scripted(answers)).entry(kinds.PODS).status is Coverage.ERROR


def test_refused_credentials_end_the_scan() -> None:
    """A 401 half-way through ends the scan instead of looking like an empty cluster."""
    with pytest.raises(Unauthorized):
        scan(Scripted({PODS: refusal(401, "Unauthorized")}))


def test_nothing_readable_ends_the_scan() -> None:
    """Where every list is forbidden the error names what is missing; exit code 3."""
    answers = {kind.path(): FORBIDDEN for kind in kinds.SCANNED}
    with pytest.raises(ClusterUnavailable, match="list pods") as caught:
        scan(Scripted(answers))
    assert caught.value.exit_code == 3


def test_a_server_that_is_no_api_server_is_said() -> None:
    """An address that answers 404 with a page of HTML is no cluster."""
    html = Response(404, b"<html>not found</html>")
    with pytest.raises(ClusterUnavailable, match="does not answer as an API server"):
        scan(Scripted({"/version": html}))


@pytest.mark.parametrize(
    "body",
    [b'{"items": null}', b'{"metadata": null, "items": []}'],
    ids=["null items", "null metadata"],
)
def test_a_list_without_items_is_empty(body: bytes) -> None:
    """Null items are an empty list."""
    inventory = scan(Scripted({kinds.ROLES.path(): Response(200, body)}))
    assert inventory.entry(kinds.ROLES).complete
    assert inventory.objects[kinds.ROLES.key] == ()


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"items": {}}', b"<html>", b'{"items": [', b"\xff\xfe"]
)
def test_a_body_that_is_no_list_is_an_error_of_its_type(body: bytes) -> None:
    """A broken body leaves its own type unknown and no other."""
    inventory = scan(Scripted({kinds.ROLES.path(): Response(200, body)}))
    assert inventory.entry(kinds.ROLES).status is Coverage.ERROR
    assert inventory.entry(kinds.PODS).complete


def test_odd_objects_are_unknown_alone() -> None:
    """Items of wrong types are kept apart, each under its name, and their neighbours count."""
    items: list[Any] = [
        pod("good"),
        None,
        7,
        {"spec": {}},
        {"metadata": {"name": "bad", "namespace": "shop"}, "spec": {"containers": "none"}},
        {"metadata": {"namespace": "shop"}},
        pod("also-good"),
    ]
    inventory = scan(Scripted({PODS: page(items)}))
    assert [item.name for item in inventory.pods] == ["good", "also-good"]
    names = ["(item 1)", "(item 2)", "(item 3)", "bad", "(item 5)"]
    assert [odd.ref.name for odd in inventory.odd] == names
    assert inventory.odd[3].ref.namespace == "shop"
    assert "containers" in inventory.odd[3].reason


def test_a_name_of_a_megabyte_does_no_harm() -> None:
    """Enormous texts are bounded wherever they are shown."""
    bad = {"metadata": {"name": "x" * 1_000_000}, "spec": 1}
    inventory = scan(Scripted({PODS: page([pod("y" * 1_000_000), bad])}))
    assert len(inventory.odd[0].ref.label) <= 300
    assert kinds.PODS.ref("", inventory.pods[0].name).label.endswith("…")


def test_progress_tells_each_type_to_its_end() -> None:
    """Each type is reported, with a total where the server gives one, and finished once."""
    seen: list[Progress] = []
    pages = [page([pod("a")], "more", remaining=2), page([pod("b"), pod("c")])]
    scan(Scripted({PODS: pages}), progress=seen.append)
    pods = [report for report in seen if report.resource == "pods"]
    assert (pods[0].done, pods[0].total) == (1, 3)
    assert (pods[-1].done, pods[-1].finished) == (3, True)
    finished = [report.resource for report in seen if report.finished]
    evidence = ["/flagz", "/metrics", "endpointslices.discovery.k8s.io"]
    assert sorted(finished) == sorted([kind.key for kind in kinds.SCANNED] + evidence)


def test_a_forbidden_type_finishes_once_after_its_namespaces() -> None:
    """A type that is read namespace by namespace is not called finished before they are."""
    seen: list[Progress] = []
    answers: Answers = {PODS: FORBIDDEN, kinds.PODS.path("kube-system"): page([pod("a")])}
    scan(Scripted(answers), progress=seen.append)
    pods = [report for report in seen if report.resource == "pods"]
    assert [report.finished for report in pods].count(True) == 1
    assert (pods[-1].finished, pods[-1].done) == (True, 1)


@pytest.mark.parametrize("path", ["/version", PODS, "/flagz", "/metrics"])
def test_a_scan_is_cancelled_while_the_server_is_silent(path: str) -> None:
    """Cancelling takes a moment, not the time that a request may take, whichever it is."""
    asked, released = threading.Event(), threading.Event()

    def silent(_: Request) -> Response:
        asked.set()
        released.wait(20)
        return page([])

    begin = time.monotonic()
    with pytest.raises(Cancelled):
        scan(Scripted({path: silent}), cancelled=asked.is_set)
    assert time.monotonic() - begin < 5
    released.set()


def test_a_defect_of_our_own_is_not_hidden() -> None:
    """An error that is none of the cluster's is raised, not written down as a failed list."""
    with pytest.raises(RuntimeError):
        scan(Scripted({PODS: RuntimeError("a defect")}))


def test_the_ledger_keeps_the_servers_own_words() -> None:
    """The ledger's sentence is the server's own, so that people can search for it."""
    busy = refusal(503, "ServiceUnavailable", "etcd has no leader")
    assert "etcd has no leader" in scan(Scripted({PODS: busy})).entry(kinds.PODS).detail


def groups(*names: str, version: str = "v1") -> Response:
    """What discovery says of the API groups."""
    versions = [{"groupVersion": f"any/{version}", "version": version}]
    found = [{"name": name, "versions": versions} for name in names]
    return Response(200, json.dumps({"groups": found}).encode())


def test_a_group_that_discovery_does_not_name_is_not_asked_for() -> None:
    """Tools that are not installed cost a scan one question for all of them together."""
    transport = Scripted({"/apis": groups("apps")})
    inventory = scan(transport)
    assert {inventory.entry(kind).status for kind in kinds.CUSTOM} == {Coverage.ABSENT}
    asked = {request.path for request in transport.requests}
    assert not asked & {kind.path() for kind in kinds.CUSTOM}
    assert kinds.ADMISSION_POLICIES.path() in asked


def test_a_group_in_other_versions_only_is_unknown() -> None:
    """Objects that are there in a version that is not known here must not look like none."""
    inventory = scan(Scripted({"/apis": groups("policies.kyverno.io", version="v1alpha1")}))
    entry = inventory.entry(kinds.KYVERNO_VALIDATING_POLICIES)
    assert entry.status is Coverage.ERROR
    assert "v1alpha1" in entry.detail


@pytest.mark.parametrize("answer", [FORBIDDEN, Response(200, b"{}"), Response(200, b"\xff")])
def test_without_discovery_every_type_is_asked_for(answer: Response) -> None:
    """Where the groups cannot be read, each list says for itself whether it is there."""
    transport = Scripted({"/apis": answer})
    assert scan(transport).entry(kinds.VULNERABILITY_REPORTS).status is Coverage.READ


def template(kind: str) -> dict[str, object]:
    """The least of a ConstraintTemplate."""
    spec = {"crd": {"spec": {"names": {"kind": kind}}}}
    return {"metadata": {"name": kind.lower()}, "spec": spec}


CONSTRAINTS = "/apis/constraints.gatekeeper.sh/v1beta1/"


def test_the_constraints_of_every_template_are_listed() -> None:
    """Gatekeeper makes a type of each template; an odd name makes no path, a new one no error."""
    templates = [template("K8sDigests"), template("K8sRepos"), template("../../pods")]
    found = {"kind": "K8sDigests", "metadata": {"name": "all"}, "spec": {}}
    transport = Scripted(
        {
            kinds.CONSTRAINT_TEMPLATES.path(): page(templates),
            f"{CONSTRAINTS}k8sdigests": page([found]),
            f"{CONSTRAINTS}k8srepos": refusal(404, "NotFound"),
        }
    )
    inventory = scan(transport)
    (constraint,) = inventory.of(kinds.CONSTRAINTS, Constraint)
    assert (constraint.kind, constraint.name) == ("K8sDigests", "all")
    assert inventory.entry(kinds.CONSTRAINTS).status is Coverage.READ
    asked = [request.path for request in transport.requests if CONSTRAINTS in request.path]
    assert sorted(asked) == [f"{CONSTRAINTS}k8sdigests", f"{CONSTRAINTS}k8srepos"]


def test_constraints_that_may_not_be_listed_are_unknown() -> None:
    """One kind of constraints that cannot be read leaves it open whether any constraint denies."""
    transport = Scripted(
        {
            kinds.CONSTRAINT_TEMPLATES.path(): page([template("K8sDigests")]),
            f"{CONSTRAINTS}k8sdigests": FORBIDDEN,
        }
    )
    entry = scan(transport).entry(kinds.CONSTRAINTS)
    assert entry.status is Coverage.FORBIDDEN
    assert entry.permission == "list *.constraints.gatekeeper.sh"


def test_one_kind_of_constraints_that_is_refused_leaves_all_unknown() -> None:
    """Those that could be read are no places where constraints are known: they hold everywhere."""
    transport = Scripted(
        {
            kinds.CONSTRAINT_TEMPLATES.path(): page([template("K8sDigests"), template("K8sRepos")]),
            f"{CONSTRAINTS}k8sdigests": FORBIDDEN,
            f"{CONSTRAINTS}k8srepos": page([{"kind": "K8sRepos", "metadata": {"name": "all"}}]),
        }
    )
    entry = scan(transport).entry(kinds.CONSTRAINTS)
    assert (entry.status, entry.namespaces) == (Coverage.FORBIDDEN, None)
    assert entry.permission == "list *.constraints.gatekeeper.sh"


def test_without_any_right_the_version_of_a_tool_is_not_to_blame() -> None:
    """Who may read nothing is told so, also where Kyverno is served in another version."""
    answers = {kind.path(): FORBIDDEN for kind in kinds.SCANNED}
    answers["/apis"] = groups(*{kind.group for kind in kinds.CUSTOM}, version="v0")
    with pytest.raises(ClusterUnavailable, match="k8sharden permissions"):
        scan(Scripted(answers))


def test_more_kinds_of_constraints_than_are_read_stay_unknown() -> None:
    """A server that makes up thousands is not asked thousands of times, and proves nothing."""
    templates = [template(f"K8sMade{number}") for number in range(MOST_CONSTRAINTS + 1)]
    transport = Scripted({kinds.CONSTRAINT_TEMPLATES.path(): page(templates)})
    entry = scan(transport).entry(kinds.CONSTRAINTS)
    assert (entry.status, entry.complete) == (Coverage.ERROR, False)
    assert "501 kinds of constraints" in entry.detail
    assert not [request for request in transport.requests if CONSTRAINTS in request.path]
