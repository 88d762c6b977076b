"""Nodes whose kubelet gets no fixes any more, or does not go with the API server.

Field: ``status.nodeInfo.kubeletVersion`` of each node, beside the version of the API server.
Good: a minor version with fixes, not newer than the API server's and at most three older (two for
kubelets before 1.25). With several API servers the one that answered counts. In the training
cluster, which stands still, no version comes to its end.
Source: kubernetes.io, Version Skew Policy; the ends of versions are in
`k8sharden.analysis.releases`, with their source and date.
"""

from collections.abc import Iterator

from k8sharden.analysis.releases import AS_OF, allowed_skew, ended, minor
from k8sharden.analysis.runbooks import nodes as runbook
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import NODES
from k8sharden.model.objects import Node, NodeInfo
from k8sharden.model.text import one_line

_NO_INFO = NodeInfo()


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    server = inventory.source.server_version
    for node in inventory.of(NODES, Node):
        kubelet = _info(node).kubelet_version
        said = _why_bad(inventory, kubelet)
        if said:
            yield _finding(node, server, Status.FAIL, " ".join(said))
        elif minor(kubelet) is None or minor(server) is None:
            whose = "kubelet" if minor(kubelet) is None else "API server"
            text = f"Cannot tell: the version of its {whose} is not known."
            yield _finding(node, server, Status.UNKNOWN, text)


def _info(node: Node) -> NodeInfo:
    return (node.status.node_info if node.status else None) or _NO_INFO


def _why_bad(inventory: Inventory, version: str) -> tuple[str, ...]:
    """Say in sentences what is wrong with a kubelet of this version; none where it is right."""
    kubelet, server = minor(version), minor(inventory.source.server_version)
    if kubelet is None:
        return ()
    skew = _skew(kubelet, server) if server is not None else ""
    stands_still = inventory.source.kind is SourceKind.DEMO
    end = "" if stands_still else ended(kubelet, inventory.scanned_at)
    unfixed = f"Kubernetes 1.{kubelet} has had no fixes from the project since {end}."
    return tuple(text for text, holds in ((skew, skew), (unfixed, end)) if holds)


def _skew(kubelet: int, server: int) -> str:
    """Say how far a kubelet is from the API server, where that is too far."""
    if kubelet > server:
        return f"Its kubelet (1.{kubelet}) is newer than the API server (1.{server})."
    most = allowed_skew(kubelet)
    if server - kubelet <= most:
        return ""
    return (
        f"Its kubelet (1.{kubelet}) is {server - kubelet} minor versions older than the API "
        f"server (1.{server}), and {most} is the most that goes together."
    )


def _finding(node: Node, server: str, status: Status, message: str) -> Finding:
    info = _info(node)
    return Finding(
        ITEM.id,
        ITEM.area,
        ITEM.severity,
        status,
        NODES.ref("", node.name),
        message,
        path="status.nodeInfo.kubeletVersion",
        evidence={
            "kubelet": info.kubelet_version,
            "apiServer": server,
            "runtime": info.container_runtime_version,
            "kernel": info.kernel_version,
            "os": info.os_image,
            "endsKnownAsOf": AS_OF,
        },
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    """Export one runbook for all the nodes concerned, since they are upgraded one by one."""
    release = minor(inventory.source.server_version)
    if found.status is Status.UNKNOWN:
        return NoChange(f"Not known to be wrong. {found.message}")
    if release is None:
        return NoChange("A kubelet goes to the API server's version, and that was not read.")
    versions = {node.name: _info(node).kubelet_version for node in inventory.of(NODES, Node)}
    bad = {name: text for name, text in versions.items() if _why_bad(inventory, text)}
    return Change(
        ChangeKind.ARTEFACT,
        f"Bring kubelets to 1.{release}",
        Risk.RESTART,
        files=runbook.files(inventory.control_plane.distribution, release, bad),
        basis={"nodes": {one_line(name, 260): text for name, text in sorted(bad.items())}},
        warnings=(
            (
                "Each node is drained first: its pods are started elsewhere, so they have to fit "
                "on the others."
            ),
            *_api_server(release, inventory),
        ),
    )


def _api_server(release: int, inventory: Inventory) -> Iterator[str]:
    if inventory.source.kind is not SourceKind.DEMO and ended(release, inventory.scanned_at):
        yield f"The API server (1.{release}) gets no fixes either: upgrade the control plane first."


_DOCS = "https://kubernetes.io"

_LESSON = Lesson(
    what=(
        "The kubelet is Kubernetes' agent on each node: it starts the pods and holds their "
        "Secrets. Each minor version gets fixes for some fourteen months. Kubelet and API server "
        "need not be equal, yet only so far apart: the kubelet may be up to three minor versions "
        "older, and never newer, since only that is tested to work together."
    ),
    why=(
        "A version without fixes collects known holes, with descriptions that anybody can read. "
        "The kubelet is where they hurt: it runs as root, talks to the container runtime, and "
        "decides what of the node a pod may see. A kubelet too far from the API server also "
        "ignores fields that it does not know yet, so a pod that asks for protection may run "
        "without it, and nobody is told."
    ),
    attack=(
        "Node windows-1 came with the bought bookshop, and its kubelet has been the same since. "
        "Mallory, who may create pods in namespace legacy, finds the notes of a flaw that was "
        "fixed in every version after it: a crafted path in a volume makes the kubelet of a "
        "Windows node run a command. She sends it beside Deployment legacy/royalties, and the "
        "node is hers."
    ),
    fix=(
        "A runbook brings the kubelets to the version of the API server, node after node: drain "
        "it, upgrade it in the way of its distribution, let pods come back. Nodes made from an "
        "image are replaced by new ones, which is the safer way. The control plane always goes "
        "first, one minor version at a time; then set a date for the next round."
    ),
    breaks=(
        "Pods move while a node is drained, so what has one replica is away for a moment, and "
        "emptyDirs are lost. Flags of the kubelet that went away keep it from starting; take "
        "them out first. An old container runtime may not go with a new kubelet. There is no way "
        "back to an older minor version other than replacing the node."
    ),
    verify=(
        "`kubectl get nodes -o wide` shows the new version, Ready, on every node, with runtime "
        "and kernel beside it. `kubectl get pods -A --field-selector spec.nodeName=windows-1` "
        "shows its pods running again. `kubectl version` shows the API server's version to "
        "compare with. Scan again: the check must pass."
    ),
    reading=(
        Reference("Version skew policy", f"{_DOCS}/releases/version-skew-policy/"),
        Reference("Patch releases and their ends", f"{_DOCS}/releases/patch-releases/"),
        Reference(
            "Upgrading kubeadm clusters",
            f"{_DOCS}/docs/tasks/administer-cluster/kubeadm/kubeadm-upgrade/",
        ),
        Reference(
            "Safely drain a node", f"{_DOCS}/docs/tasks/administer-cluster/safely-drain-node/"
        ),
    ),
)

ITEM = Item(
    id="rt-node-version",
    title="Kubelets get fixes and go with the API server",
    area=Area.RUNTIME,
    severity=Severity.HIGH,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.EACH,
    needs=(NODES,),
    references=(
        Reference("Kubernetes: version skew policy", f"{_DOCS}/releases/version-skew-policy/"),
        Reference("NSA/CISA Kubernetes Hardening Guide: upgrading and application security"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
    live_only=True,
)
