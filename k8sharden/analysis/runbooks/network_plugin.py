"""How NetworkPolicies come to be enforced, for each network plug-in and distribution.

Source: the documentation of Flannel (netpol), k3s, EKS, GKE, AKS, kind, kube-router and Weave Net.
Most plug-ins cannot be exchanged under running pods, so what adds an engine to the one that is
there comes first.
"""

from k8sharden.analysis.network.plugins import AMAZON, FLANNEL, KIND, ROUTER, WEAVE
from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.analysis.runbooks.policy_probe import LOOK, PROBE, WRONG
from k8sharden.model.change import File

Way = tuple[tuple[str, ...], str]
"""Steps, and the way back."""

_READY = "Wait until it is ready on every node:"

_ANY: Way = (
    (
        (
            "Find out which plug-in is there: `ls /etc/cni/net.d` on a node, and what its "
            "documentation says of NetworkPolicies. If it has an engine that is off, switch it on."
        ),
        "If it has none, add one that works beside most plug-ins: kube-network-policies, from "
        "https://github.com/kubernetes-sigs/kube-network-policies. Pin its version, read its "
        "manifest, then install it."
        + shell("kubectl -n kube-system rollout status daemonset/kube-network-policies"),
        (
            "Or plan a new cluster with Cilium, Calico, Antrea or OVN-Kubernetes, and move to it. "
            "A plug-in is not exchanged under running pods."
        ),
    ),
    (
        "Take the engine's DaemonSet away, and restart each node: its packet filter rules stay "
        "otherwise."
    ),
)

_STEPS: dict[str, Way] = {
    FLANNEL: (
        (
            "Flannel brings an engine since 0.25.5, kube-network-policies, which its chart leaves "
            "out by default. With Helm:"
            + shell(
                "helm repo add flannel https://flannel-io.github.io/flannel/",
                "helm -n kube-flannel get values flannel",
                "helm -n kube-flannel upgrade flannel flannel/flannel --reuse-values "
                "--set netpol.enabled=true",
            )
            + "\n\n   On Talos 1.13 or later set "
            "`cluster.network.cni.flannel.kubeNetworkPoliciesEnabled: true` in the machine "
            "configuration instead. On RKE2 install kube-network-policies beside it; `cni: canal` "
            "is the choice for a new cluster.",
            _READY + shell("kubectl -n kube-flannel rollout status daemonset/kube-flannel-ds"),
        ),
        "The same `helm upgrade` with `--set netpol.enabled=false`, then restart each node.",
    ),
    "k3s": (
        (
            (
                "On every server take `disable-network-policy` out of "
                "/etc/rancher/k3s/config.yaml, and `--disable-network-policy` out of the unit's "
                "command line. If it was set because another plug-in was to enforce, install that "
                "one instead."
            ),
            "Restart the servers one by one, then the agents, and wait until each is Ready:"
            + shell("systemctl restart k3s", "systemctl restart k3s-agent"),
        ),
        "Put the setting back and restart; restart each node, since its rules stay otherwise.",
    ),
    AMAZON: (
        (
            "Nodes need a kernel of 5.10 or later, and the add-on 1.14 or later. Look at what is "
            "set, keep it, and add one value:"
            + shell(
                "aws eks describe-addon --cluster-name CLUSTER --addon-name vpc-cni --query "
                "'addon.[addonVersion,configurationValues]'",
                "aws eks update-addon --cluster-name CLUSTER --addon-name vpc-cni "
                "--resolve-conflicts PRESERVE --configuration-values "
                '\'{"enableNetworkPolicy":"true"}\'',
            )
            + "\n\n   Where the plug-in was installed with Helm: `--set enableNetworkPolicy=true`.",
            _READY + shell("kubectl -n kube-system rollout status daemonset/aws-node"),
            "Pods on Fargate and pods without an owner stay outside: no policy holds for them.",
        ),
        "The same command with `false`. Delete the policies first, as the EKS guide asks.",
    ),
    "EKS Auto Mode": (
        (
            "Switch the controller on; keep what the ConfigMap holds already:"
            + shell(
                "kubectl -n kube-system get configmap amazon-vpc-cni -o yaml",
                "kubectl -n kube-system create configmap amazon-vpc-cni "
                "--from-literal=enable-network-policy-controller=true",
            )
            + "\n\n   Where it is there: `kubectl -n kube-system edit configmap amazon-vpc-cni`.",
            "Look whether each NodeClass says `networkPolicy: DefaultAllow` (DefaultDeny closes "
            "every pod that no policy selects):"
            + shell(
                "kubectl get nodeclasses -o custom-columns=N:.metadata.name,P:.spec.networkPolicy"
            ),
        ),
        "Set the value to `false` again.",
    ),
    "gke": (
        (
            "Dataplane V2 cannot be added to a cluster that is there: choose it for a new one "
            "(`--enable-dataplane-v2`). Calico can, and makes every node pool anew:"
            + shell(
                "gcloud container clusters update CLUSTER --update-addons=NetworkPolicy=ENABLED",
                "gcloud container clusters update CLUSTER --enable-network-policy",
            ),
            _READY + shell("kubectl -n kube-system rollout status daemonset/calico-node"),
        ),
        (
            "`gcloud container clusters update CLUSTER --no-enable-network-policy`: node pools are "
            "made anew once more."
        ),
    ),
    "aks": (
        (
            "Ask what is there, then choose Cilium where the network is an overlay, Calico "
            "otherwise. Azure NPM is being retired. Node pools are made anew:"
            + shell(
                "az aks show -g GROUP -n CLUSTER --query networkProfile",
                "az aks update -g GROUP -n CLUSTER --network-dataplane cilium",
                "az aks update -g GROUP -n CLUSTER --network-policy calico",
            ),
            _READY + shell("kubectl get daemonsets -A"),
        ),
        (
            "`az aks update -g GROUP -n CLUSTER --network-policy none`, for Calico and Azure NPM. "
            "There is no way back from Cilium's data plane."
        ),
    ),
    KIND: (
        (
            "Make the cluster anew with kind 0.24 or later, whose kindnet enforces:"
            + shell("kind delete cluster --name NAME", "kind create cluster --name NAME"),
        ),
        "A cluster that an older kind makes.",
    ),
    ROUTER: (
        (
            "Take `--run-firewall=false` out of its DaemonSet, where it was installed from:"
            + shell("kubectl get daemonsets -A | grep kube-router"),
        ),
        "Put the flag back, and restart each node.",
    ),
    WEAVE: (
        (
            (
                "Weave Net is not maintained any more: plan a move to another plug-in. Until then "
                "run its DaemonSet with the container weave-npc, as its manifest has it."
            ),
        ),
        "Take the container away again, and restart each node.",
    ),
}


def files(distribution: str, plugin: str) -> tuple[File, ...]:
    """Return the runbook for what runs here; what is not known gets the choice of an engine."""
    steps, back = _STEPS.get(plugin) or _STEPS.get(distribution.lower()) or _ANY
    runbook = Runbook(
        "Let NetworkPolicies be enforced",
        "The API server takes NetworkPolicies and does nothing with them: it is the network "
        f"plug-in that drops packets, and here ({plugin or 'a plug-in that is not known'}) none "
        "does. Every policy is a wish until then.",
        (LOOK, *steps),
        PROBE,
        back,
        WRONG,
    )
    return (runbook.file(),)
