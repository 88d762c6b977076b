"""Every rule of a policy counts: its direction stands in `policyTypes`.

Bad: a policy with egress rules whose `policyTypes` names only Ingress, or with ingress rules where
it names only Egress. The API server takes such a policy, and network plug-ins ignore those rules.
Good: `policyTypes` names each direction that has rules, or is absent: then ingress counts always,
and egress where there are rules for it. An empty list of rules asks for nothing and counts as none.

Source: kubernetes.io, Network Policies; the API reference of networking.k8s.io/v1.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.ground import ground
from k8sharden.analysis.network.labelled import pods_selected, workloads_selected
from k8sharden.analysis.network.opened import rules_of
from k8sharden.analysis.network.policies import Direction, directions
from k8sharden.analysis.network.proven import proven
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, ChangeKind, NoChange, Patch, Risk, SetField
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.network.keeping import enumerated, held_back, untold
from remediations.network.policy_edits import changed_by, counted, policy_at


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each policy that has rules which nothing reads."""
    return proven(ITEM, _gaps(inventory), inventory)


def _gaps(inventory: Inventory) -> Iterator[Finding]:
    for policy in inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy):
        ignored = _ignored(policy)
        if ignored:
            yield _finding(policy, ignored)


def _ignored(policy: n.NetworkPolicy) -> tuple[Direction, ...]:
    """Return the directions that have rules and do not count."""
    named = directions(policy)
    return tuple(way for way in Direction if rules_of(policy, way) and way not in named)


def _finding(policy: n.NetworkPolicy, ignored: tuple[Direction, ...]) -> Finding:
    missing = " and ".join(way.type for way in ignored)
    ways = " and ".join(ignored)
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.MEDIUM,
        Status.FAIL,
        kinds.NETWORK_POLICIES.ref(policy.namespace, policy.name),
        f"policyTypes lacks {missing}, so the {ways} rules are ignored: {ways} stays as open as "
        "without them.",
        path="spec.policyTypes",
        evidence={
            "policyTypes": list(policy.spec.policy_types or ()),
            "ignored": {str(way): len(rules_of(policy, way)) for way in ignored},
        },
        system=is_system_namespace(policy.namespace),
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Name the missing directions, unless that would cut a connection that something needs."""
    policy = policy_at(finding.resource, inventory)
    ignored = _ignored(policy) if policy else ()
    if policy is None or not ignored:
        return NoChange("Its rules count by now: scan again.")
    types = [*(policy.spec.policy_types or ()), *(way.type for way in ignored)]
    edit = SetField(("spec", "policyTypes"), types)
    if reason := held_back(changed_by(policy, edit), inventory):
        return NoChange(reason)
    ways = " and ".join(ignored)
    return Change(
        ChangeKind.PATCH,
        f"Let the {ways} rules of {finding.resource.label} count",
        Risk.TRAFFIC,
        (Patch(finding.resource, (edit,)),),
        rests_on=ground(policy.namespace),
        warnings=tuple(_warnings(policy, ways, inventory)),
    )


def _warnings(policy: n.NetworkPolicy, ways: str, inventory: Inventory) -> Iterator[str]:
    """Say what stops, and what nobody could say of it."""
    pods = len(pods_selected(policy, inventory))
    who = counted(pods, "running pod") if pods else "each pod that comes"
    yield (
        f"Needs testing: it isolates {who} for {ways}, so that all traffic stops there which no "
        "policy allows."
    )
    under = (workload.ref for workload in workloads_selected(policy, inventory))
    if unknown := untold(under, inventory):
        yield f"Needs testing: nothing tells what else is needed. {enumerated(unknown)}."


_DOCS = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
_API = (
    "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/"
    "#NetworkPolicySpec"
)

ITEM = Item(
    id="net-policytypes-gap",
    title="Every rule of a policy counts",
    area=Area.NETWORK,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=(kinds.NETWORK_POLICIES,),
    references=(
        Reference("CIS Kubernetes 5.3.2"),
        Reference("NetworkPolicy: policyTypes", _API),
    ),
    lesson=Lesson(
        what=(
            "A NetworkPolicy has two lists of rules, and policyTypes says which of the two count. "
            "Where the field is missing, ingress counts, and egress as soon as there is a rule for "
            "it. Where it is written out, it is taken at its word: egress rules under policyTypes "
            "Ingress are kept, shown by kubectl, and used by nobody."
        ),
        why=(
            "The policy looks right. Whoever reviews it sees addresses and ports that were thought "
            "over, and ticks the box; no warning is printed when it is applied. The pods send what "
            "they like meanwhile. A limit that is believed in is worse than none, since nobody "
            "looks for the missing one any more."
        ),
        attack=(
            "Policy payments/settlement-to-bank says that the nightly settlement may reach the "
            "ledger and the bank, and nothing else. Mallory gets a poisoned library into its "
            "image. At two in the night her code sends the day's payments to a server of her own: "
            "the rules for egress are there, and policyTypes names only Ingress, so they bind "
            "nobody."
        ),
        fix=(
            "One field: the missing direction is added to policyTypes. From then on the pods that "
            "the policy selects are isolated for it, and only what some policy allows gets "
            "through. Nothing restarts. Where something shows a connection that the rules forget, "
            "the change is held back until there is a rule for it."
        ),
        breaks=(
            "What the rules forget stops at once, and rules that were never in force were never "
            "tried. DNS is forgotten most often: without port 53 on UDP and TCP every name fails, "
            "and the program says that its database is down. Nothing tells of calls that only "
            "happen at the end of the month."
        ),
        verify=(
            "`kubectl describe networkpolicy -n payments settlement-to-bank` names both policy "
            "types. Then run the job by hand, `kubectl create job -n payments "
            "--from=cronjob/settlement try`, and see it finish. From a pod with the same labels a "
            "connection to any other address must time out."
        ),
        reading=(
            Reference("Kubernetes: network policies", _DOCS),
            Reference("NetworkPolicy: the API reference", _API),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
