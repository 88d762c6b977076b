"""Namespaces whose enforce label says privileged, the level that refuses nothing.

Field: the label ``pod-security.kubernetes.io/enforce``.
Allowed values: ``baseline``, ``restricted``. It counts less where something that runs there needs
the host, so that no stricter level would do: the label then tells the truth.
Source: Kubernetes documentation, "Pod Security Admission"; CIS Kubernetes Benchmark 5.2.2.
"""

from collections.abc import Iterator

from k8sharden.analysis.pod_security import Level, minor_of
from k8sharden.analysis.pod_security.workloads import below
from k8sharden.model.change import ChangeKind
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NAMESPACES, WORKLOADS
from k8sharden.model.objects import Namespace
from remediations.pod_security.labels import (
    enforce_highest,
    label_finding,
    named,
    namespaces_of_people,
    value_of,
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for namespace in namespaces_of_people(inventory):
        if value_of(namespace, "enforce") == Level.PRIVILEGED.value:
            yield _finding(namespace, inventory)


def _finding(namespace: Namespace, inventory: Inventory) -> Finding:
    said = f"Namespace {namespace.name} admits any pod: its enforce label says privileged."
    minor = minor_of(inventory.source.server_version)
    needing = below(Level.BASELINE, inventory, namespace.name, minor)
    if needing:
        said += f" Less severe, since no other level would admit what runs: {named(needing)}."
    severity = Severity.MEDIUM if needing else Severity.HIGH
    return label_finding(ITEM, namespace, "enforce", said, severity)


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "The label pod-security.kubernetes.io/enforce: privileged looks like a decision about "
        "safety and is the opposite: privileged is the level that allows everything. A namespace "
        "with it admits exactly what one without any label admits, and whoever only looks whether "
        "the label is there passes it by."
    ),
    why=(
        "Mostly it was set because one workload needed the host for one thing, or because a chart "
        "failed to start on the day that labels were introduced. From then on everything else in "
        "that namespace runs without a fence, too: whoever may create a pod there can mount the "
        "node's disk. The exception for one has become the rule for all."
    ),
    attack=(
        "A pull request from outside runs in Deployment ci/runner and finds the runner's token, "
        "which may create pods in its namespace. One of them is privileged and mounts the node's "
        "root folder: nothing objects, since ci says privileged for the sake of an image builder. "
        "From the node she reads the tokens of every other pod on it."
    ),
    fix=(
        "Enforce goes to the strictest level that every pod template and every running pod of the "
        "namespace meets, pinned to the server's version; audit and warn go to restricted where "
        "nobody chose them. Where something needs the host, no level would admit it: give it a "
        "namespace of its own, fix the others, and raise this one then."
    ),
    breaks=(
        "Nothing that runs is evicted, and nothing that runs today is refused. What comes later "
        "and falls short is: debug pods, charts that are not installed yet, sidecars that a "
        "webhook adds. A Deployment is accepted all the same, with a warning; its pods fail to "
        "appear, and its ReplicaSet says FailedCreate."
    ),
    verify=(
        "`kubectl label --dry-run=server --overwrite ns ci "
        "pod-security.kubernetes.io/enforce=baseline` names every running pod that would fall "
        "short. After the change, `kubectl -n ci run probe --image=busybox --privileged "
        "--dry-run=server` has to answer 'violates PodSecurity'; watch for events with the reason "
        "FailedCreate."
    ),
    reading=(
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "MITRE ATT&CK T1611, Escape to Host", "https://attack.mitre.org/techniques/T1611/"
        ),
    ),
)

ITEM = Item(
    id="pss-enforce-privileged",
    title="No namespace enforces the level privileged",
    area=Area.POD_SECURITY,
    severity=Severity.HIGH,
    kind=ChangeKind.PATCH,
    scope=Scope.NAMESPACE,
    needs=(*WORKLOADS, NAMESPACES),
    references=(
        Reference("CIS Kubernetes 5.2.2"),
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=enforce_highest,
    last=True,
)
