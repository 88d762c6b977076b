"""Namespaces in which nothing is written down about pods that fall short of a level.

Field: the label ``pod-security.kubernetes.io/audit``.
Allowed values: any level that somebody chose. A missing ``warn`` is not found, since it takes the
enforced level by itself; a missing ``audit`` takes none.
Source: Kubernetes documentation, "Pod Security Admission"; k8s.io/pod-security-admission v0.37.
"""

from collections.abc import Iterator

from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NAMESPACES
from remediations.pod_security.labels import (
    found_namespace,
    label_finding,
    namespaces_of_people,
    set_labels,
    value_of,
    visible_modes,
)

_AUDIT = "audit"


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for namespace in namespaces_of_people(inventory):
        if value_of(namespace, _AUDIT) is None:
            said = (
                f"Namespace {namespace.name} has no audit level: the audit log says nothing of "
                "pods and templates that fall short."
            )
            yield label_finding(ITEM, namespace, _AUDIT, said)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    namespace = found_namespace(found, inventory)
    if isinstance(namespace, NoChange):
        return namespace
    labels = visible_modes(namespace)
    if _AUDIT not in labels:
        return NoChange("It has an audit level by now: scan again.")
    return set_labels(
        found, f"Show in {found.resource.label} what falls short of restricted", labels
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "Pod Security has three modes. Enforce refuses pods; audit adds an annotation to the entry "
        "of the audit log; warn tells the person who sends the request. Without the audit label "
        "the log says nothing of a pod, or of a Deployment's template, that falls short of the "
        "level that you are working towards."
    ),
    why=(
        "Warnings are seen by whoever types, and robots read none. The audit log is the one place "
        "where, weeks later, you can find out what a stricter level would have refused, who asked "
        "for it and how often. Without it the step from baseline to restricted is a guess. It "
        "refuses nothing and costs a few bytes for each such request."
    ),
    attack=(
        "Mallory tries what office admits: she patches Deployment office/wiki with one capability "
        "more each night, then with the host's network. Every one of these requests stands in the "
        "audit log among thousands of harmless ones, and none of them is marked. With audit at "
        "restricted each would carry 'would violate PodSecurity', and a single search finds her."
    ),
    fix=(
        "The namespace gets audit: restricted, at the latest version, so that the log shows all "
        "that is left to do. Warn gets the same where nobody chose a level, so that people see it "
        "too. Neither refuses anything; what somebody has chosen stays as it is."
    ),
    breaks=(
        "Nothing is refused. People and pipelines see warnings at each write of a template that "
        "falls short of restricted; a tool that takes warnings for failures will stop. The audit "
        "log grows a little, and it has to be switched on for the label to be worth anything."
    ),
    verify=(
        "`kubectl -n office run probe --image=busybox --dry-run=server` prints 'would violate "
        'PodSecurity "restricted:latest"\'. In the audit log, the entries of such requests carry '
        "the annotation pod-security.kubernetes.io/audit-violations, which names each control and "
        "container."
    ),
    reading=(
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference(
            "Annotations of the audit log",
            f"{_DOCS}/reference/labels-annotations-taints/audit-annotations/",
        ),
    ),
)

ITEM = Item(
    id="pss-no-audit",
    title="Namespaces write down what falls short of restricted",
    area=Area.POD_SECURITY,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=(NAMESPACES,),
    references=(
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
    last=True,
)
