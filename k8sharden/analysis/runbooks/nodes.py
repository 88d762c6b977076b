"""How nodes get a kubelet of the API server's version, for each distribution.

Source: kubernetes.io, "Upgrading kubeadm clusters", "Safely Drain a Node", "Version Skew Policy";
the documentation of k3s, RKE2, EKS, GKE and AKS.
"""

from collections.abc import Mapping

from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.model.change import File
from k8sharden.model.text import one_line

_MOST = 50


def files(distribution: str, release: int, nodes: Mapping[str, str]) -> tuple[File, ...]:
    """Return the runbook that brings ``nodes``, with their kubelet's version, to 1.``release``."""
    distribution = distribution.lower()
    if distribution in _PROVIDERS:
        steps: tuple[str, ...] = (_provider(distribution, release), _READY)
    else:
        steps = (_DRAIN, _install(distribution, release), _BACK)
    runbook = Runbook(
        f"Bring kubelets to 1.{release}",
        f"These nodes run a kubelet that does not go with the API server, which is 1.{release}, or "
        f"that gets no fixes any more:\n\n{_table(nodes)}\n\nA node's minor version is not changed "
        "under running pods: they move away first. Where nodes are made from an image or by a "
        "template, replace them by new ones instead, and remove the old.",
        (_BEFORE + _newer(release), *steps, "Repeat this with the next node."),
        "Each node is Ready with the new version, and its pods run. Then scan again."
        + shell(
            "kubectl get nodes -o wide", "kubectl get pods -A --field-selector spec.nodeName=NODE"
        ),
        "A kubelet is not brought back to an older minor version. Drain the node, take it out "
        "(`kubectl delete node NODE`), and let a new one join that is made as the old one was. "
        "Until then its pods run elsewhere.",
        _WRONG,
    )
    return (runbook.file(),)


def _table(nodes: Mapping[str, str]) -> str:
    rows = [f"- {one_line(name, 260)}: {one_line(nodes[name], 60)}" for name in sorted(nodes)]
    more = [f"- and {len(rows) - _MOST} more"] if len(rows) > _MOST else []
    return "\n".join((*rows[:_MOST], *more))


_BEFORE = (
    "Look at what is there, and make sure that the pods of one node fit on the others. Read the "
    "changes of each version on the way: flags of the kubelet go away."
    + shell("kubectl get nodes -o wide", "kubectl get poddisruptionbudgets -A")
)


def _newer(release: int) -> str:
    return (
        f"\n\n   A kubelet that is newer than 1.{release} is brought back, or better: upgrade the "
        "control plane first."
    )


_DRAIN = "Move the pods of one node away. What keeps data in an emptyDir loses it." + shell(
    "kubectl drain NODE --ignore-daemonsets --delete-emptydir-data"
)
_READY = "Wait until every node is Ready:" + shell("kubectl get nodes --watch")
_BACK = "Let pods come back, and wait until the node is Ready:" + shell(
    "kubectl uncordon NODE", "kubectl wait --for=condition=Ready node/NODE --timeout=5m"
)


def _install(distribution: str, release: int) -> str:
    channel = f"v1.{release}"
    match distribution:
        case "kubeadm" | "unknown":
            known = distribution == "kubeadm"
            adapt = (
                "" if known else " (how this cluster was made is not known: this is for kubeadm)"
            )
            return (
                f"On the node, install the new packages{adapt}. In "
                f"`/etc/apt/sources.list.d/kubernetes.list` the repository becomes {channel}; "
                "other systems have their own package manager. On Windows, replace kubeadm.exe and "
                "kubelet.exe instead and restart the service."
                + shell(
                    "apt-mark unhold kubeadm kubelet && apt-get update",
                    f"apt-get install -y kubeadm='1.{release}.*' && kubeadm upgrade node",
                    f"apt-get install -y kubelet='1.{release}.*'",
                    "apt-mark hold kubeadm kubelet",
                    "systemctl daemon-reload && systemctl restart kubelet",
                )
            )
        case "k3s":
            return (
                "On the node, run the installer again with the settings that it was installed "
                "with, and the channel:"
                + shell(
                    f"curl -sfL https://get.k3s.io | INSTALL_K3S_CHANNEL={channel} sh -s - agent"
                )
            )
        case "rke2":
            return "On the node, run the installer again with the channel:" + shell(
                f"curl -sfL https://get.rke2.io | INSTALL_RKE2_TYPE=agent "
                f"INSTALL_RKE2_CHANNEL={channel} sh -",
                "systemctl restart rke2-agent",
            )
        case "kind":
            return (
                f"Nodes of kind are not upgraded: make a new cluster from an image of {channel}."
                + shell("kind create cluster --image kindest/node:VERSION")
            )
        case _:
            return (
                f"Bring the node to {channel} in the way of your distribution, which upgrades "
                "nodes by itself or replaces them."
            )


_PROVIDERS: Mapping[str, str] = {
    "eks": "aws eks update-nodegroup-version --cluster-name CLUSTER --nodegroup-name GROUP",
    "gke": "gcloud container clusters upgrade CLUSTER --node-pool=POOL",
    "aks": (
        "az aks nodepool upgrade --resource-group GROUP --cluster-name CLUSTER --name POOL "
        "--kubernetes-version VERSION"
    ),
}


def _provider(distribution: str, release: int) -> str:
    return (
        f"Let the provider bring the pool of these nodes to 1.{release}. It drains and replaces "
        "them one after the other; nodes that you run yourself are replaced by new ones."
        + shell(_PROVIDERS[distribution])
    )


_WRONG = (
    (
        "The drain does not end",
        "A PodDisruptionBudget forbids it: give that workload another replica first.",
    ),
    (
        "The kubelet does not start: `unknown flag`",
        "Take the flag out of `/var/lib/kubelet/kubeadm-flags.env`; it went away in between.",
    ),
    (
        "The kubelet does not start: its container runtime is too old",
        "Upgrade the runtime on the drained node first: `kubectl get nodes -o wide` shows it.",
    ),
    ("Pods stay Pending meanwhile", "The other nodes are full: add one before you drain."),
)
