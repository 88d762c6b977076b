"""No binding names the group `system:masters`, which no binding can hold back.

Bad: a binding with the group `system:masters` among its subjects, but the one that every API
server makes (`cluster-admin`, with the label of its own objects). Members of the group pass before
RBAC is asked: the line gives them nothing, and looks as though taking it away took their rights.

Source: CIS Kubernetes 5.1.7; k8s.io/apiserver, pkg/authorization/authorizerfactory (the group is
let through ahead of all authorizers).
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.policy import RBAC, role_of
from k8sharden.analysis.rbac.standing import Fault, judge
from k8sharden.analysis.rbac.subjects import MASTERS
from k8sharden.analysis.rbac.unlimited import CLUSTER_ADMIN
from k8sharden.analysis.system import is_bootstrap_rbac
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from remediations.rbac.leaving import leave

_OWN = kinds.CLUSTER_ROLE_BINDINGS.ref("", CLUSTER_ADMIN)


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that names the group."""
    return judge(ITEM, inventory, _fault)


def _fault(ref: Ref, binding: o.Binding, _: Inventory) -> Fault | None:
    masters = tuple(each for each in binding.subjects or () if _is_masters(each))
    if not masters or (ref == _OWN and is_bootstrap_rbac(binding.metadata)):
        return None
    return Fault(
        masters,
        f"Group {MASTERS} is bound to {role_of(ref, binding).label}. It may do everything without "
        "any binding, and stays so when this one is gone: its members' certificates are not seen "
        "in the API.",
    )


def _is_masters(subject: o.Subject) -> bool:
    return (subject.kind, subject.name) == ("Group", MASTERS)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Take the group out of the binding, or delete it where nobody else stands in it."""
    warning = (
        "This takes no right from anybody. Who holds a certificate for system:masters cannot be "
        "seen from the API: look for it where certificates are made, and let those run out."
    )
    return leave(finding, inventory, _fault, warnings=(warning,))


ITEM = Item(
    id="rbac-masters-subject",
    title="No binding names system:masters",
    area=Area.RBAC,
    severity=Severity.MEDIUM,
    kind=ChangeKind.DELETE,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.7"),
        Reference("MITRE ATT&CK T1098", "https://attack.mitre.org/techniques/T1098/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "The API server lets the group system:masters do everything before it asks RBAC at "
            "all. One binding names it on every cluster, the built-in cluster-admin. This check "
            "finds all others. They give nothing, since the group has everything already, but "
            "they show that somebody uses it as an ordinary group, which it is not."
        ),
        why=(
            "Membership comes from a client certificate with that organisation in it, or from "
            "whatever names groups at the login. A certificate cannot be withdrawn in Kubernetes: "
            "it works until it runs out, often a year later. A binding that names the group makes "
            "people hand out such certificates, and believe that deleting the binding ends it."
        ),
        attack=(
            "ClusterRoleBinding support-view lists system:masters beside the support group, since "
            "somebody there was once given its certificate. Mallory finds it in an old "
            "kubeconfig. The team deletes every binding of that person; she still reads Secret "
            "payments/card-provider, because no binding ever gave her the right to, and none can "
            "take it away. Only a new certificate authority does."
        ),
        fix=(
            "The group leaves the binding, which changes nobody's rights and leaves only bindings "
            "that mean something. Then look for the certificates: where they are signed, in "
            "kubeconfigs, in the secrets of your pipelines. Give their holders a group of their "
            "own, bound to what they need, and keep one certificate under lock for emergencies."
        ),
        breaks=(
            "Nothing at all on the cluster: the group keeps every right, with or without a "
            "binding. What may break comes later, when certificates for it are replaced: scripts "
            "and pipelines that used one get a 403 wherever their new group was not given enough."
        ),
        verify=(
            "`kubectl get clusterrolebindings,rolebindings -A -o wide` names system:masters beside "
            "cluster-admin only. Look at certificates with `openssl x509 -noout -subject -dates`: "
            "O=system:masters must stand in none that people or programs use every day. The audit "
            "log shows the group of each request."
        ),
        reading=(
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
