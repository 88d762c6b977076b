"""Every selector of a policy chooses something.

Bad: a policy whose `podSelector` fits no pod and no pod template of its namespace, or a peer that
names namespaces that nobody has, or pods that are in none of those it names.
Good: workloads that are scaled to zero and CronJobs count as there; an empty selector chooses all,
be there nothing yet. What could not be read is unknown, and so is what no file holds.

Source: kubernetes.io, Network Policies; the API reference of networking.k8s.io/v1.
"""

from collections.abc import Iterator, Sequence

from k8sharden.analysis.network.dead import Dead, dead_selectors, show_selector, told_by_files
from k8sharden.analysis.network.ground import ground
from k8sharden.analysis.network.opened import rules_of
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.proven import proven
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, ChangeKind, Edit, NoChange, Patch, Risk, SetField
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.network.keeping import held_back
from remediations.network.policy_edits import as_written, changed_by, policy_at

_NEEDS = (kinds.NETWORK_POLICIES, *kinds.WORKLOADS)
_ELSEWHERE = (kinds.NAMESPACES, *kinds.WORKLOADS)


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each policy with selectors that choose nothing."""
    return proven(ITEM, _dead(inventory), inventory)


def _dead(inventory: Inventory) -> Iterator[Finding]:
    whole = all(inventory.entry(kind).complete for kind in _ELSEWHERE)
    files = inventory.source.kind is SourceKind.MANIFESTS
    for policy in inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy):
        dead = tuple(dead_selectors(policy, inventory))
        known = [each for each in dead if whole or not each.elsewhere]
        told = told_by_files(known) if files else known
        if told:
            yield _finding(policy, Status.FAIL, " ".join(map(_said, told)), told)
        elif known:
            why = f"Cannot tell from files alone: {' '.join(map(_said, known))}"
            yield _finding(policy, Status.UNKNOWN, why, known)
        elif dead:
            why = "Cannot tell whether its peers exist: not all namespaces or pods could be read."
            yield _finding(policy, Status.UNKNOWN, why, dead)


def _finding(
    policy: n.NetworkPolicy, status: Status, message: str, dead: Sequence[Dead]
) -> Finding:
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.LOW,
        status,
        kinds.NETWORK_POLICIES.ref(policy.namespace, policy.name),
        message,
        path=dead[0].path,
        evidence={each.path: each.said for each in dead},
        system=is_system_namespace(policy.namespace),
    )


def _said(dead: Dead) -> str:
    near = f" {show_selector(dead.meant[0])} would." if dead.is_slip else ""
    if dead.way is None:
        return f"It protects nothing: no pod or template has {dead.said}.{near}"
    what = "namespace" if dead.field == "namespaceSelector" else "pod"
    return f"A peer of {dead.way} rule {dead.rule + 1} is nobody: no {what} has {dead.said}.{near}"


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Put the label right where only one can be meant, and nothing that is needed is cut."""
    policy = policy_at(finding.resource, inventory)
    dead = tuple(dead_selectors(policy, inventory)) if policy else ()
    if policy is None or not dead:
        return NoChange("Its selectors choose something by now: scan again.")
    unclear = [each for each in dead if not each.is_slip]
    if unclear:
        return NoChange(_unclear(unclear[0]))
    edits = tuple(_edits(policy, dead))
    if reason := held_back(changed_by(policy, *edits), inventory):
        return NoChange(reason)
    return Change(
        ChangeKind.PATCH,
        f"Let {finding.resource.label} choose what it names",
        Risk.TRAFFIC,
        (Patch(finding.resource, edits),),
        basis={each.path: show_selector(each.meant[0]) for each in dead},
        rests_on=ground(policy.namespace),
        warnings=tuple(map(_warning, dead)),
    )


def _unclear(dead: Dead) -> str:
    """Say what somebody who knows has to do."""
    if dead.meant:
        names = " or ".join(map(show_selector, dead.meant))
        return f"{dead.said} may be meant for {names}: write the one that is right."
    if dead.way is None:
        return (
            f"Nothing is called like {dead.said}. Delete the policy where its pods are gone for "
            "good, or give their template these labels; pods that only run at times need it."
        )
    return (
        f"Nothing is called like {dead.said}. Take the peer out where it is gone for good, unless "
        "it is only installed at times."
    )


def _edits(policy: n.NetworkPolicy, dead: Sequence[Dead]) -> Iterator[Edit]:
    """Yield the policy's own selector, or a whole list of rules, since rules have no names."""
    for each in dead:
        if each.way is None:
            yield SetField(("spec", "podSelector"), each.meant[0])
    for way in Direction:
        mine = [each for each in dead if each.way is way]
        rules = [as_written(rule) for rule in rules_of(policy, way)]
        peers = "from" if way is Direction.INGRESS else "to"
        for each in mine:
            rules[each.rule][peers][each.peer][each.field] = each.meant[0]
        if mine:
            yield SetField(("spec", str(way)), rules)


def _warning(dead: Dead) -> str:
    right = show_selector(dead.meant[0])
    if dead.way is None:
        return (
            f"Needs testing: pods with {right} are isolated from this moment on, and only what "
            f"some policy allows gets through to them. {dead.said} is taken for a slip."
        )
    return f"It lets {right} through, which nobody was before: {dead.said} is taken for a slip."


_DOCS = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"

ITEM = Item(
    id="net-dead-selector",
    title="Every selector of a policy chooses something",
    area=Area.NETWORK,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.NAMESPACE,
    needs=_NEEDS,
    references=(
        Reference("CIS Kubernetes 5.3.2"),
        Reference("Kubernetes: network policies", _DOCS),
    ),
    lesson=Lesson(
        what=(
            "A NetworkPolicy finds its pods by labels, and so it finds the other side. A label "
            "with a letter too many is no error: the API server keeps the policy, and it selects "
            "nothing. The same happens when a label is renamed in a Deployment, or when the "
            "namespace that a rule names is gone."
        ),
        why=(
            "A policy that selects no pod protects none, and looks in every listing as though it "
            "did. A rule for a namespace that does not exist is a promise to whoever creates one "
            "of that name. And rules that do nothing hide those that matter from the people who "
            "read them."
        ),
        attack=(
            "Policy legacy/royalties-from-office was to let nobody but the office ask Deployment "
            "legacy/royalties. It says app: royaltys, so it keeps nobody from anything. Mallory, "
            "in a pod of the shop, asks port 8080 for last year's payments to authors, and gets "
            "them; the auditor had ticked the policy off."
        ),
        fix=(
            "Where exactly one label that exists differs by a slip, the patch writes that one. "
            "Where there are several or none, nothing is guessed: the answer says what to decide. "
            "A policy is never deleted for you, since pods may come back, and nothing is changed "
            "that would cut a connection which something needs."
        ),
        breaks=(
            "A selector that begins to choose pods isolates them at once: what its rules forget "
            "stops, though it worked for years. A peer that is put right lets somebody in who was "
            "kept out, as it was meant to be. Both show in the diff and nowhere else, so read it."
        ),
        verify=(
            "`kubectl get pods -n legacy -l app=royalties` lists the pods that the policy now "
            "selects. A connection from the shop, `kubectl run probe -n shop --rm -it "
            "--image=busybox --restart=Never -- nc -zvw2 royalties.legacy 80`, must time out, and "
            "the same from the office must not."
        ),
        reading=(
            Reference("Kubernetes: network policies", _DOCS),
            Reference(
                "Kubernetes: labels and selectors",
                "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
