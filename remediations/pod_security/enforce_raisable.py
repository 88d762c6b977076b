"""Namespaces that enforce baseline although everything in them meets restricted.

Field: the label ``pod-security.kubernetes.io/enforce``.
Allowed values: the strictest level that every pod template and every running pod meets. A namespace
in which nothing runs is left alone: nothing shows that what comes would pass.
Source: Kubernetes documentation, "Pod Security Admission", "Pod Security Standards".
"""

from collections.abc import Iterator

from k8sharden.analysis.pod_security import Level, minor_of
from k8sharden.analysis.pod_security.workloads import namespace_levels, not_read
from k8sharden.model.change import ChangeKind
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NAMESPACES, WORKLOADS
from remediations.pod_security.labels import (
    enforce_highest,
    label_finding,
    namespaces_of_people,
    value_of,
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    met = namespace_levels(inventory, minor_of(inventory.source.server_version))
    for namespace in namespaces_of_people(inventory):
        baseline = value_of(namespace, "enforce") == Level.BASELINE.value
        raisable = baseline and met.get(namespace.name) is Level.RESTRICTED
        # An object that could not be read, which is unknown by itself, may fall short.
        if raisable and not not_read(namespace.name, inventory):
            said = (
                f"Everything in namespace {namespace.name} meets restricted, and only baseline is "
                "enforced."
            )
            yield label_finding(ITEM, namespace, "enforce", said)


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A namespace enforces baseline, the middle one of three levels, while each of its pod "
        "templates and each pod that runs meets restricted, the highest. The work is done, and the "
        "label does not hold it yet: a template that falls back to baseline tomorrow is admitted "
        "without a word."
    ),
    why=(
        "What is not enforced does not last. Someone drops runAsNonRoot to get a release out, a "
        "new chart brings a container that runs as root with every capability of the default set, "
        "and nobody notices, since baseline allows both. The restricted level costs nothing here, "
        "because everything passes it already; later it will cost work again."
    ),
    attack=(
        "Mallory may change one repository that Argo CD rolls out beside Deployment "
        "gitops/argocd-server. She adds a pod that runs as root with NET_RAW and may escalate "
        "privileges, listens to its neighbours' traffic, and looks for a kernel bug at leisure. "
        "Baseline lets all of that in; restricted would have refused the pod."
    ),
    fix=(
        "The enforce label goes to restricted, with its version pinned to the server's, so that an "
        "upgrade does not tighten it overnight. Before it is written, all templates and pods of "
        "the namespace are read again: if one of them falls short by then, nothing is written and "
        "you are told which."
    ),
    breaks=(
        "Nothing that runs now. What comes later has to meet restricted: no root, no added "
        "capability but NET_BIND_SERVICE, a seccomp profile, no privilege escalation. Think of "
        "`kubectl debug`, of jobs that run once a year, and of sidecars that a webhook adds."
    ),
    verify=(
        "`kubectl label --dry-run=server --overwrite ns gitops "
        "pod-security.kubernetes.io/enforce=restricted` prints a warning for each pod that would "
        "fall short: there must be none. Afterwards `kubectl -n gitops run probe --image=busybox "
        "--dry-run=server` has to be refused, and every rollout still has to bring up its pods."
    ),
    reading=(
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "Enforce Pod Security Standards with namespace labels",
            f"{_DOCS}/tasks/configure-pod-container/enforce-standards-namespace-labels/",
        ),
    ),
)

ITEM = Item(
    id="pss-enforce-raisable",
    title="Namespaces enforce the highest level that they meet",
    area=Area.POD_SECURITY,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.NAMESPACE,
    needs=(*WORKLOADS, NAMESPACES),
    references=(
        Reference("CIS Kubernetes 5.2.1"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=enforce_highest,
    last=True,
)
