"""Nobody reads Secrets whose work does not need it.

Bad: `get`, `list` or `watch` on `secrets`, without names. `list` and `watch` answer with the
values, not only with names. High in the whole cluster, medium in one namespace. What often needs it
(an ingress controller, a certificate manager, an operator of external secrets) is told apart in the
message and stays a finding: its role can often be narrowed to some namespaces or names. Rules with
`resourceNames` are left out, and so are people who hold Kubernetes' own `edit` or `admin` in a
namespace.

Source: CIS Kubernetes 5.1.2; kubernetes.io, RBAC Good Practices.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.policy import RBAC
from k8sharden.analysis.rbac.powers import judge
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.rbac.swap import swap


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that lets somebody read Secrets."""
    return judge(ITEM, POWERS["rbac-secrets-read"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role without Secrets, or with those that are used.

    What often needs them keeps them until an audit log shows which.
    """
    return swap(finding, inventory)


_GOOD_PRACTICES = Reference(
    "Kubernetes: RBAC good practices, listing Secrets",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets",
)

ITEM = Item(
    id="rbac-secrets-read",
    title="Secrets are read only by those who need them",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.2"),
        Reference("MITRE ATT&CK T1552.007", "https://attack.mitre.org/techniques/T1552/007/"),
        _GOOD_PRACTICES,
    ),
    lesson=Lesson(
        what=(
            "A Secret holds passwords, keys and certificates, and its values are not encrypted "
            "for those who may read it. Three verbs read: get one by one, list and watch all at "
            "once, values included. This check finds every binding that allows one of them, in "
            "the whole cluster or in one namespace."
        ),
        why=(
            "Among the Secrets are tokens of other service accounts, the passwords of databases "
            "and the keys of cloud accounts. Whoever reads them all has all of that, and need not "
            "break into anything else. A read leaves no trace in the application it was meant "
            "for, and a copied password is good until somebody changes it."
        ),
        attack=(
            "In the training cluster Deployment monitoring/kube-state-metrics counts objects, and "
            "its ClusterRole came with secrets in its list. Mallory finds a hole in that exporter "
            "and reads its token. One request, `kubectl get secrets -A -o yaml`, and she holds "
            "the card provider's key from payments and the certificate of the shop's front door."
        ),
        fix=(
            "The binding is swapped for one to a smaller role: the same rules without Secrets or, "
            "where an audit log was given, with the ones that were read. Who needs a few Secrets "
            "gets them by name, in their namespace: mounting a Secret into a pod needs no right "
            "of the pod at all."
        ),
        breaks=(
            "Programs that really read Secrets: ingress controllers fetch certificates, "
            "cert-manager and external-secrets write and compare them, Helm keeps its releases in "
            "them. They stop with a 403, or fall silent because a watch never starts. Give those "
            "a Role in each namespace that they serve."
        ),
        verify=(
            "`kubectl auth can-i list secrets -A --as=system:serviceaccount:monitoring:"
            "kube-state-metrics` says no, and the same question about pods says yes. Watch the "
            "program's log for forbidden for an hour, and the audit log for denied reads of "
            "secrets by it."
        ),
        reading=(
            _GOOD_PRACTICES,
            Reference(
                "Kubernetes: good practices for Secrets",
                "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
