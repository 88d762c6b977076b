"""Namespaces with a Pod Security label whose value the API server does not understand.

Fields: the labels ``pod-security.kubernetes.io/{enforce,audit,warn}`` and their ``-version``s.
Allowed values: ``privileged``, ``baseline``, ``restricted``; versions ``latest`` or ``v1.N``.
A bad enforce counts as restricted, a bad audit or warn as privileged, a bad version as the latest.
The API server refuses to write such a value; it keeps those that were there before it judged pods
(1.22), or that were written while the admission plugin was off.
Source: k8s.io/pod-security-admission v0.37, `api.PolicyToEvaluate`, `Admission.ValidateNamespace`.
"""

from collections.abc import Iterator

from k8sharden.analysis.pod_security import PREFIX, Level, invalid_labels, minor_of
from k8sharden.analysis.pod_security.workloads import below
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NAMESPACES
from k8sharden.model.objects import Namespace
from k8sharden.model.text import one_line
from remediations.pod_security.labels import (
    found_namespace,
    label_finding,
    named,
    namespaces_of_people,
    pinned,
    set_labels,
    value_of,
)

_ENFORCE = "enforce"
_VERSION = "-version"
_FOR_GOOD = (
    "Undo removes these labels, and leaves enforce as it is then, which does the same: no API "
    "server takes the old words again."
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for namespace in namespaces_of_people(inventory):
        bad = _bad(namespace)
        if bad:
            said = " ".join(_said(label, value_of(namespace, label) or "") for label in bad)
            yield label_finding(ITEM, namespace, bad[0], f"Namespace {namespace.name}: {said}")


def _bad(namespace: Namespace) -> list[str]:
    found = invalid_labels(namespace.metadata.label)
    return [label.removeprefix(PREFIX) for label in found]


def _said(label: str, value: str) -> str:
    shown = f"{label} is {one_line(value, 63) or 'empty'!r}"
    if label.endswith(_VERSION):
        return f"{shown}, which is no version and counts as latest."
    if label == _ENFORCE:
        return f"{shown}, which is no level and counts as restricted."
    return f"{shown}, which is no level, so that nothing is shown."


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    namespace = found_namespace(found, inventory)
    if isinstance(namespace, NoChange):
        return namespace
    bad = _bad(namespace)
    if not bad:
        return NoChange("Its labels are understood by now: scan again.")
    return set_labels(
        found,
        f"Write Pod Security labels of {found.resource.label} that are understood",
        {label: _right(label, inventory) for label in bad},
        (*_in_force(namespace, inventory), _FOR_GOOD) if _ENFORCE in bad else (_FOR_GOOD,),
    )


def _right(label: str, inventory: Inventory) -> str:
    """Return the value that is in force already; for audit and warn, the one that shows most."""
    if label == f"{_ENFORCE}{_VERSION}":
        return pinned(inventory)
    return "latest" if label.endswith(_VERSION) else str(Level.RESTRICTED)


def _in_force(namespace: Namespace, inventory: Inventory) -> Iterator[str]:
    yield "It writes down what the API server does already: restricted is enforced now, too."
    minor = minor_of(inventory.source.server_version)
    short = below(Level.RESTRICTED, inventory, namespace.name, minor)
    if short:
        yield (
            f"New pods of {named(short)} are refused at restricted, today as well: fix them, or "
            "choose a lower level yourself if that was meant."
        )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A Pod Security label of a namespace holds a word that is no level, or a version that is "
        "none: a typing error, a capital letter, a value from a draft. The API server guesses, and "
        "differently each time: a bad enforce counts as restricted, a bad audit or warn as "
        "privileged, a bad version as the latest."
    ),
    why=(
        "Whoever set the label believes in something that does not happen. With a bad audit or "
        "warn nothing is written down and nobody is warned, so that the namespace looks clean. "
        "With a bad enforce the next pod may be refused that ran for years. And while it is there, "
        "a check of labels by eye passes it by: there is a label, after all."
    ),
    attack=(
        "The back office asked to be told of every pod that is not strict: legacy has audit: "
        "strict, a word that no API server knows. Mallory replaces Pod legacy/ftp-bridge by one "
        "with the host's network and a keylogger. The audit log that the team watches says nothing "
        "of Pod Security at all, today as on every day before."
    ),
    fix=(
        "Each label that is not understood gets the value that is wanted there: audit and warn "
        "restricted, since they only show; a version the server's or latest. A bad enforce becomes "
        "restricted, which is what the API server makes of it already, so that nothing changes but "
        "that people can read it."
    ),
    breaks=(
        "Nothing is refused that was admitted before. Warnings appear where nobody saw any, and "
        "the audit log grows by an annotation for each pod that falls short. Automation that "
        "treats warnings as failures will stop. Ask whoever wrote the label what they "
        "meant: undo cannot bring the old word back."
    ),
    verify=(
        "`kubectl get ns legacy --show-labels` shows only levels and versions that exist. `kubectl "
        "-n legacy run probe --image=busybox --dry-run=server` prints a warning that begins with "
        "'would violate PodSecurity', and so does every tool that creates pods there."
    ),
    reading=(
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
        Reference(
            "Enforce Pod Security Standards with namespace labels",
            f"{_DOCS}/tasks/configure-pod-container/enforce-standards-namespace-labels/",
        ),
    ),
)

ITEM = Item(
    id="pss-invalid-label",
    title="Pod Security labels hold values that are understood",
    area=Area.POD_SECURITY,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=(NAMESPACES,),
    references=(
        Reference("CIS Kubernetes 5.2.1"),
        Reference("Pod Security Admission", f"{_DOCS}/concepts/security/pod-security-admission/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
    last=True,
)
