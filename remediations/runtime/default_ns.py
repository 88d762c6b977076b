"""Workloads in the namespace ``default``, where nothing was ever decided for them.

Field: ``metadata.namespace`` of every workload.
Good: any other namespace. What has ended, and the Service ``kubernetes`` that the API server keeps
there, do not count. Files are not judged, since one that names no namespace goes wherever whoever
applies it says.
Source: CIS Kubernetes Benchmark 5.6.4.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, judge
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.workloads import Workload, workloads

_DEFAULT = "default"


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return judge(ITEM, workloads(inventory), _defect)


def _defect(workload: Workload) -> Defect | None:
    if workload.namespace != _DEFAULT:
        return None
    return Defect(
        "It runs in namespace default, beside whatever is created without naming a namespace.",
        "metadata.namespace",
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:  # noqa: ARG001 - the shape of every item
    return NoChange(
        "An object cannot be moved to another namespace. Make one for this application, create "
        f"{found.resource.label} there from its source with all that it uses (Secrets, ConfigMaps, "
        "claims, Services), point its clients at it, then delete it here."
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A namespace is the unit for which Kubernetes decides things: who may do what, which "
        "pods are admitted, which traffic flows, how much may be used. The namespace default is "
        "the one that gets everything whose author named none. It exists from the first day, "
        "cannot be deleted, and belongs to no application and no team."
    ),
    why=(
        "Rules for a namespace that anything may land in are either so loose that they fit "
        "everything, or break the next thing that lands there. So it usually has none: no "
        "network policy, no Pod Security level, no quota. What runs there shares Secrets and "
        "service accounts with strangers, and a right given for one of them reaches all of them."
    ),
    attack=(
        "Deployment default/hello was somebody's first try and was never taken away. A test "
        "script of another team, run without --namespace, leaves its database Secret beside it. "
        "An attacker who may read Secrets in default, a right that was given for the greeting, "
        "now reads that password too, and no network policy stops the pod of hello from using it."
    ),
    fix=(
        "There is no patch: the namespace is part of an object's name. Make a namespace for the "
        "application, with its Pod Security level and network policies from the start, create "
        "the workload there from its source together with what it uses, move the traffic, and "
        "delete the old one. Then give people a current namespace other than default."
    ),
    breaks=(
        "The address changes: clients that ask for hello, or hello.default.svc, find nothing, "
        "and certificates and allow lists may name the old one. Volumes do not move: a claim "
        "belongs to its namespace, so data has to be copied or its volume be bound again. Plan "
        "it like a small migration, with both running for a while."
    ),
    verify=(
        "`kubectl -n default get deployments,statefulsets,daemonsets,cronjobs,pods` finds "
        "nothing, and `kubectl -n default get all` only the Service kubernetes. Nobody's current "
        "context should point there: `kubectl config view --minify -o jsonpath={..namespace}` "
        "prints another one. Watch the clients of the moved service for name lookups that fail."
    ),
    reading=(
        Reference("Namespaces", f"{_DOCS}/concepts/overview/working-with-objects/namespaces/"),
        Reference("Multi-tenancy", f"{_DOCS}/concepts/security/multi-tenancy/"),
    ),
)

ITEM = Item(
    id="rt-default-ns",
    title="Nothing runs in the namespace default",
    area=Area.RUNTIME,
    severity=Severity.LOW,
    kind=ChangeKind.ADVICE,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(Reference("CIS Kubernetes 5.6.4"),),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
    live_only=True,
)
