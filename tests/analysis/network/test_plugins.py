"""Network plug-ins are known by their DaemonSets, and by what their containers are started with."""

from collections.abc import Sequence

import pytest

from k8sharden.analysis.network.plugins import Agent, agents
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.meta import Meta
from k8sharden.model.pods import Container, PodSpec, Template


def seen(name: str, *containers: Container) -> list[Agent]:
    """Return what is recognised in a cluster with one DaemonSet."""
    spec = o.TemplateSpec(Template(spec=PodSpec(containers=list(containers))))
    status = o.OwnerStatus(desired_number_scheduled=2, number_ready=1)
    owner = o.TemplateOwner(Meta(name=name, namespace="kube-system"), spec, status)
    source = Source(SourceKind.CLUSTER, "training")
    return list(agents(Inventory(source, {kinds.DAEMON_SETS.key: (owner,)}, {})))


def container(name: str, image: str = "example/image:1", args: Sequence[str] = ()) -> Container:
    """Return a container."""
    return Container(name=name, image=image, args=list(args))


ENFORCING = [
    ("Cilium", "cilium", container("cilium-agent")),
    ("Cilium", "anetd", container("cilium-agent")),
    ("Calico", "calico-node", container("calico-node")),
    ("Canal", "canal", container("calico-node")),
    ("Canal", "rke2-canal", container("calico-node", "rancher/hardened-calico:v3.31.0")),
    ("Antrea", "antrea-agent", container("antrea-agent")),
    ("OVN-Kubernetes", "ovnkube-node", container("ovnkube-controller")),
    ("Kube-OVN", "kube-ovn-cni", container("cni-server")),
    ("kube-network-policies", "kube-flannel-ds", container("kube-network-policies")),
    ("Azure NPM", "azure-npm", container("azure-npm")),
    ("Weave Net", "weave-net", container("weave-npc")),
    ("kube-router", "kube-router", container("kube-router")),
    ("kube-router", "kube-router", container("kube-router", args=["--run-firewall=true"])),
    ("kindnet", "kindnet", container("kindnet-cni", "kindest/kindnetd:v20240813-c6f155d6")),
    ("The Amazon VPC CNI", "aws-node",
     container("aws-eks-nodeagent", args=["--enable-network-policy=true"])),
]  # fmt: skip
IGNORING = [
    ("Flannel", "kube-flannel-ds", container("kube-flannel"), "no policy engine runs beside it"),
    ("Weave Net", "weave-net", container("weave"), "no policy engine runs beside it"),
    ("kube-router", "kube-router", container("kube-router", args=["--run-firewall=false"]),
     "it has --run-firewall=false"),
    ("kindnet", "kindnet", container("kindnet-cni", "kindest/kindnetd:v20240513-cd2ac642"),
     "its image is of 20240513, and it enforces since kind 0.24"),
    ("The Amazon VPC CNI", "aws-node", container("aws-node"), "no policy engine runs beside it"),
    ("The Amazon VPC CNI", "aws-node", container("aws-eks-nodeagent"),
     "its node agent has no --enable-network-policy=true"),
]  # fmt: skip


@pytest.mark.parametrize(("plugin", "name", "found"), ENFORCING)
def test_what_enforces_is_recognised(plugin: str, name: str, found: Container) -> None:
    """The plug-in is named, its pods are counted, and nothing is said against it."""
    label = f"DaemonSet kube-system/{name}"
    agent = Agent(plugin, "kube-system", label, nodes=2, ready=1, enforces=True)
    assert seen(name, found) == [agent]


@pytest.mark.parametrize(("plugin", "name", "found", "why"), IGNORING)
def test_what_ignores_policies_is_recognised(
    plugin: str, name: str, found: Container, why: str
) -> None:
    """It is known to ignore them, and why."""
    (agent,) = seen(name, found)
    assert (agent.plugin, agent.enforces, agent.why) == (plugin, False, why)


@pytest.mark.parametrize("tag", ["v20240730-75a5af0c", "ours", "v1.8.0"])
def test_an_image_that_tells_no_age_leaves_kindnet_open(tag: str) -> None:
    """Between two releases, and for builds of one's own, nobody can tell."""
    (agent,) = seen("kindnet", container("kindnet-cni", f"kindest/kindnetd:{tag}"))
    assert agent.enforces is None


def test_an_engine_comes_before_the_network_that_it_stands_beside() -> None:
    """Flannel with an engine in the same pods enforces."""
    both = seen("kube-flannel-ds", container("kube-flannel"), container("kube-network-policies"))
    assert [agent.enforces for agent in both] == [True, False]


@pytest.mark.parametrize(
    ("name", "found"),
    [("web", container("calico-node")), ("calico-node", container("web"))],
)
def test_a_name_alone_proves_nothing(name: str, found: Container) -> None:
    """The name of the DaemonSet and of a container have to fit together."""
    assert seen(name, found) == []
