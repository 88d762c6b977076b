"""Where policies are used, every running pod is under one.

Bad: running pods that no policy selects for a direction, in a namespace where policies select
others for it: somebody closes doors here one by one, and left this one open. A namespace without
any policy for a direction is one finding of its default deny and none of this check; beside a few
policies both are right, since the namespace's fix is about pods to come as well, and this one
closes a single workload with less at stake. Left out: the cluster's own namespaces, pods on the
node's network, jobs, and what is scaled to zero.

Source: CIS Kubernetes 5.3.2; kubernetes.io, Network Policies.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8sharden.analysis.network.allows import wants
from k8sharden.analysis.network.closing import covering
from k8sharden.analysis.network.defaults import default_of
from k8sharden.analysis.network.parties import pod_party
from k8sharden.analysis.network.policies import Direction, policies_of
from k8sharden.analysis.network.proven import proven
from k8sharden.analysis.network.units import unit_of
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, pods_of
from remediations.network.by_default import NEEDS, standing


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each workload and direction that the others' policies leave out."""
    return proven(ITEM, _uncovered(inventory), inventory)


def _uncovered(inventory: Inventory) -> Iterator[Finding]:
    for namespace, found in standing(inventory):
        for way in Direction:
            known = default_of(namespace, way, inventory)
            if not known.closed:
                yield from _left_out(namespace, found, way, known.said, inventory)


class _Open(NamedTuple):
    """How many pods of a workload no policy selects, for certain; and why others may be open."""

    sure: int
    said: str


def _left_out(
    namespace: str, found: Sequence[Workload], way: Direction, doubt: str, inventory: Inventory
) -> Iterator[Finding]:
    """Yield the workloads with an open pod, where some others have none."""
    opened = {each.ref: _open_pods(each, way, inventory) for each in found}
    running = pods_of(inventory)
    covered = [each for each in found if running.get(each.ref) and not any(opened[each.ref])]
    for each in found if covered else ():
        sure, said = opened[each.ref]
        if sure and not doubt:
            yield _finding(each, way, sure, covered)
        elif sure or said:
            yield _unknown(each.ref, way, doubt or said)
    said = next((each.said for each in opened.values() if each.said), "")
    if said and not covered and len(found) > 1:
        yield _unknown(kinds.NAMESPACES.ref("", namespace), way, said)


def _open_pods(workload: Workload, way: Direction, inventory: Inventory) -> _Open:
    policies = policies_of(inventory)
    sure, unsure = 0, [""]
    for party in map(pod_party, pods_of(inventory).get(workload.ref, ())):
        if any(clause.isolates for clause in policies.selecting(party, way)):
            continue
        doubts = [each.said for each in policies.doubtful(party, way) if each.isolates]
        sure += not doubts
        unsure += doubts[:1]
    return _Open(sure, unsure[-1])


def _unknown(about: Ref, way: Direction, said: str) -> Finding:
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.MEDIUM,
        Status.UNKNOWN,
        about,
        f"Whether policies are about {way} of all pods of {about.label} is not known: {said}.",
        locus=way.value,
    )


def _finding(
    workload: Workload, way: Direction, count: int, covered: Sequence[Workload]
) -> Finding:
    pods = "1 running pod" if count == 1 else f"{count} running pods"
    others = len(covered)
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.MEDIUM,
        Status.FAIL,
        workload.ref,
        f"No policy is about {way} of {pods} of {workload.ref.label}, where policies limit "
        f"{others} other {'workload' if others == 1 else 'workloads'} of the namespace.",
        locus=way.value,
        evidence={
            "direction": way.value,
            "pods": count,
            "covered": [each.ref.label for each in covered],
        },
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Create the workload's one policy for the direction, with all that is expected of it."""
    unit = unit_of(finding.resource, inventory)
    if unit is None:
        return NoChange("It does not run any more: scan again.")
    wanted = wants(unit, Direction(finding.locus), inventory)
    if wanted.isolated:
        return NoChange("Policies select all of its pods by now: scan again.")
    return covering(wanted, inventory)


ITEM = Item(
    id="net-pod-uncovered",
    title="Policies leave no pod out",
    area=Area.NETWORK,
    severity=Severity.MEDIUM,
    kind=ChangeKind.CREATE,
    scope=Scope.NAMESPACE,
    needs=NEEDS,
    references=(
        Reference("CIS Kubernetes 5.3.2"),
        Reference(
            "Kubernetes: network policies",
            "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A NetworkPolicy is about the pods that its podSelector chooses, and about no others. "
            "In a namespace with policies for some workloads, and without a default deny, each "
            "workload that none of them chooses stays as open as it was: everybody may connect to "
            "it, or it may call everybody. Nothing shows that, neither in the policies nor in the "
            "pod."
        ),
        why=(
            "Policies beside it make a namespace look closed. People rely on that: a database is "
            "put there because it is the guarded place, and reviews look at the policies that "
            "exist. The one that is missing has no line in any file. Often a label was renamed, or "
            "the workload came after whoever wrote the policies had left."
        ),
        attack=(
            "In payments a policy lets only the shop in to checkout, so the team takes the "
            "namespace for closed. From a pod of office Mallory tries the others all the same: "
            "StatefulSet payments/ledger answers on port 5432, since no policy chooses it. The "
            "password is one that she found in a chat, and every booking of the year is hers to "
            "read."
        ),
        fix=(
            "One object: a policy that chooses this workload's pods by their labels and lets "
            "through what it is known to need in this direction, its callers by labels and their "
            "port. Nothing restarts. The namespace's default deny, a finding of its own, would do "
            "the same for every workload; planned together both are one change."
        ),
        breaks=(
            "Connections of this workload that nothing shows: a caller that keeps the address in a "
            "Secret, a job that runs once a month. Other workloads do not notice. Where labels do "
            "not tell it from another workload, one policy is for both. The review lists what is "
            "kept and what nothing tells."
        ),
        verify=(
            "`kubectl describe networkpolicy -n payments` shows the new policy with its pods' "
            "labels. A pod elsewhere must no longer connect: `kubectl run probe -n office --rm -it "
            "--image=busybox --restart=Never -- nc -zvw2 ledger.payments 5432` times out, while "
            "the callers that the policy names go on."
        ),
        reading=(
            Reference(
                "Kubernetes: network policies",
                "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
