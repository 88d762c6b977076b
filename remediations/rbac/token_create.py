"""Nobody makes tokens of other service accounts.

Bad: `create` on `serviceaccounts/token`, in the whole cluster or in one namespace; high either way.
Whoever may do it is every service account that is there, without reading a Secret. A rule that
names the accounts is bad where one of them holds dangerous rights itself; a program that makes
tokens of its own account is fine, and so are people who hold Kubernetes' own `edit` or `admin` in
a namespace. Operators that fetch secrets from outside log in there as other accounts: what looks
like one is said to, and counts all the same.

Source: CIS Kubernetes 5.1.13; kubernetes.io, RBAC Good Practices (Token request).
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
    """Yield one finding for each binding that lets somebody make tokens of service accounts."""
    return judge(ITEM, POWERS["rbac-token-create"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role without this right, or with what is used."""
    return swap(finding, inventory)


ITEM = Item(
    id="rbac-token-create",
    title="Nobody makes tokens of other service accounts",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.13"),
        Reference("MITRE ATT&CK T1528", "https://attack.mitre.org/techniques/T1528/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A POST to the sub-resource serviceaccounts/token makes a token of that account: the "
            "kubelet does it for each pod, and `kubectl create token` for people. This check finds "
            "every binding that allows it for all accounts, or by name for one that holds "
            "dangerous rights itself, in the whole cluster or in one namespace."
        ),
        why=(
            "A token is the account. Whoever may make one holds all rights of every account in "
            "reach, and none of them is written in the role that a review looks at. The token is "
            "stored nowhere in the cluster and can be used from anywhere. It cannot be taken back: "
            "it ends when its time is up or when its account is deleted."
        ),
        attack=(
            "In the training cluster the group storefront may make tokens in the namespace ci, "
            "through RoleBinding ci/pipeline-debuggers, to run a failed step by hand. Mallory has "
            "the laptop of one of them. `kubectl create token pipeline -n ci --duration=48h` "
            "prints a token of the account under which Deployment ci/runner runs, and that "
            "account is cluster-admin. She copies the line and leaves."
        ),
        fix=(
            "The binding is swapped for one to a smaller role: the same rules without the token "
            "or, where an audit log was given, only what was used. New role and binding come "
            "first, the old binding goes last; if one step fails, the earlier ones are taken back. "
            "Who needs one account's token gets a rule that names that account."
        ),
        breaks=(
            "Operators that fetch secrets from Vault or a cloud log in there with tokens of the "
            "accounts that their stores name; a CSI driver's provider does so as the pod. CI that "
            "calls `kubectl create token` fails with a 403. List the accounts that are meant in "
            "resourceNames and grant it namespace by namespace. Kubelets are not touched: they "
            "have their right from the node authorizer."
        ),
        verify=(
            "`kubectl auth can-i create serviceaccounts/token -n ci --as=anyone "
            "--as-group=storefront` says no. In the audit log look for the verb create on "
            "serviceaccounts with the sub-resource token by anybody but system:node users: each "
            "line is a token that somebody still holds until it ends."
        ),
        reading=(
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
            ),
            Reference(
                "Kubernetes: Managing service accounts",
                "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
