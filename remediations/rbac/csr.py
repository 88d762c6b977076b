"""Nobody approves certificates that the API server would take for anybody's.

Bad: `update` or `patch` on `certificatesigningrequests/approval` together with `approve` on the
signers `kubernetes.io/kube-apiserver-client`, whose certificates may carry any user's name and any
group but `system:masters`, or `kubernetes.io/kube-apiserver-client-kubelet`, whose certificates are
those of nodes; `kubernetes.io/*` and a rule without names mean both. The API server asks for both
rights, so one alone does nothing. Fine are `kubernetes.io/kubelet-serving`, with whose certificates
nobody can log in, and signers of other domains. To `sign` is fine too: it stores a certificate in a
request, and making one that the API server trusts takes its CA's key.

Source: CIS Kubernetes 5.1.11; kubernetes.io, Certificates and Certificate Signing Requests
(Authorization; Kubernetes signers); k8s.io/kubernetes, plugin/pkg/admission/certificates.
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

_DOCS = "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/"


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that lets somebody approve such certificates."""
    return judge(ITEM, POWERS["rbac-csr"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role without these rights, or with those that are used."""
    return swap(finding, inventory)


ITEM = Item(
    id="rbac-csr",
    title="Nobody approves certificates of users or nodes",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.11"),
        Reference("MITRE ATT&CK T1098", "https://attack.mitre.org/techniques/T1098/"),
        Reference("Kubernetes: Certificate signing requests", _DOCS),
    ),
    lesson=Lesson(
        what=(
            "A CertificateSigningRequest asks for a certificate and names a signer. Somebody "
            "approves it, with two rights: update on its approval, and approve on the signer. This "
            "check finds bindings that give both for the signers whose certificates open the API "
            "server: kubernetes.io/kube-apiserver-client for people, and the kubelets' own."
        ),
        why=(
            "The name in a client certificate is the user, and its organisations are the groups. "
            "Whoever approves decides who somebody is, for the API server believes what is signed. "
            "Only the group system:masters is refused. A certificate cannot be withdrawn: "
            "Kubernetes reads no revocation lists, so it opens the door until it expires, which by "
            "default is a year."
        ),
        attack=(
            "In the training cluster the help desk approves requests of new colleagues, by "
            "ClusterRoleBinding certificate-desk. Mallory sits there for a week. She sends a "
            "request of her own with the name ada@kestrel.example and approves it. With that "
            "certificate she is the one who looks after the databases and may do everything: she "
            "reads the password of StatefulSet databases/orders-db, and no binding bears her name."
        ),
        fix=(
            "The binding is swapped for one to a smaller role: the same rules without approving, "
            "so that requests can still be looked at, or, where an audit log was given, only what "
            "was used. Let people log in through OpenID Connect instead of certificates, and let "
            "whoever has to approve do so for one signer, named in resourceNames."
        ),
        breaks=(
            "Onboarding that hands out certificates, until somebody else approves. Controllers "
            "that approve the certificates of kubelets: give these "
            "`kubernetes.io/kubelet-serving` by name, which this check leaves alone. The control "
            "plane's own approver keeps its right, and cert-manager's approvers name the signers "
            "of their own domain."
        ),
        verify=(
            "`kubectl auth can-i approve signers.certificates.k8s.io --as=anyone "
            "--as-group=help-desk` says no, and `get csr` with the same options still yes. Then "
            "look at `kubectl get csr` for requests of these signers: each name in one that was "
            "approved may still be somebody's certificate."
        ),
        reading=(
            Reference("Kubernetes: Certificate signing requests", _DOCS),
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
