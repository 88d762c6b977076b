"""Who did not say who they are may do nothing but look whether the cluster is well.

Bad: a binding that names the user `system:anonymous` or the group `system:unauthenticated`, and
gives more than a new cluster does: `get` on the URLs of health and version, on the public keys of
tokens, and on the ConfigMap `cluster-info` in `kube-public`, which kubeadm opens for joining nodes
(RoleBinding `kubeadm:bootstrap-signer-clusterinfo`). It counts whether or not anonymous requests
are switched off today.

Source: GKE's CIS benchmark 4.1.8 and 4.1.9; kubernetes.io, Authenticating (anonymous requests).
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.bindings import who
from k8sharden.analysis.rbac.everybody import PUBLIC, beyond, shown
from k8sharden.analysis.rbac.policy import RBAC, role_of
from k8sharden.analysis.rbac.standing import Fault, judge
from k8sharden.analysis.rbac.subjects import ANONYMOUS, UNAUTHENTICATED
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from remediations.rbac.leaving import leave


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that gives something to whoever asks."""
    return judge(ITEM, inventory, _fault)


def _fault(ref: Ref, binding: o.Binding, inventory: Inventory) -> Fault | None:
    nobody = tuple(each for each in binding.subjects or () if _is_nobody(each))
    more = beyond(ref, binding, PUBLIC, inventory) if nobody else None
    if more is None:
        return None
    return Fault(
        nobody,
        f"{who(nobody)}, which is whoever reaches the API server without saying who it is, may "
        f"{shown(more)}, by {role_of(ref, binding).label}.",
        evidence={"rights": more},
    )


def _is_nobody(subject: o.Subject) -> bool:
    return (subject.kind, subject.name) in (("User", ANONYMOUS), ("Group", UNAUTHENTICATED))


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Take them out of the binding, or delete it where nobody else stands in it."""
    warning = (
        "Needs testing: whatever asks without credentials, such as a load balancer's health check "
        "or a page that shows a status, gets a 401 or 403 from then on."
    )
    return leave(finding, inventory, _fault, warnings=(warning,))


ITEM = Item(
    id="rbac-anonymous",
    title="Anonymous requests get nothing but health",
    area=Area.RBAC,
    severity=Severity.CRITICAL,
    kind=ChangeKind.DELETE,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS GKE 4.1.8"),
        Reference("CIS GKE 4.1.9"),
        Reference("MITRE ATT&CK T1078", "https://attack.mitre.org/techniques/T1078/"),
        Reference(
            "Kubernetes: Anonymous requests",
            "https://kubernetes.io/docs/reference/access-authn-authz/authentication/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A request that brings no credentials is not refused: it goes on as user "
            "system:anonymous in group system:unauthenticated, and RBAC decides. A new cluster "
            "lets it see health and version, nothing more. This check finds each binding that "
            "gives one of these two any other right, however small its role looks."
        ),
        why=(
            "Such a binding takes away the login. Whoever reaches the API server's port holds the "
            "right: a stolen laptop in the office network, any pod, and where the address is "
            "public the whole Internet, which is searched for open API servers all day. The audit "
            "log shows no name that anybody could be asked about."
        ),
        attack=(
            "For the status page of the shop, RoleBinding shop/status-page lets anybody read "
            "Deployments. Mallory finds the address in a certificate log and asks with curl, "
            "without any token. The answer holds the whole of Deployment shop/accounts, and in it "
            "the password of the orders database, which somebody wrote into the manifest. "
            "Nothing was broken into, and the log says system:anonymous."
        ),
        fix=(
            "The binding is deleted, or where others stand in it only these subjects leave it. "
            "What really needs the answer gets an account of its own: a ServiceAccount with a Role "
            "for just these objects, and a short-lived token. Health needs no binding: /livez and "
            "/readyz stay open to load balancers as they are on every new cluster."
        ),
        breaks=(
            "Whatever asks without credentials: a status page, a script with curl, a monitoring "
            "check of an old cluster, a load balancer that looks at something else than /readyz. "
            "They get a 403, or a 401 where anonymous requests are off. The audit log shows them "
            "beforehand: search it for the user system:anonymous."
        ),
        verify=(
            "`kubectl auth can-i list deployments -n shop --as=system:anonymous "
            "--as-group=system:unauthenticated` says no. Without any credentials, `curl -k` on "
            "/readyz of the API server still answers ok, and on "
            "/apis/apps/v1/namespaces/shop/deployments it answers 403."
        ),
        reading=(
            Reference(
                "Kubernetes: Using RBAC authorization",
                "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
            ),
            Reference(
                "Kubernetes: Authenticating",
                "https://kubernetes.io/docs/reference/access-authn-authz/authentication/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
