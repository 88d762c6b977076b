"""Namespaces that enforce no Pod Security Standard, and so admit any pod.

Fields: the labels ``pod-security.kubernetes.io/{enforce,audit,warn}`` and their ``-version``s.
Allowed values: ``privileged``, ``baseline``, ``restricted``; versions ``latest`` or ``v1.N``.
Without the enforce label the API server applies its default, which is privileged unless its
admission configuration file says otherwise; that file cannot be read through the API. Policies of
Kyverno, Gatekeeper or the API server that judge the same are named, and not judged (decision 9).
Source: Kubernetes documentation, "Pod Security Admission"; CIS Kubernetes Benchmark 5.2.1.
"""

from collections.abc import Iterator

from k8sharden.analysis.pod_policies import pod_policies
from k8sharden.model.change import ChangeKind
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NAMESPACES, WORKLOADS
from k8sharden.model.text import one_line
from remediations.pod_security.labels import (
    enforce_highest,
    label_finding,
    namespaces_of_people,
    value_of,
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    others = _others(inventory)
    for namespace in namespaces_of_people(inventory):
        if value_of(namespace, "enforce") is None:
            said = (
                f"Namespace {namespace.name} admits any pod, unless the API server's own "
                f"configuration says otherwise: no label enforces a level.{others}"
            )
            yield label_finding(ITEM, namespace, "enforce", said)


def _others(inventory: Inventory) -> str:
    """Say, in a sentence, which policies seem to ask for the same; empty where none was read."""
    found = [policy.label for policy in pod_policies(inventory)]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    names = one_line(", ".join(found[:_NAMED]), 200)
    return f" Policies speak of such rights, and are not judged here: {names}{more}." * bool(found)


_NAMED = 3
_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "Pod Security admission is built into the API server. A label on a namespace says which "
        "of three standards its pods have to meet: privileged (anything), baseline (no known "
        "ways out of a container) or restricted (current good practice). Pods that fall short of "
        "enforce are refused; audit and warn only write it down or tell the person at the "
        "keyboard. A namespace without the enforce label admits everything."
    ),
    why=(
        "Every other item on this list repairs what is there today. This one decides what can "
        "come tomorrow. Without it, anybody who may create a pod in the namespace, or steals the "
        "token of a robot that may, can ask for a privileged container, the node's process table "
        "or its whole disk, and gets it. RBAC cannot say 'pods, but harmless ones'; this label "
        "can, and it needs no add-on."
    ),
    attack=(
        "Sam looks after Deployment office/wiki and may create pods in its namespace; Mallory has "
        "Sam's laptop for five minutes. She posts a pod with hostPID, a privileged container and "
        "the node's / mounted at /host. The API server has no objection, the scheduler finds it a "
        "node, and `chroot /host` makes her root there: kubelet credentials, every Secret mounted "
        "on that node, all of it. With enforce=baseline the very first request answers 403, and "
        "the audit log has Sam's name."
    ),
    fix=(
        "The namespace gets enforce at the strictest level that every pod template and every "
        "running pod in it meets now, so that nothing is turned away today. Its version is "
        "pinned to the server's, so that an upgrade does not tighten it overnight. Audit and warn "
        "are set to restricted at latest: they refuse nothing. Planned along with the fixes of "
        "its workloads, the label comes last, at the level that these make possible, and only "
        "once they have rolled out."
    ),
    breaks=(
        "Running pods are never evicted. What is refused later is a pod below the level: a debug "
        "pod, a chart installed tomorrow, a sidecar that a webhook adds. A Deployment is still "
        "accepted, with a warning; its pods then fail to appear, and the ReplicaSet says "
        "FailedCreate. A default or an exemption in the API server's own configuration, or "
        "another policy engine, no list shows: the review tries a pod, without storing it, and "
        "tells what comes of it."
    ),
    verify=(
        "`kubectl label --dry-run=server --overwrite ns office "
        "pod-security.kubernetes.io/enforce=baseline` prints a warning for every running pod that "
        "would fall short: none should appear. Then `kubectl -n office run probe --image=busybox "
        "--privileged --dry-run=server` must answer 'violates PodSecurity'. Watch `kubectl -n "
        "office get events --field-selector reason=FailedCreate`."
    ),
    reading=(
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "Enforce Pod Security Standards with namespace labels",
            f"{_DOCS}/tasks/configure-pod-container/enforce-standards-namespace-labels/",
        ),
        Reference(
            "MITRE ATT&CK T1611, Escape to Host", "https://attack.mitre.org/techniques/T1611/"
        ),
    ),
)

ITEM = Item(
    id="pss-no-enforce",
    title="Namespaces enforce a Pod Security level",
    area=Area.POD_SECURITY,
    severity=Severity.HIGH,
    kind=ChangeKind.PATCH,
    scope=Scope.NAMESPACE,
    needs=(*WORKLOADS, NAMESPACES),
    references=(
        Reference("CIS Kubernetes 5.2.1"),
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference("NSA/CISA Kubernetes Hardening Guide: Kubernetes Pod security"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=enforce_highest,
    last=True,
)
