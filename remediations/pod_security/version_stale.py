"""Namespaces whose Pod Security labels pin a version more than three minors older than the server.

Fields: the labels ``pod-security.kubernetes.io/{enforce,audit,warn}-version``.
Allowed values: ``latest``, or ``v1.N`` of the server's minor version or up to three before it,
which is about a year. Holes that newer rules close stay open under older ones.
Source: Kubernetes documentation, "Pod Security Admission", "Version Skew Policy".
"""

from collections.abc import Iterator

from k8sharden.analysis.pod_security import Level, minor_of
from k8sharden.analysis.pod_security.workloads import below, namespace_level, not_read
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NAMESPACES
from k8sharden.model.objects import Namespace
from remediations.pod_security.labels import (
    found_namespace,
    label_finding,
    named,
    namespaces_of_people,
    pinned,
    resting,
    set_labels,
)
from remediations.pod_security.versions import (
    Pinned,
    current,
    enforced,
    pinned_versions,
    server,
)

_BEHIND = 3


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for namespace in namespaces_of_people(inventory):
        older = _older(namespace, inventory)
        if older:
            said = (
                f"Namespace {namespace.name} pins {', '.join(each.words for each in older)}, more "
                f"than {_BEHIND} minor versions behind the API server's v1.{server(inventory)}."
            )
            yield label_finding(ITEM, namespace, older[0].label, said)


def _older(namespace: Namespace, inventory: Inventory) -> list[Pinned]:
    oldest = server(inventory) - _BEHIND
    return [each for each in pinned_versions(namespace) if each.minor < oldest]


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    namespace = found_namespace(found, inventory)
    if isinstance(namespace, NoChange):
        return namespace
    older = _older(namespace, inventory)
    if not older:
        return NoChange("Its versions are recent by now: scan again.")
    title = f"Pin the current Pod Security version in {found.resource.label}"
    change = set_labels(found, title, current(older, inventory))
    level = enforced(older, namespace)
    return change if level is None else _judged(change, level, namespace.name, inventory)


def _judged(change: Change, level: Level, name: str, inventory: Inventory) -> Change | NoChange:
    """Return the change where everything meets the level by newer rules too, or who does not."""
    if gap := not_read(name, inventory):
        return NoChange(f"Cannot tell whether newer rules would refuse what runs: {gap}")
    minor = minor_of(inventory.source.server_version)
    met = namespace_level(inventory, name, minor)
    if met < level:
        short = named(below(level, inventory, name, minor))
        return NoChange(
            f"By the rules of {pinned(inventory)}, {level} would refuse pods of {short}: fix them "
            "first."
        )
    return resting(change, met, pinned(inventory), name)


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "The rules of a Pod Security level change with Kubernetes, and a label beside the level "
        "says whose rules are meant. This one was pinned when the cluster was young and never "
        "raised: pods are still judged by rules that are more than three minor versions, about a "
        "year, older than the API server."
    ),
    why=(
        "New rules come because something new became dangerous, or because an old hole was found. "
        "Since v1.34, for example, baseline refuses probes and lifecycle hooks that make the "
        "kubelet send requests to any host. An older pin keeps that door open, on a cluster that "
        "knows better, and keeps out what newer rules have found harmless."
    ),
    attack=(
        "Mallory may change StatefulSet databases/orders-db, in a namespace that enforces baseline "
        "as of v1.29. She adds a liveness probe whose host is the address of the cloud's metadata "
        "service: the kubelet, not the pod, now sends her requests from the node. The rules of the "
        "server's own version refuse such a pod; the old pin admits it."
    ),
    fix=(
        "The version of enforce goes to the server's own minor version, but only if every pod "
        "template and every running pod of the namespace meets the enforced level by those rules, "
        "too; otherwise you are told which do not. Audit and warn go to latest, since they refuse "
        "nothing."
    ),
    breaks=(
        "Nothing that runs today. A pod that comes later is judged by newer rules: one whose probe "
        "names a host is refused then, as an example. Automation that compares namespaces with "
        "what is in a repository will want the new value there as well."
    ),
    verify=(
        "`kubectl label --dry-run=server --overwrite ns databases "
        "pod-security.kubernetes.io/enforce-version=v1.36` prints a warning for each pod that "
        "newer rules would refuse: there must be none. Afterwards `kubectl get ns databases "
        "--show-labels` shows the version, and rollouts still bring up their pods."
    ),
    reading=(
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
)

ITEM = Item(
    id="pss-version-stale",
    title="Pinned Pod Security versions keep up with the server",
    area=Area.POD_SECURITY,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=(NAMESPACES,),
    references=(
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
    last=True,
)
