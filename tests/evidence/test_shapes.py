"""Events in what clouds and collectors wrap them in, written after their documentation."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from k8sharden.evidence.read import read_chunks
from k8sharden.model.usage import Usage
from tests.evidence.events import PIPELINE, event, line

EKS = "/aws/eks/books/cluster"
AKS = (
    "/SUBSCRIPTIONS/1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/BOOKS"
)


def read(text: str | bytes) -> Usage:
    """Read a whole log."""
    return read_chunks([text.encode() if isinstance(text, str) else text], "test")


def message(**changes: Any) -> str:
    """Return an event as the text of a log event."""
    return json.dumps(event(**changes))


def rows() -> list[dict[str, Any]]:
    """Return CloudWatch's log events: two of the audit stream, one of another."""
    texts = [message(), message(verb="list"), 'time="2026-11-16" level=info msg="access granted"']
    return [{"id": str(n), "timestamp": 1, "message": text} for n, text in enumerate(texts)]


def aks(text: str) -> dict[str, Any]:
    """Return a resource log of AKS."""
    return {
        "category": "kube-audit",
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "properties": {"log": text + "\n", "pod": "kube-apiserver-1", "stream": "stdout"},
        "resourceId": AKS,
        "time": "2026-11-16T08:00:00Z",
    }


def table(*, as_text: bool) -> list[dict[str, Any]]:
    """Return rows of the table AKSAudit; a query prints dynamic columns as values or as texts."""
    put: Callable[[Any], Any] = json.dumps if as_text else lambda value: value
    return [
        {
            "AuditId": "1",
            "Annotations": put(found["annotations"]),
            "Level": "Metadata",
            "ObjectRef": put(found["objectRef"]),
            "RequestUri": found["requestURI"],
            "ResponseStatus": put(found["responseStatus"]),
            "Stage": "ResponseComplete",
            "TimeGenerated": "2026-11-16T08:00:00.2Z",
            "User": put(found["user"]),
            "Verb": found["verb"],
            "_ResourceId": AKS.lower(),
        }
        for found in (event(), event(verb="list"))
    ]


EVENTS = [event(), event(verb="list")]
AWS = {"events": rows(), "searchedLogStreams": [{"logStreamName": "kube-apiserver-audit-1"}]}
BATCH = {
    "messageType": "DATA_MESSAGE",
    "owner": "123456789012",
    "logGroup": EKS,
    "logStream": "kube-apiserver-audit-1",
    "logEvents": rows(),
}
INSIGHTS = {
    "results": [
        [{"field": "@timestamp", "value": "2026"}, {"field": "@message", "value": row["message"]}]
        for row in rows()
    ],
    "statistics": {"recordsMatched": 3},
    "status": "Complete",
}
SHAPES: Mapping[str, tuple[Any, int, str]] = {
    "lines": ("".join(map(json.dumps, EVENTS)).replace("}{", "}\n{"), 0, ""),
    "EventList": ({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": EVENTS}, 0, ""),
    "a list": (EVENTS, 0, ""),
    "filter-log-events": (AWS, 1, ""),
    "a subscription": (BATCH, 1, "books"),
    "get-query-results": (INSIGHTS, 1, ""),
    "Insights, exported": (
        [{"@timestamp": "1", "@message": each} for each in (message(), EVENTS[1])],
        0,
        "",
    ),
    "AKS to a hub": ({"records": [aks(message()), aks(message(verb="list"))]}, 0, "books"),
    "AzureDiagnostics": (
        [{"log_s": text, "ResourceId": AKS} for text in (message(), message(verb="list"))],
        0,
        "books",
    ),
    "AKSAudit": (table(as_text=False), 0, "books"),
    "AKSAudit as text": (table(as_text=True), 0, "books"),
    "Docker's json-file": (
        [{"log": each, "stream": "stdout"} for each in map(json.dumps, EVENTS)],
        0,
        "",
    ),
}


@pytest.mark.parametrize("indent", [None, 2, 4])
@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_holds_the_same(name: str, indent: int | None) -> None:
    """On one line or printed over many; what is beside the audit stream counts as foreign."""
    shape, foreign, cluster = SHAPES[name]
    usage = read(shape if isinstance(shape, str) else json.dumps(shape, indent=indent))
    assert [(use.user, use.verb, use.allowed) for use in usage.uses] == [
        (PIPELINE, "get", 1),
        (PIPELINE, "list", 1),
    ]
    # What stands in another list beside the events, such as the streams searched, is foreign.
    assert foreign <= usage.reading.foreign <= foreign + (name == "filter-log-events")
    # What stands beside the list is gone when its elements come one by one.
    known = cluster and not (indent and name == "a subscription")
    assert usage.clusters == ((cluster,) if known else ())
    assert not usage.reading.malformed + usage.reading.truncated + usage.reading.interleaved


def test_lines_of_an_export_to_a_bucket_begin_with_a_time() -> None:
    """So do those of `aws logs tail`, which names the stream too, and of a container's log."""
    begins = (
        "2026-11-16T08:00:00.000Z ",
        "2026-11-16T08:00:00+00:00 kube-apiserver-audit-1f2e ",
        "2026-11-16T08:00:00.1Z stdout F ",
    )
    usage = read("\n".join(begin + message() for begin in begins))
    assert usage.reading.events == 3
    assert not usage.reading.malformed


def test_batches_follow_one_another_without_a_break() -> None:
    """As Amazon Data Firehose writes them: that is how they are delivered, and nothing odd."""
    usage = read(json.dumps(BATCH) * 3)
    assert usage.reading.events == 6
    assert usage.reading.interleaved == 0


def test_resource_logs_of_azure_are_lines() -> None:
    """In a storage account each line is a record."""
    text = "\n".join(json.dumps(aks(message(verb=verb))) for verb in ("get", "list"))
    assert {use.verb for use in read(text).uses} == {"get", "list"}


def test_a_list_of_lines_is_read_as_it_stands() -> None:
    """Brackets on lines of their own, an element on each line between them."""
    usage = read("[\n" + ",\n".join(message() for _ in range(3)) + "\n]\n")
    assert (usage.reading.events, usage.reading.malformed) == (3, 0)


def gke(method: str, name: str, **changes: Any) -> dict[str, Any]:
    """Return an entry of Cloud Logging."""
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "authenticationInfo": {"principalEmail": "ada@kestrel.example"},
        "authorizationInfo": [{"granted": True, "permission": method, "resource": name}],
        "methodName": method,
        "resourceName": name,
        "serviceName": "k8s.io",
        "status": {},
    }
    entry = {
        "insertId": "1",
        "labels": {"authorization.k8s.io/decision": "allow"},
        "logName": "projects/books/logs/cloudaudit.googleapis.com%2Fdata_access",
        "operation": {"first": True, "id": "1", "last": True, "producer": "k8s.io"},
        "protoPayload": payload | changes.pop("payload", {}),
        "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "books", "location": "eu"}},
        "timestamp": "2026-11-16T08:00:00.123456789Z",
    }
    return entry | changes


@pytest.mark.parametrize(
    ("method", "name", "expected"),
    [
        ("core.v1.pods.list", "core/v1/namespaces/shop/pods", ("", "pods", "shop", "")),
        ("core.v1.pods.get", "core/v1/namespaces/shop/pods/web-0", ("", "pods", "shop", "web-0")),
        ("core.v1.nodes.get", "core/v1/nodes/n1", ("", "nodes", "", "n1")),
        ("core.v1.namespaces.get", "core/v1/namespaces/shop", ("", "namespaces", "shop", "shop")),
        (
            "core.v1.pods.exec.create",
            "core/v1/namespaces/shop/pods/web-0/exec",
            ("", "pods/exec", "shop", "web-0"),
        ),
        (
            "authorization.rbac.v1.clusterroles.patch",
            "rbac.authorization.k8s.io/v1/clusterroles/view",
            ("rbac.authorization.k8s.io", "clusterroles", "", "view"),
        ),
        (
            "apps.v1beta1.deployments.watch",
            "apps/v1beta1/namespaces/shop/deployments",
            ("apps", "deployments", "shop", ""),
        ),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_gke_names_methods(
    method: str, name: str, expected: tuple[str, ...], indent: int | None
) -> None:
    """The method has verb and resource, the resource's name has group, namespace and name."""
    usage = read(json.dumps([gke(f"io.k8s.{method}", name)] * 2, indent=indent))
    (use,) = usage.uses
    assert (use.group, use.resource, use.namespace, use.name) == expected
    assert (use.user, use.verb, use.allowed) == (
        "ada@kestrel.example",
        method.rpartition(".")[2],
        2,
    )
    assert usage.clusters == ("books",)
    assert any("groups" in sentence for sentence in usage.blind)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"labels": {"authorization.k8s.io/decision": "forbid"}}, (0, 1)),
        ({"labels": {}, "payload": {"status": {"code": 7}, "authorizationInfo": [{}]}}, (0, 1)),
        ({"payload": {"status": {"code": 7}}}, (1, 0)),
        ({"labels": {}, "payload": {"status": {"code": 5}}}, (1, 0)),
        ({"labels": {}, "payload": {"status": {"code": 16}, "authorizationInfo": []}}, None),
        ({"operation": {"first": True}}, (1, 0)),
    ],
)
def test_gke_says_what_was_decided(changes: Any, counts: tuple[int, int] | None) -> None:
    """The label first; else who was granted it, and else the status, in Google's codes."""
    name = "core/v1/namespaces/shop/secrets/db"
    usage = read(json.dumps(gke("io.k8s.core.v1.secrets.get", name, **changes)))
    assert [(use.allowed, use.denied) for use in usage.uses] == ([counts] if counts else [])


def test_a_gke_watch_that_begins_and_ends_is_one_request() -> None:
    """It has two entries, of which one is the first and the other the last."""
    words = ("io.k8s.core.v1.pods.watch", "core/v1/pods")
    entries = [gke(*words, operation={"first": True}), gke(*words, operation={"last": True})]
    (use,) = read("\n".join(map(json.dumps, entries))).uses
    assert use.allowed == 1


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("google.container.v1.ClusterManager.GetCluster", "projects/p/clusters/books"),
        ("io.k8s.core.v1.pods.get", "odd"),
        ("io.k8s.get", "healthz"),
        ("io.k8s.core.v1.", ""),
    ],
)
def test_entries_about_something_else_are_foreign(method: str, name: str) -> None:
    """Cloud Logging holds the logs of all services."""
    usage = read(json.dumps(gke(method, name)))
    assert (usage.uses, usage.reading.foreign) == ((), 1)


def test_an_event_of_the_core_api_is_foreign() -> None:
    """It has the same kind, and says neither who nor what was asked for."""
    usage = read(line() + b'{"kind":"Event","apiVersion":"v1","reason":"Pulled"}\n')
    assert (usage.reading.events, usage.reading.foreign) == (1, 1)


def test_what_is_wrapped_too_often_is_foreign() -> None:
    """No text in a text in a text holds up the reading."""
    text = message()
    for _ in range(8):
        text = json.dumps({"message": text})
    assert read(text).reading.foreign == 1
