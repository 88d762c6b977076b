"""Namespaces whose Pod Security labels pin a version that their API server does not know yet.

Fields: the labels ``pod-security.kubernetes.io/{enforce,audit,warn}-version``.
Allowed values: ``latest``, or ``v1.N`` up to the server's own minor version. A newer one counts as
the server's, so that nothing breaks today; each upgrade changes what it means, unasked.
Source: Kubernetes documentation, "Pod Security Admission"; k8s.io/pod-security-admission v0.37.
"""

from collections.abc import Iterator

from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NAMESPACES
from k8sharden.model.objects import Namespace
from remediations.pod_security.labels import (
    found_namespace,
    label_finding,
    namespaces_of_people,
    set_labels,
)
from remediations.pod_security.versions import Pinned, current, pinned_versions, server


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for namespace in namespaces_of_people(inventory):
        newer = _newer(namespace, inventory)
        if newer:
            said = (
                f"Namespace {namespace.name} pins {', '.join(each.words for each in newer)}, which "
                f"an API server of v1.{server(inventory)} does not know: it judges by its own."
            )
            yield label_finding(ITEM, namespace, newer[0].label, said)


def _newer(namespace: Namespace, inventory: Inventory) -> list[Pinned]:
    known = server(inventory)
    return [each for each in pinned_versions(namespace) if each.minor > known]


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    namespace = found_namespace(found, inventory)
    if isinstance(namespace, NoChange):
        return namespace
    labels = current(_newer(namespace, inventory), inventory)
    if not labels:
        return NoChange("The API server knows its versions by now: scan again.")
    title = f"Pin versions in {found.resource.label} that the API server knows"
    return set_labels(found, title, labels)


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "The rules of a Pod Security level change with Kubernetes, and a label beside the level "
        "says whose rules are meant: enforce-version v1.36, say. Here a label names a version that "
        "the API server is too old for. It cannot know those rules, so it silently applies its own "
        "newest ones."
    ),
    why=(
        "Pinning exists so that an upgrade does not refuse overnight what ran the day before. A "
        "version from the future pins nothing: with each upgrade up to that version the rules move "
        "along, and nobody has tested against them. It also tells whoever reads the label "
        "something that is not so, in an audit for example."
    ),
    attack=(
        "The platform team writes in its audit that namespace gitops, with StatefulSet "
        "gitops/argocd-application-controller, is held to the rules of v1.37. The API server is "
        "v1.36 and goes by its own rules. Where a rule of the newer version closes a hole, Mallory "
        "still walks through it, and the report says that she cannot."
    ),
    fix=(
        "The version of enforce is set to the server's own minor version, the ones of audit and "
        "warn to latest. All of these are what the server applies already, so nothing is judged "
        "differently after the change. After the next upgrade, look at the warnings, then raise "
        "the pinned version."
    ),
    breaks=(
        "Nothing: the API server judged by these rules before. If the label comes from a template "
        "that is shared by clusters of several versions, the same manifest will no longer fit all "
        "of them: pin the oldest of their versions there, or set it for each cluster."
    ),
    verify=(
        "`kubectl version` shows the API server's version, `kubectl get ns gitops --show-labels` "
        "what is pinned: no label may name a newer one. `kubectl -n gitops run probe "
        "--image=busybox --dry-run=server` still answers with the same refusal or warning, now "
        "naming the server's version."
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
    id="pss-version-future",
    title="Pinned Pod Security versions are known to the server",
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
