"""The account `default` is bound to nothing: who needs rights has an account of its own.

Bad: a binding with a ServiceAccount called `default` among its subjects. Pods that name no account
run under it, those of tomorrow included, so such a binding is for whatever anybody starts there.

The fix gives each workload that runs under it and carries a token an account of its own with the
same rights, and takes `default` out of the binding. Where nothing runs under it, only that.

Source: CIS Kubernetes 5.1.5; kubernetes.io, Configure Service Accounts for Pods.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import named_workloads
from k8sharden.analysis.rbac.policy import RBAC, policy_of, role_of
from k8sharden.analysis.rbac.standing import Fault, judge
from k8sharden.analysis.rbac.subjects import service_account
from k8sharden.analysis.rbac.tokens import DEFAULT
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from remediations.rbac.leaving import GONE, leave
from remediations.rbac.own_accounts import carriers, defaults, family, moved


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that names an account called `default`."""
    return judge(ITEM, inventory, _fault)


def _fault(ref: Ref, binding: o.Binding, inventory: Inventory) -> Fault | None:
    named = [(each, service_account(each, ref.namespace)) for each in binding.subjects or ()]
    found = [(each, account) for each, account in named if account and account[1] == DEFAULT]
    if not found:
        return None
    spaces = sorted({account[0] for _, account in found})
    running = [work for _, account in found for work in workloads_under(account, inventory)]
    now = f"today {named_workloads(running)}" if running else "today none"
    return Fault(
        tuple(each for each, _ in found),
        f"Every pod of {', '.join(spaces)} that names no service account may use "
        f"{role_of(ref, binding).label}: {now}.",
        system=all(map(is_system_namespace, spaces)),
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Move what runs under the account to accounts of its own, then take it out of the binding."""
    policy, ref = policy_of(inventory), finding.resource
    if ref not in policy.bindings or not defaults(ref, policy.bindings[ref]):
        return NoChange(GONE)
    of = family(ref, policy)
    works = carriers(of, inventory)
    if works:
        return moved(of, works, inventory)
    if inventory.source.kind is SourceKind.MANIFESTS:
        return NoChange(
            "These files hold no workload that runs under it: scan the cluster to see which do."
        )
    warning = (
        "Needs testing: nothing runs under it with a token today. Make sure that nobody uses its "
        "token from outside, and that no Job of tomorrow counts on it."
    )
    rests_on = kinds.listings((*kinds.WORKLOADS, kinds.SERVICE_ACCOUNTS))
    return leave(finding, inventory, _fault, warnings=(warning,), rests_on=rests_on)


ITEM = Item(
    id="rbac-default-sa",
    title="The account default has no rights",
    area=Area.RBAC,
    severity=Severity.MEDIUM,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=(*RBAC, *kinds.WORKLOADS, kinds.SERVICE_ACCOUNTS),
    references=(
        Reference("CIS Kubernetes 5.1.5"),
        Reference("MITRE ATT&CK T1078.001", "https://attack.mitre.org/techniques/T1078/001/"),
        Reference(
            "Kubernetes: Configure service accounts for pods",
            "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
        ),
    ),
    lesson=Lesson(
        what=(
            "Each namespace has a service account called default, and every pod that names no "
            "other runs under it. This check finds bindings that give this account anything: "
            "meant for one program, they are for all pods that never thought about it, and for "
            "those that somebody will start next year."
        ),
        why=(
            "Rights should follow the program that needs them. With default they follow the "
            "namespace: a debugging shell, a forgotten test, a chart from the Internet all hold "
            "them from their first second. No audit log can tell who used them, since all carry "
            "one name, so nobody will ever dare to take them away."
        ),
        attack=(
            "CronJob shop/abandoned-carts reads its feature flags through the API, and somebody "
            "bound the account it had: RoleBinding shop/feature-flags gives them to default, with "
            "the right to change them. Mallory breaks into Deployment shop/cart through its "
            "upload form. The cart never needed Kubernetes, but it carries the same token: she "
            "switches the gift cards on and prints herself some."
        ),
        fix=(
            "Each workload that runs under default and carries its token gets an account of its "
            "own, called like itself, and a binding to the same role; then its template names the "
            "account, and default leaves the old binding. If one step fails the earlier ones are "
            "taken back. Afterwards narrow the accounts that never needed the rights."
        ),
        breaks=(
            "Applied here, the rights leave default once the new pods have taken over; applied "
            "without waiting, or from Git in one go, old pods log 403s during the rollout. A Job "
            "that runs keeps its account, and fails where it asks after that. Pods that are "
            "started by hand or by another program under default have no rights any more. "
            "Whatever trusts the account by its name outside the cluster, such as a vault, has to "
            "learn the new one."
        ),
        verify=(
            "`kubectl auth can-i update configmaps/feature-flags -n shop "
            "--as=system:serviceaccount:shop:default` says no, and the same for "
            "system:serviceaccount:shop:abandoned-carts says yes. Its next run ends well, and "
            "the field serviceAccountName of the namespace's pods shows the new names."
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
