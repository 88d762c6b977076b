"""Only pods that talk to the API server carry a token for it.

Field: `automountServiceAccountToken` of the pod, or of its ServiceAccount where the pod says
nothing; unset means true.
Bad: true, where no binding gives the account more than everybody gets, and the audit log, where one
was given, shows no request by it. Low; medium for the account `default`, since a binding to that
would reach all such pods at once. What is known to show its token to another program than the API
server (sidecars of Vault, Linkerd and Istio, a command line that names the token's folder) is left
alone. In manifests an account that is not among them may be bound elsewhere: nothing is said.

Source: CIS Kubernetes 5.1.6; kubernetes.io, Configure Service Accounts for Pods.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, judge, pod_field, repair
from k8sharden.analysis.rbac.policy import RBAC
from k8sharden.analysis.rbac.tokens import (
    DEFAULT,
    accounts,
    has_rights,
    is_given_token,
    is_seen,
    needs_token,
)
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange, SetField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.workloads import Workload, workloads

_FIELD = "automountServiceAccountToken"
_OTHERS = (
    "Needs testing: a program may show its token to something else than the API server, such as a "
    "vault or a service mesh, or refuse to start without one."
)


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each workload whose pods carry a token that gives them nothing."""
    return judge(ITEM, workloads(inventory), lambda workload: _defect(workload, inventory))


def _defect(workload: Workload, inventory: Inventory) -> Defect | None:
    account = account_under(workload)
    if not is_given_token(workload, inventory) or not _is_idle(workload, inventory):
        return None
    shared = account[1] == DEFAULT
    label = f"{account[0]}/{account[1]}"
    return Defect(
        f"Its pods carry the token of ServiceAccount {label}, which has no right of its own: "
        "nobody needs it there but a thief.",
        pod_field(workload, _FIELD),
        severity=Severity.MEDIUM if shared else None,
        evidence={"account": label},
    )


def _is_idle(workload: Workload, inventory: Inventory) -> bool:
    """Whether nothing is known for which the workload's account would need a token."""
    account = account_under(workload)
    files = inventory.source.kind is SourceKind.MANIFESTS
    if files and account[1] != DEFAULT and account not in accounts(inventory):
        return False
    return not (
        has_rights(account, inventory)
        or is_seen(account, inventory)
        or needs_token(workload, inventory)
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Say in the template that its pods get no token."""
    return repair(finding, inventory, lambda workload: _fix(workload, inventory))


def _fix(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    if not _is_idle(workload, inventory):
        return NoChange("Its account was given rights by now, or uses its token: scan again.")
    return Fix(
        f"Give the pods of {workload.ref.label} no token",
        (SetField((*workload.path, _FIELD), value=False),),
        warnings=(_OTHERS,),
        basis={"account": "/".join(account_under(workload))},
        rests_on=kinds.listings((kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)),
    )


ITEM = Item(
    id="rbac-automount",
    title="Pods without rights carry no token",
    area=Area.RBAC,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.CLUSTER,
    needs=(*kinds.WORKLOADS, *RBAC, kinds.SERVICE_ACCOUNTS, kinds.NAMESPACES),
    references=(
        Reference("CIS Kubernetes 5.1.6"),
        Reference("MITRE ATT&CK T1528", "https://attack.mitre.org/techniques/T1528/"),
        Reference(
            "Kubernetes: Configure service accounts for pods",
            "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
        ),
    ),
    lesson=Lesson(
        what=(
            "Unless somebody says otherwise, each pod finds the token of its service account as a "
            "file in every container. This check finds pods that carry one although no binding "
            "gives their account anything, and no audit log shows a request by it. The pod's own "
            "field counts, and the account's where the pod says nothing."
        ),
        why=(
            "A token is a login. Even without a right of its own it lets its finder in as "
            "somebody: to see which APIs there are, to use whatever was given to all accounts, "
            "and to try every weakness of the API server behind the login. A later binding to the "
            "account arms each of these pods, and nobody will think of them then."
        ),
        attack=(
            "StatefulSet payments/ledger is a database; it never asks Kubernetes for anything. "
            "Mallory makes it read a file for her through SQL, and chooses "
            "/var/run/secrets/kubernetes.io/serviceaccount/token. Now she is a service account. "
            "What all service accounts may do, she may, from her own machine, and the audit log "
            "shows payments/default wherever she goes."
        ),
        fix=(
            "The pod template says automountServiceAccountToken: false, and its pods are made "
            "anew. The pod's field is used and not the account's, since it is plain to see there "
            "and touches no other workload. Whoever needs a token for another program asks for it "
            "by a projected volume, with an audience and an end."
        ),
        breaks=(
            "Programs that show the token to somebody else: Vault's Kubernetes login, some "
            "service meshes, licence servers. Those that announce themselves are left alone here, "
            "others cannot be seen. A few client libraries refuse to start without the file, even "
            "where they never use it: watch the first new pod."
        ),
        verify=(
            "`kubectl exec -n payments ledger-0 -- ls /var/run/secrets/kubernetes.io` finds no "
            "such folder. The program does its work as before; its log does not speak of a "
            "missing token or of the in-cluster configuration. Projected volumes, where it has "
            "some, are still there."
        ),
        reading=(
            Reference(
                "Kubernetes: Configure service accounts for pods",
                "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
