"""No pod may ask the cloud for the metadata of its node.

Bad: a namespace with workloads whose egress reaches 169.254.169.254 (or fd00:ec2::254 on AWS, where
pods have IPv6 addresses). High where the nodes are known to run in a cloud, one step milder where
that is not known. Left out: the cluster's own namespaces, whose agents ask for it by right; pods on
the node's network, which policies do not reach; nodes that have Google's metadata server before
their own; machines without such a service (kind, vSphere, bare metal).

Source: MITRE ATT&CK T1552.005; the clouds' documentation of instance metadata.
"""

from collections.abc import Iterator, Sequence

from k8sharden.analysis.network.allows import speaks_cilium
from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.ground import ground
from k8sharden.analysis.network.metadata import ADDRESS, Reaches, asker, cloud_of, guarded, reaching
from k8sharden.analysis.network.proven import proven
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.workloads import Workload, workloads_in
from remediations.network.but_metadata import all_but, denied
from remediations.network.keeping import enumerated, held_back
from remediations.network.policy_edits import counted


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each namespace from which metadata is within reach."""
    return proven(ITEM, _open(inventory), inventory)


def _open(inventory: Inventory) -> Iterator[Finding]:
    cloud = cloud_of(inventory)
    if cloud is None:
        return
    ending = {space.name for space in inventory.namespaces if space.metadata.deletion_timestamp}
    for namespace in inventory.namespace_names:
        if is_system_namespace(namespace) or namespace in ending:
            continue
        here = tuple(_subject(namespace, inventory))
        found = tuple(reaching(here, cloud, inventory))
        if found:
            yield _finding(namespace, cloud, found, len(here))


def _subject(namespace: str, inventory: Inventory) -> Iterator[Workload]:
    """Yield the workloads of a namespace that policies reach."""
    for workload in workloads_in(namespace, inventory):
        if not workload.spec.host_network:
            yield workload


def _finding(namespace: str, cloud: str, found: Sequence[Reaches], among: int) -> Finding:
    sure = [each.workload for each in found if each.answer is Answer.ALLOWED]
    shown = sure or [each.workload for each in found]
    names = ", ".join(each.ref.name for each in shown[:3])
    more = " and others" if len(shown) > 3 else ""  # noqa: PLR2004 - as many as are shown
    of = f"{len(shown)} of {counted(among, 'workload')} ({names}{more})"
    where = (
        f"where {cloud} answers with the node's data and credentials"
        if cloud
        else "where a cloud would answer with the node's data and credentials; it is not known "
        "whether the nodes run in one, so it is one step milder"
    )
    said = (
        f"{of} may connect to {ADDRESS}, {where}."
        if sure
        else f"Cannot tell whether {of} may connect to {ADDRESS}: {found[0].said}."
    )
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.HIGH if cloud else Severity.MEDIUM,
        Status.FAIL if sure else Status.UNKNOWN,
        kinds.NAMESPACES.ref("", namespace),
        said,
        evidence={"cloud": cloud, "workloads": [each.ref.label for each in shown]},
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Create a policy that lets everything out but that, unless somebody needs it."""
    namespace = finding.resource.name
    found = [
        each.workload
        for each in reaching(_subject(namespace, inventory), cloud_of(inventory) or "", inventory)
        if each.answer is Answer.ALLOWED
    ]
    if not found:
        return NoChange("Other changes of this plan close it, or it is closed by now.")
    if guarded(inventory):
        return NoChange(
            "On some nodes Google's metadata server answers at this address, and pods take their "
            "identity from it: switch it on for every pool instead (Workload Identity)."
        )
    askers = [f"{each.ref.label} ({what})" for each in found if (what := asker(each, inventory))]
    if askers:
        return NoChange(
            f"These ask for it: {enumerated(askers)}. Give them an identity of their own "
            "(IRSA or EKS Pod Identity, Workload Identity), then scan again."
        )
    return _create(namespace, found, inventory)


def _create(namespace: str, found: Sequence[Workload], inventory: Inventory) -> Change | NoChange:
    cilium = speaks_cilium(inventory)
    writes = denied(namespace, inventory) if cilium else all_but(namespace, found, inventory)
    if isinstance(writes, NoChange):
        return writes
    made = {write.ref: write.manifest for write in writes}
    if reason := held_back(made, inventory, certain=True):
        return NoChange(reason)
    return Change(
        ChangeKind.CREATE if len(writes) == 1 else ChangeKind.GROUP,
        f"Keep the cloud's metadata out of reach in {namespace}",
        Risk.TRAFFIC,
        writes,
        rests_on=ground(namespace),
        warnings=(_TEST,) if cilium else (_TEST, _ADDS_UP),
    )


_TEST = (
    f"Needs testing: {ADDRESS} stops for these pods. What takes its cloud identity or its region "
    "from there, and is not known by its image, fails."
)
_ADDS_UP = (
    "It lets everything else out, as before: beside it a default deny of egress denies nothing. "
    "The fix for that one deletes it, unless somebody has edited it."
)


_CLOUDS = (
    "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html"
)
_DOCS = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"

ITEM = Item(
    id="net-metadata-egress",
    title="The cloud's metadata is out of reach",
    area=Area.NETWORK,
    severity=Severity.HIGH,
    kind=ChangeKind.CREATE,
    scope=Scope.NAMESPACE,
    needs=(kinds.NETWORK_POLICIES, kinds.NODES, *kinds.WORKLOADS),
    references=(
        Reference("MITRE ATT&CK T1552.005", "https://attack.mitre.org/techniques/T1552/005/"),
        Reference("EKS best practices: identity", _CLOUDS),
    ),
    lesson=Lesson(
        what=(
            "A virtual machine asks its cloud who it is at an address that is the same everywhere, "
            "169.254.169.254. The answer holds its name, its start-up script, and mostly a token: "
            "with it the machine uses the cloud's own API. Pods on that machine can ask as well, "
            "and get what the node gets."
        ),
        why=(
            "What a node may do in the cloud is more than a page of a shop needs: pull every "
            "image, attach disks, join a cluster, sometimes read every bucket. No password is "
            "needed, only one request, and a program that fetches addresses for others can be "
            "talked into making it. It is how many break-ins left the cluster."
        ),
        attack=(
            "Deployment shop/web fetches cover pictures from an address that comes with the "
            "request. Mallory writes http://169.254.169.254/ there, as shop/web does not check it. "
            "The picture that comes back is the start-up script of worker-1, with the token for "
            "joining the cluster in it. She joins with a machine of her own."
        ),
        fix=(
            "One NetworkPolicy lets the pods of the namespace connect to everything but that "
            "address; on Cilium one policy denies it and touches nothing else. Where a default "
            "deny of egress is planned as well, that closes it, and this one is left out; one that "
            "comes later deletes it. Nothing restarts. Pods that are known to need metadata hold "
            "the change back."
        ),
        breaks=(
            "Programs that take their cloud identity, or only the name of their region, from the "
            "node: uploads, DNS records, autoscaling. Give them an identity of their own first. "
            "EKS Pod Identity answers at another address and goes on. On GKE, Workload Identity "
            "answers at this one, so that it must stay open there."
        ),
        verify=(
            "`kubectl exec -n shop deploy/web -- wget -T 2 -qO- http://169.254.169.254/` must time "
            "out, and a page of the shop must open. On AWS, set the hop limit of IMDSv2 to 1 as "
            "well: then pods get no answer, whatever the policies say."
        ),
        reading=(
            Reference("Kubernetes: network policies", _DOCS),
            Reference("EKS best practices: restrict the instance profile", _CLOUDS),
            Reference(
                "GKE: Workload Identity Federation",
                "https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
    live_only=True,
    last=True,
)
