"""Containers that may use all the memory of their node.

Field: ``resources.limits.memory`` of every init and main container, or of the pod
(``spec.resources``, Kubernetes 1.34), which bounds all of its containers together. Ephemeral
containers cannot have any.
Allowed values: any quantity but 0. Where a LimitRange of the namespace has a default (or, lacking
one, a maximum) for containers, admission fills it in, and nothing is wrong.
The fix takes the container's own request as its limit and makes up no number: without a request
there is none, since neither a manifest nor the API tells what a program needs. The bound on
processes, ``podPidsLimit``, is a setting of the kubelet that the API shows only to those who may
use nodes/proxy, which no scan should be granted.
Source: Kubernetes documentation, "Resource Management for Pods and Containers", "Limit Ranges".
"""

from collections.abc import Iterator, Mapping

from k8sharden.analysis.containers import (
    Defect,
    Fix,
    field_of,
    judge,
    named,
    offenders,
    path_of,
    repair,
    verb,
)
from k8sharden.model.change import Change, ChangeKind, NoChange, SetField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import LIMIT_RANGES, WORKLOADS, listings
from k8sharden.model.objects import LimitRange
from k8sharden.model.pods import Container, Resources, Visited
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

_FIELD = "resources.limits.memory"
_Quantities = Mapping[str, str | int | float]


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    known, bounded = inventory.entry(LIMIT_RANGES), _bounded(inventory)
    among = (
        workload
        for workload in workloads(inventory)
        if known.covers(workload.namespace) and workload.namespace not in bounded
    )
    return judge(ITEM, among, _defect)


def _bounded(inventory: Inventory) -> set[str]:
    """Return the namespaces in which admission gives every container a limit."""
    ranges = inventory.of(LIMIT_RANGES, LimitRange)
    return {each.namespace for each in ranges if _has_default(each)}


def _has_default(limit_range: LimitRange) -> bool:
    limits = limit_range.spec.limits if limit_range.spec else None
    return any(
        item.type == "Container" and (_memory(item.default) or _memory(item.max))
        for item in limits or ()
    )


def _memory(quantities: _Quantities | None) -> str:
    """Return the amount of memory that is stated; empty where none is, and 0 is none."""
    stated = str((quantities or {}).get("memory", ""))
    return "" if stated == "0" else stated


def _limit(resources: Resources | None) -> str:
    return _memory(resources.limits) if resources else ""


def _request(container: Container) -> str:
    return _memory(container.resources.requests) if container.resources else ""


def _unbounded(workload: Workload) -> tuple[Visited, ...]:
    """Return the containers without a limit of their own."""
    found = offenders(workload, lambda container: not _limit(container.resources))
    return tuple(seen for seen in found if not seen.is_ephemeral)


def _defect(workload: Workload) -> Defect | None:
    found = _unbounded(workload)
    if not found or _limit(workload.spec.resources):
        return None
    message = (
        f"Nothing keeps {named(found)} from using all the memory of a node: there is no limit."
    )
    return Defect(message, field_of(workload, found[0], _FIELD), found)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    if found.resource.namespace in _bounded(inventory):
        return NoChange("A LimitRange of its namespace gives it a limit by now: scan again.")
    return repair(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    containers = _unbounded(workload)
    silent = [seen for seen in containers if not _request(seen.container)]
    if silent:
        return NoChange(
            f"Nothing says what {named(silent)} {verb(silent, 'needs', 'need')}, and a limit that "
            "nobody measured kills what it is to protect. Watch `kubectl -n "
            f"{one_line(workload.namespace, 70)} top pod --containers` through a busy "
            "day, then set request and limit above its peak."
        )
    requests = {seen.container.name: _request(seen.container) for seen in containers}
    return Fix(
        f"Limit the memory of {workload.ref.label}",
        tuple(
            SetField(
                path_of(workload, seen, "resources", "limits", "memory"),
                requests[seen.container.name],
            )
            for seen in containers
        ),
        (
            (
                f"Needs testing: {named(containers)} may then use as much as the request asks for, "
                f"and {verb(containers, 'is', 'are')} killed beyond it (OOMKilled). Compare the "
                "request with `kubectl top pod --containers` at its busiest, and raise both "
                "where it comes near."
            ),
        ),
        {"requests": requests},
        listings([LIMIT_RANGES], workload.namespace),
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "Each container can say how much memory it is scheduled with (its request) and how much "
        "it may use at most (its limit). Without a limit it may take whatever the node has. A "
        "LimitRange in the namespace gives a default to containers that say nothing; a pod may "
        "also bound its containers together. The kernel ends a process that goes beyond."
    ),
    why=(
        "A node that runs out of memory picks victims, and they are not always the guilty: the "
        "kubelet evicts pods, the kernel kills processes of neighbours. So one leak, or one "
        "request that makes a parser swell, takes down what else runs there. With a limit the "
        "container that swells is the one that ends, is started again, and shows as OOMKilled "
        "with its name."
    ),
    attack=(
        "Deployment shop/accounts unpacks profile pictures. An attacker uploads a small archive "
        "that unpacks to forty gigabytes. There is no limit, so the process grows until worker-1 "
        "has nothing left; the kubelet evicts the pods of payments/checkout beside it, and the "
        "till is closed on a Saturday. With a limit the picture service falls over alone, and is "
        "back seconds later."
    ),
    fix=(
        "Where a container states a memory request, that number becomes its limit too: it is what "
        "its owner said it needs, and request and limit being equal is what Kubernetes treats "
        "best under pressure. Where nothing was stated nothing is made up: measure first. A "
        "LimitRange with a default covers what comes later and what nobody remembered."
    ),
    breaks=(
        "Whatever really uses more than it asked for: it is killed and restarted, which looks "
        "like a crash. Requests are often set low to fit more pods on a node, and runtimes with "
        "heaps of their own (the JVM, Node.js) size them by the limit. Compare with real use over "
        "a busy day before you apply, and start with a workload that has several replicas."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/accounts`, then `kubectl -n shop get pods -l "
        "app=accounts -o jsonpath='{..resources.limits}'` shows the limit. Over the next days "
        "`kubectl -n shop top pod --containers` should stay clear of it, and "
        "`kubectl -n shop get pods` should show no growing restart counts; OOMKilled stands in "
        "`kubectl describe pod`."
    ),
    reading=(
        Reference(
            "Resource management for pods and containers",
            f"{_DOCS}/concepts/configuration/manage-resources-containers/",
        ),
        Reference("Limit ranges", f"{_DOCS}/concepts/policy/limit-range/"),
        Reference("Process ID limits and reservations", f"{_DOCS}/concepts/policy/pid-limiting/"),
    ),
)

ITEM = Item(
    id="rt-limits",
    title="Containers have a memory limit",
    area=Area.RUNTIME,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=(*WORKLOADS, LIMIT_RANGES),
    references=(
        Reference("NSA/CISA Kubernetes Hardening Guide: resource policies"),
        Reference(
            "Kubernetes application security checklist",
            f"{_DOCS}/concepts/security/application-security-checklist/",
        ),
        Reference("CIS Kubernetes 4.2.13"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
