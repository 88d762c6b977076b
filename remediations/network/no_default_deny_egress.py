"""Every namespace denies outgoing traffic that nothing allows.

Bad: a namespace with standing pods and no NetworkPolicy that selects all of them
(`podSelector: {}`), is about egress (`policyTypes` holds it) and has no egress rule but for DNS,
nor a policy of another kind that does the same. Left out: the cluster's own namespaces, pods on
the node's network, jobs, and namespaces where nothing runs.

Source: CIS Kubernetes 5.3.2; kubernetes.io, Network Policies.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.proven import proven
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.network import by_default


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each namespace whose pods may call anybody."""
    return proven(ITEM, by_default.findings(ITEM, Direction.EGRESS, inventory), inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Allow what is expected, DNS before all, and deny everything else."""
    return by_default.change(finding.resource.name, Direction.EGRESS, inventory)


ITEM = Item(
    id="net-no-default-deny-egress",
    title="Namespaces deny egress by default",
    area=Area.NETWORK,
    severity=Severity.MEDIUM,
    kind=ChangeKind.GROUP,
    scope=Scope.NAMESPACE,
    needs=by_default.NEEDS,
    references=(
        Reference("CIS Kubernetes 5.3.2"),
        Reference(
            "Kubernetes: network policies",
            "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A pod that no policy selects for egress may open connections to everybody: to each "
            "pod of the cluster, to the API server, to every host on the internet. A default deny "
            "for egress selects all pods of a namespace and names no target. From then on a pod "
            "reaches what another policy names, and nothing else. DNS has to be among that, or "
            "no name resolves any more."
        ),
        why=(
            "Whoever breaks into a pod wants out again: to fetch tools, to send data away, to ask "
            "a server of theirs for orders, to read the cloud's metadata with the node's "
            "credentials. Most applications call a handful of hosts. Where all else is closed, a "
            "stolen shell is a dead end, and the attempt is a dropped connection that "
            "somebody can see."
        ),
        attack=(
            "Through a prepared picture Mallory runs a command in Deployment shop/thumbnails. It "
            "never needs the internet, and still it may call every address: she loads a miner and "
            "a tunnel from her own server, sends out what the shop's volumes hold, and looks for "
            "databases in other namespaces. With egress denied the first download already "
            "fails."
        ),
        fix=(
            "One group of writes. Each workload gets one policy with all that it is known to call: "
            "the DNS pods by their labels, other pods on the ports they listen on, the API server "
            "by the addresses of its endpoints, hosts outside by address where they have one. Last "
            "comes the default deny: an empty podSelector, policyTypes Egress, no rule. Nothing "
            "restarts. The cloud's metadata is not opened."
        ),
        breaks=(
            "Calls that nothing shows: hosts read from a Secret, licence servers, a mail relay of "
            "last resort, plug-ins that download when they start. A host that is known by name "
            "only is allowed as every address outside on its port. Pods with a cloud identity "
            "through the metadata service lose it. Existing policies stay, and what they deny "
            "today stays denied."
        ),
        verify=(
            "From a pod of the namespace, `kubectl exec -n shop deploy/web -- nslookup kubernetes` "
            "must answer, and `nc -zvw2 1.1.1.1 443` must time out unless it is expected to work. "
            "Then run the slowest jobs by hand once, and watch the plug-in's dropped connections "
            "for a day."
        ),
        reading=(
            Reference(
                "Kubernetes: network policies",
                "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
            ),
            Reference(
                "Kubernetes: DNS for Services and Pods",
                "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
