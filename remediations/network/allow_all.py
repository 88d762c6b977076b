"""No rule of a policy lets everybody through.

Bad: a rule without peers, or with an empty list of them; one for 0.0.0.0/0 or ::/0; one for an
empty `namespaceSelector` alone, which is every pod of the cluster.
Good: such a rule for ports that are called from where no label reaches (behind a load balancer or
a node's port, a webhook or an aggregated API, an ingress controller); for DNS alone; for a port
outside of the cluster, where the cloud's metadata is excepted.

Source: kubernetes.io, Network Policies; CIS Kubernetes 5.3.2.
"""

from collections.abc import Iterator, Sequence

from k8sharden.analysis.network.ground import ground
from k8sharden.analysis.network.labelled import workloads_selected
from k8sharden.analysis.network.opened import Opened, open_rules
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.proven import proven
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, ChangeKind, NoChange, Patch, Risk, SetField
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.network.keeping import enumerated, held_back
from remediations.network.narrowing import narrowed, nobody_tells
from remediations.network.policy_edits import changed_by, counted, policy_at


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each policy and direction with rules that are open to everybody."""
    return proven(ITEM, _open(inventory), inventory)


def _open(inventory: Inventory) -> Iterator[Finding]:
    for policy in inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy):
        for way in Direction:
            found = tuple(open_rules(policy, way, inventory))
            sure = [each for each in found if each.sure]
            if sure:
                yield _finding(policy, way, sure, inventory)
            elif found:
                yield _unknown(policy, way)


def _finding(
    policy: n.NetworkPolicy, way: Direction, found: Sequence[Opened], inventory: Inventory
) -> Finding:
    under = workloads_selected(policy, inventory)
    names = ", ".join(workload.ref.name for workload in under[:3])
    more = f" and {len(under) - 3} more" if len(under) > 3 else ""  # noqa: PLR2004 - as shown
    whom = f"{counted(len(under), 'workload')} ({names}{more})" if under else "no workload yet"
    rules = " and ".join(str(each.rule + 1) for each in found)
    takes = "take connections from" if len(under) > 1 else "takes connections from"
    word = takes if way is Direction.INGRESS else "may connect to"
    on = " on its ports" if found[0].ports else ""
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.MEDIUM,
        Status.FAIL,
        kinds.NETWORK_POLICIES.ref(policy.namespace, policy.name),
        f"By {way} rule {rules}, {whom} {word} {found[0].to}{on}.",
        path=f"spec.{way}[{found[0].rule}]",
        locus=str(way),
        evidence={
            "rules": [each.rule for each in found],
            "workloads": [workload.ref.label for workload in under],
        },
        system=is_system_namespace(policy.namespace),
    )


def _unknown(policy: n.NetworkPolicy, way: Direction) -> Finding:
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.MEDIUM,
        Status.UNKNOWN,
        kinds.NETWORK_POLICIES.ref(policy.namespace, policy.name),
        "Cannot tell whether it has to be open: webhooks, aggregated APIs or classes of Ingresses "
        "could not be read.",
        locus=str(way),
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Let those through who are known to call, where that is known."""
    way = Direction(finding.locus)
    policy = policy_at(finding.resource, inventory)
    found = tuple(open_rules(policy, way, inventory)) if policy else ()
    if policy is None or not found:
        return NoChange("It is open to nobody in particular by now: scan again.")
    if untold := nobody_tells(policy, way, inventory):
        return NoChange(
            f"To narrow it would be a guess: {enumerated(untold)}. Give observed flows "
            "(`--flows`), or write who may."
        )
    rules = narrowed(policy, way, [each.rule for each in found], inventory)
    edit = SetField(("spec", str(way)), rules)
    # The rules are made from what is needed; where a host is not known, nor is what becomes of it.
    if reason := held_back(changed_by(policy, edit), inventory, certain=True):
        return NoChange(reason)
    told = "who is known to call" if way is Direction.INGRESS else "what is known to be called"
    return Change(
        ChangeKind.PATCH,
        f"Narrow {finding.resource.label} to {told}",
        Risk.TRAFFIC,
        (Patch(finding.resource, (edit,)),),
        rests_on=ground(policy.namespace),
        warnings=(
            (
                "Needs testing: what neither settings, routes nor flows show stops, such as calls "
                "that happen once a month."
            ),
        ),
    )


_DOCS = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"

ITEM = Item(
    id="net-allow-all",
    title="No rule lets everybody through",
    area=Area.NETWORK,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.NAMESPACE,
    needs=(kinds.NETWORK_POLICIES, kinds.SERVICES, *kinds.WORKLOADS),
    references=(
        Reference("CIS Kubernetes 5.3.2"),
        Reference("Kubernetes: network policies", _DOCS),
    ),
    lesson=Lesson(
        what=(
            "A rule of a NetworkPolicy names whom it lets through. One that names nobody lets "
            "everybody through: `ingress: [{}]` is an open door, while `ingress: []` is a closed "
            "one. The same is meant by 0.0.0.0/0, and by a namespaceSelector without a label, "
            "which chooses all namespaces there are."
        ),
        why=(
            "Policies add up. One open rule undoes every closed one over the same pods, whatever "
            "the others say and however many there are. It is two braces in a file, often put "
            "there to find out whether the policy was to blame for an outage, and the name of the "
            "policy goes on saying that it denies."
        ),
        attack=(
            "The office believes in policy office/default-deny-ingress, which has that name and "
            "one empty rule. Mallory has a pod in the shop. She connects to Deployment office/wiki "
            "on port 3000, past the gateway and its login, and edits the page with the bank "
            "account for refunds. No log of the gateway shows it."
        ),
        fix=(
            "The open rule is replaced by rules for those who are known to call: from routes, "
            "settings, scrape configurations and observed flows, each on its port. It is one "
            "write, and nothing restarts. Where nothing tells who calls a Service, nothing is "
            "changed, and the answer names what is missing."
        ),
        breaks=(
            "Whoever called without anything showing it is cut off: a script on somebody's "
            "laptop, a job that runs once a year, a partner. Flows of a whole month show more than "
            "those of a day. Connections that are open may live on until they are closed, so that "
            "the break comes late."
        ),
        verify=(
            "`kubectl get networkpolicy -n office default-deny-ingress -o yaml` shows no empty "
            "rule. Then `kubectl run probe -n shop --rm -it --image=busybox --restart=Never -- nc "
            "-zvw2 wiki.office 80` must time out, and https://wiki.kestrel.example must open as "
            "before."
        ),
        reading=(
            Reference("Kubernetes: network policies", _DOCS),
            Reference(
                "NetworkPolicy: the API reference",
                "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/"
                "network-policy-v1/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
