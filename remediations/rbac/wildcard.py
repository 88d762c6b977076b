"""Roles name what they allow, and do not say `*`.

Bad: a binding to a role with `*` for resources, verbs, groups or URLs. High for every resource of
Kubernetes' own groups, where it may be changed or Secrets are among it; read without Secrets, low.
Medium for every verb on named resources, which takes in `deletecollection`, and verbs that nobody
thinks of, such as `impersonate` and `escalate`; and for every URL. Low for named resources of every
group; `*/scale` there is what autoscalers are for. One step less in one namespace.

An operator's `*` on the group of its own CustomResourceDefinitions is common and mild: it is left
out where the group is called like the service account, or only read, and low otherwise. Roles that
allow everything are found by rbac-cluster-admin and rbac-ns-admin. Rules with `resourceNames` are
left out: their `*` reaches the objects that are named.

Source: CIS Kubernetes 5.1.3; kubernetes.io, RBAC Good Practices.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.bindings import found, in_use, subjects_of, who
from k8sharden.analysis.rbac.policy import RBAC, Rules, policy_of, role_of
from k8sharden.analysis.rbac.powers import is_for_people, where
from k8sharden.analysis.rbac.subjects import service_account
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.analysis.rbac.wildcards import Wild, wild
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, Create, NoChange
from k8sharden.model.decoding import convert
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from remediations.rbac.swap import swap


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding to a role with a wildcard."""
    policy = policy_of(inventory)
    for ref, binding in in_use(policy):
        role = role_of(ref, binding)
        if is_unlimited(role, policy) or is_for_people(ref, binding, inventory):
            continue
        parts = _wild(ref, binding, policy.rules(role) or ())
        if parts:
            yield _finding(ref, binding, parts, role.label, inventory)


def _wild(ref: Ref, binding: o.Binding, rules: Rules) -> list[Wild]:
    """Return what is wild in the rules of a binding, worst first."""
    accounts = [service_account(each, ref.namespace) for each in subjects_of(binding)]
    owners = [name for account in accounts if account for name in account]
    parts = {each for rule in rules for each in wild(rule, owners, everywhere=not ref.namespace)}
    return sorted(parts, key=lambda part: (part.severity.rank, part.words))


def _finding(
    ref: Ref, binding: o.Binding, parts: list[Wild], role: str, inventory: Inventory
) -> Finding:
    severity = _severity(parts[0], ref)
    said = "; ".join(part.words for part in parts)
    why = [part.why for part in parts if part.why] if parts[0].why else []
    less = f" {severity.title()}: {why[0]}." if why else ""
    subjects = subjects_of(binding)
    holds = "holds" if len(subjects) == 1 else "hold"
    return found(
        ITEM,
        ref,
        binding,
        f"{who(subjects)} {holds} {role} {where(ref)}, which says *: {said}.{less}",
        inventory,
        severity=severity,
        evidence={"wild": [part.words for part in parts]},
    )


def _severity(worst: Wild, ref: Ref) -> Severity:
    if not ref.namespace:
        return worst.severity
    return Severity.MEDIUM if worst.severity is Severity.HIGH else Severity.LOW


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role in words, where words for it are known."""
    answer = swap(finding, inventory)
    if isinstance(answer, NoChange):
        return answer
    binding = policy_of(inventory).bindings[finding.resource]
    made = [each.manifest for each in answer.writes if isinstance(each, Create)]
    rules = [convert(rule, o.PolicyRule) for each in made for rule in each.get("rules", ())]
    if _wild(finding.resource, binding, tuple(rules)):
        return NoChange(
            "Nobody can tell in words what its * takes in: give an audit log with --audit-log, "
            "which shows what is used, and the role is made from that."
        )
    return answer


_GOOD_PRACTICES = Reference(
    "Kubernetes: RBAC good practices, least privilege",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
)

ITEM = Item(
    id="rbac-wildcard",
    title="Roles name what they allow",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(Reference("CIS Kubernetes 5.1.3"), _GOOD_PRACTICES),
    lesson=Lesson(
        what=(
            "A rule may say * instead of names: every verb, every resource of a group, every "
            "group, every URL. This check finds bindings to roles that do so in Kubernetes' own "
            "groups. An operator that says * in the group of its own custom resources is left in "
            "peace; roles that allow everything have a check of their own."
        ),
        why=(
            "Nobody can read what * allows, since the list is not in the role. It takes in "
            "sub-resources such as pods/exec and nodes/proxy, verbs such as impersonate and "
            "escalate that stand in no example, Secrets beside ConfigMaps, and whatever the next "
            "version of Kubernetes or the next operator adds to the cluster."
        ),
        attack=(
            "In the training cluster ClusterRole on-call was meant for looking only: get, list "
            "and watch on every resource of three groups. Secrets stand in the first of them. "
            "Mallory steals a laptop of the group on-call, reads Secret payments/card-provider "
            "with its password, and no rule that anybody reviewed ever said the word Secret."
        ),
        fix=(
            "The binding is swapped for one to a role in words. Verbs are spelt out, and so are "
            "the resources of groups that Kubernetes alone fills; the dangerous ones among them "
            "are left out. Where nobody can tell what * takes in, an audit log shows what of it "
            "is used, and the role is made from that."
        ),
        breaks=(
            "Whatever relied on a right that nobody wrote down: a controller that deletes whole "
            "collections, a tool that reads a kind which was added last week. It stops with a "
            "403 that names the verb and the resource, and both can be added to the new role by "
            "name."
        ),
        verify=(
            "`kubectl describe clusterrole` of the new role shows no *, and `kubectl auth can-i "
            "--list --as=anyone --as-group=on-call` shows the words. Ask for one right that was "
            "meant, such as list pods, and one that was not, such as get secrets: yes and no."
        ),
        reading=(
            _GOOD_PRACTICES,
            Reference(
                "Kubernetes: RBAC, referring to resources",
                "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
                "#referring-to-resources",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
